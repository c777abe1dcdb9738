/** Microseconds in a day and in a minute. */
export const DAY_MICROS = 86_400_000_000;
export const MINUTE_MICROS = 60_000_000;

/** The ISO date, YYYY-MM-DD, of a day counted from 1970-01-01. */
export function dateOfDay(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The day counted from 1970-01-01 of an ISO date. Throws a RangeError for anything else, 2026-02-30 included. */
export function dayOfDate(date: string): number {
  const day = DATE.test(date) ? Date.parse(`${date}T00:00:00Z`) / 86_400_000 : Number.NaN;
  if (Number.isNaN(day) || dateOfDay(day) !== date) {
    throw new RangeError(`"${date}" is not a date: expected YYYY-MM-DD, for example 2026-02-01`);
  }
  return day;
}

/** How many whole minutes (multiples of 60 s) lie in [from, to). */
export function minuteOpens(from: number, to: number): number {
  return Math.max(0, Math.ceil(to / MINUTE_MICROS) - Math.ceil(from / MINUTE_MICROS));
}
