import { VenueRefusedError } from '../errors.ts';
import { indiaDate } from './times.ts';

/** An interval in the venue's words, and how much of it one request may ask for. */
export interface CandleUnit {
  /** `minutes/15`. */
  readonly path: string;
  readonly stepMicros: number;
  /** Calendar months from the first to the last day of a request: to <= the same day so many months later. */
  readonly months: number;
}

const MINUTE_MICROS = 60_000_000;
/** A month for up to 15 minutes, a quarter above; of days ten years are allowed, and five found to work. */
const UNITS: Readonly<Record<string, CandleUnit>> = Object.fromEntries(
  [
    { interval: '1m', unit: 'minutes', count: 1, minutes: 1, months: 1 },
    { interval: '3m', unit: 'minutes', count: 3, minutes: 3, months: 1 },
    { interval: '5m', unit: 'minutes', count: 5, minutes: 5, months: 1 },
    { interval: '15m', unit: 'minutes', count: 15, minutes: 15, months: 1 },
    { interval: '30m', unit: 'minutes', count: 30, minutes: 30, months: 3 },
    { interval: '1h', unit: 'hours', count: 1, minutes: 60, months: 3 },
    { interval: '4h', unit: 'hours', count: 4, minutes: 240, months: 3 },
    { interval: '1d', unit: 'days', count: 1, minutes: 1440, months: 60 },
  ].map(({ interval, unit, count, minutes, months }) => [
    interval,
    { path: `${unit}/${count}`, stepMicros: minutes * MINUTE_MICROS, months },
  ]),
);

/** Throws a VenueRefusedError for an interval that the venue does not have. */
export function candleUnit(interval: string): CandleUnit {
  const unit = Object.hasOwn(UNITS, interval) ? UNITS[interval] : undefined;
  if (unit !== undefined) return unit;
  throw new VenueRefusedError(
    `upstox has no candles of ${interval}: it has ${Object.keys(UNITS).join(', ')}`,
    { venueCode: 0, status: 0 },
  );
}

/** The days of [fromMicros, toMicros) in India, both dates inclusive, in pieces that one request may ask for. */
export function chunksOf(
  range: { fromMicros: number; toMicros: number },
  unit: CandleUnit,
): { from: string; to: string }[] {
  if (range.toMicros <= range.fromMicros) return [];
  const last = indiaDate(range.toMicros - 1);
  const chunks: { from: string; to: string }[] = [];
  for (let from = indiaDate(range.fromMicros); from <= last;) {
    const end = monthsLater(from, unit.months);
    const to = end < last ? end : last;
    chunks.push({ from, to });
    from = dayAfter(to);
  }
  return chunks;
}

/** The same day so many months later, or that month's last day where it has no such day. */
function monthsLater(date: string, months: number): string {
  const [year, month, day] = date.split('-').map(Number);
  const lastDay = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, lastDay))).toISOString().slice(0, 10);
}

function dayAfter(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
