/**
 * Waiting times in milliseconds, one before each new try: `[100, 200, 300]` is a first attempt and then up to three
 * more tries, after 0.1, 0.2 and 0.3 s.
 */
export type RetrySchedule = readonly number[];

/** The schedules that the system's users know, by what is retried. */
export const SCHEDULES = {
  flush: [100, 200, 300],
  aggregate: [300, 600, 900],
  recoveryWrite: [200, 400, 600],
  recoveryRead: [100, 200, 300],
  candleRead: [100, 200, 300],
} as const satisfies Record<string, RetrySchedule>;

/** Every scheduled time is moved by up to this share of itself, to either side. */
const JITTER = 0.2;

/** A scheduled time with jitter. `random` gives numbers from 0 up to 1; a half leaves the time as it is. */
export function withJitter(delayMs: number, random: () => number): number {
  return delayMs * (1 + JITTER * (2 * random() - 1));
}
