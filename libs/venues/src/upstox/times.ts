/** The feed's and REST's times are milliseconds; REST writes those of candles with the offset of India. */
const DAY_MICROS = 86_400_000_000;
/** India has no summer time. */
const INDIA_MICROS = 5.5 * 3_600_000_000;

/** Milliseconds of the years 2001 to 2286 as microseconds, anything else as -1. */
export function millisToMicros(ms: number): number {
  return Number.isInteger(ms) && ms >= 1e12 && ms < 1e13 ? ms * 1000 : -1;
}

/** `2023-07-26T15:29:00+05:30` in microseconds; -1 for another form. */
export function candleTimeMicros(text: unknown): number {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30$/.test(text)) return -1;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? -1 : ms * 1000;
}

/** The date in India, YYYY-MM-DD. */
export function indiaDate(micros: number): string {
  return new Date((micros + INDIA_MICROS) / 1000).toISOString().slice(0, 10);
}

/** The beginning of a date in India. */
export function indiaDayStart(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) * 1000 - INDIA_MICROS;
}

/** The next moment at which it is that much past midnight in India. */
export function nextIndiaTime(micros: number, pastMidnightMicros: number): number {
  const today = indiaDayStart(indiaDate(micros)) + pastMidnightMicros;
  return today > micros ? today : today + DAY_MICROS;
}
