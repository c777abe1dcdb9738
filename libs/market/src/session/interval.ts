import type { SessionCalendar } from './session-calendar.ts';

export const MINUTE_MICROS = 60_000_000;
export const HOUR_MICROS = 60 * MINUTE_MICROS;

/** The intervals candles are offered in. 1m is stored; the others are rolled up from it. */
export const INTERVALS = ['1m', '3m', '5m', '15m', '30m', '1h', '4h', '1d'] as const;
export type Interval = (typeof INTERVALS)[number];

const MINUTES: Readonly<Record<Interval, number>> = {
  '1m': 1,
  '3m': 3,
  '5m': 5,
  '15m': 15,
  '30m': 30,
  '1h': 60,
  '4h': 240,
  '1d': 1440,
};

/** Nominal length; a session's last bucket may be shorter, and a 1d bucket is the session. */
export function intervalMicros(interval: Interval): number {
  return MINUTES[interval] * MINUTE_MICROS;
}

/** Checks an interval's name. Throws a RangeError that names the allowed ones. */
export function parseInterval(text: string): Interval {
  const found = INTERVALS.find((interval) => interval === text);
  if (found === undefined) {
    throw new RangeError(`"${text}" is not a candle interval: expected one of ${INTERVALS.join(', ')}`);
  }
  return found;
}

/** A candle's span: `openMicros` inclusive, `closeMicros` exclusive. */
export interface Bucket {
  readonly openMicros: number;
  readonly closeMicros: number;
}

/**
 * The bucket a time falls into. Buckets are anchored at the session's open (NSE 09:15, a market that never closes at UTC
 * midnight), and the last one ends with the session. Undefined outside every session.
 */
export function bucketOf(
  micros: number,
  interval: Interval,
  calendar: Pick<SessionCalendar, 'sessionAt'>,
): Bucket | undefined {
  const session = calendar.sessionAt(micros);
  if (session === undefined) return undefined;
  const length = intervalMicros(interval);
  const openMicros = micros - ((micros - session.openMicros) % length);
  return { openMicros, closeMicros: Math.min(openMicros + length, session.closeMicros) };
}
