import type { Clock } from './clock.ts';
import { sleepOnTimers } from './timer-sleep.ts';

/** Further apart than this, the wall clock has been stepped and our anchor with it. Date.now() itself is cut to 1 ms. */
const MAX_DRIFT_MICROS = 3_000;

/**
 * A clock over two sources: `wallMs` (integer milliseconds UTC, may be stepped) and `monotonicMs` (never steps, has
 * fractions). `nowMicros` takes its digits below a millisecond from the monotonic source and follows every step of
 * the wall clock that is larger than 3 ms, forwards and backwards, at the next call.
 */
export function wallClock(sources: { wallMs: () => number; monotonicMs: () => number }): Clock {
  const { wallMs, monotonicMs } = sources;
  let anchorMicros = anchor();

  function anchor(): number {
    return wallMs() * 1_000 - Math.floor(monotonicMs() * 1_000);
  }

  return {
    nowMicros() {
      const micros = anchorMicros + Math.floor(monotonicMs() * 1_000);
      if (Math.abs(wallMs() * 1_000 - micros) <= MAX_DRIFT_MICROS) return micros;
      anchorMicros = anchor();
      return anchorMicros + Math.floor(monotonicMs() * 1_000);
    },
    monotonicMs,
    sleep: sleepOnTimers,
  };
}

/** The machine's own time. */
export const systemClock: Clock = wallClock({
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
});
