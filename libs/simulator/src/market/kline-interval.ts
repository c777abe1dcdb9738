import { DAY_MS } from './slices.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** 1970-01-01 was a Thursday; Binance's weeks begin on Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

const LENGTHS_MS: Readonly<Record<string, number>> = {
  '1s': 1000,
  '1m': MINUTE_MS,
  '3m': 3 * MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': HOUR_MS,
  '2h': 2 * HOUR_MS,
  '4h': 4 * HOUR_MS,
  '6h': 6 * HOUR_MS,
  '8h': 8 * HOUR_MS,
  '12h': 12 * HOUR_MS,
  '1d': DAY_MS,
  '3d': 3 * DAY_MS,
  '1w': 7 * DAY_MS,
};
export const KLINE_INTERVALS: readonly string[] = [...Object.keys(LENGTHS_MS), '1M'];

/** Start of the kline that holds a time, milliseconds since 1970 UTC. `interval` is one of KLINE_INTERVALS. */
export function klineOpenMs(interval: string, ms: number): number {
  if (interval === '1M') return startOfMonth(ms, 0);
  const anchor = interval === '1w' ? FIRST_MONDAY_MS : 0;
  const length = LENGTHS_MS[interval];
  return Math.floor((ms - anchor) / length) * length + anchor;
}

/** Start of the kline `steps` after (before, when negative) the one that starts at `openMs`. */
export function klineStep(interval: string, openMs: number, steps: number): number {
  return interval === '1M' ? startOfMonth(openMs, steps) : openMs + steps * LENGTHS_MS[interval];
}

function startOfMonth(ms: number, later: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later, 1);
}
