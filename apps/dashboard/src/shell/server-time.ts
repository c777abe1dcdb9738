/** The runner's clock, as this page sees it: ages must not depend on how well the viewer's clock is set. */
let offsetMs = 0;
let isKnown = false;

export function serverNow(): number {
  return Date.now() + offsetMs;
}

/** Takes a time that the runner has just told. Only a delay can make it look older, so that the newest offset rises at once and falls slowly. */
export function heardServerTime(ms: number): void {
  const seen = ms - Date.now();
  if (!isKnown || seen > offsetMs || offsetMs - seen > 2_000) offsetMs = seen;
  else offsetMs += (seen - offsetMs) / 16;
  isKnown = true;
}
