/** The name that is spelled most alike, if it is alike at all; letter case and the difference of - and _ do not count. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name);
  const ranked = known
    .map((each) => ({ each, distance: editDistance(wanted, plain(each)) }))
    .sort((one, other) => one.distance - other.distance);
  const [best] = ranked;
  const isAlike =
    best !== undefined &&
    (best.distance <= Math.max(2, wanted.length / 3) || plain(best.each).includes(wanted));
  return isAlike ? best.each : known.find((each) => wanted !== '' && plain(each).includes(wanted));
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** How many letters must be put in, left out or changed (Levenshtein). */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let line = 1; line <= one.length; line++) {
    const next = [line];
    for (let at = 1; at <= other.length; at++) {
      const change = (row[at - 1] ?? 0) + (one[line - 1] === other[at - 1] ? 0 : 1);
      next.push(Math.min((row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
