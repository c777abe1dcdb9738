/** Waiting times that grow: ask `nextMs` before each new try, `reset` after one that held. */
export interface Backoff {
  nextMs(): number;
  reset(): void;
}

/**
 * Exponential backoff with full jitter, for ever: each time is drawn evenly between `minMs` and a ceiling that doubles
 * from 2 × `minMs` up to `maxMs`. Many clients that lost the same server then do not come back in step. Times are
 * never below `minMs`, so that not even an unlucky draw hammers the other side.
 */
export function backoff(options: { minMs: number; maxMs: number; random?: () => number }): Backoff {
  const { minMs, maxMs, random = Math.random } = options;
  if (!(minMs > 0 && maxMs >= minMs)) {
    throw new RangeError(`backoff needs 0 < minMs <= maxMs, got ${minMs} and ${maxMs}`);
  }
  let ceilingMs = minMs;
  return {
    nextMs() {
      ceilingMs = Math.min(maxMs, ceilingMs * 2);
      return minMs + random() * (ceilingMs - minMs);
    },
    reset() {
      ceilingMs = minMs;
    },
  };
}
