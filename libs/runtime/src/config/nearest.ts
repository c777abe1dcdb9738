/** How many letters must be added, removed or changed to make one name of the other (Levenshtein). */
export function editDistance(names: { from: string; to: string }): number {
  const { from, to } = names;
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const changed = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}

/** Names longer than this are nobody's slip of a finger; comparing them would only take time. */
const MAX_NAME_LENGTH = 200;

/**
 * The candidate that was most likely meant by `name`, for "did you mean": the one with the fewest changes, upper and
 * lower case aside, if they are at most a third of its letters (and at least two are allowed). The first of equals.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return undefined;
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance({ from: name.toLowerCase(), to: candidate.toLowerCase() });
    const allowed = Math.max(2, Math.floor(candidate.length / 3));
    if (distance > allowed || distance >= candidate.length) continue;
    if (best === undefined || distance < best.distance) best = { candidate, distance };
  }
  return best?.candidate;
}
