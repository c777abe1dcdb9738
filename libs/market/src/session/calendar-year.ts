import type { SessionCalendar } from './session-calendar.ts';

/** A calendar was asked about a year that it has no data for. Its closures, of the user or a newer release, are what helps. */
export class CalendarYearError extends RangeError {
  override readonly name = 'CalendarYearError';
  readonly code = 'calendar-year-unknown';
}

/**
 * Makes sure that a calendar knows a year, so that a service can refuse to start, or warn in time, rather than find
 * no session. Throws a CalendarYearError.
 */
export function requireYear(calendar: Pick<SessionCalendar, 'name' | 'coverage'>, year: number): void {
  const coverage = calendar.coverage();
  if (coverage === undefined || (year >= coverage.firstYear && year <= coverage.lastYear)) return;
  throw new CalendarYearError(
    `the session calendar "${calendar.name}" was asked about ${year} but knows ${coverage.firstYear} to ` +
      `${coverage.lastYear} only; its ticks make no candles outside these years: ${addYear(year)}`,
  );
}

/** What somebody does about a year that a calendar has no data for, as half a sentence. */
export function addYear(year: number): string {
  return `list the closures of ${year} under calendars.nse.years, or install a release that has them`;
}

/** Whether a calendar has data for every year that [from, to] touches. */
export function knowsYears(calendar: SessionCalendar, span: { from: number; to: number }): boolean {
  const coverage = calendar.coverage();
  if (coverage === undefined) return true;
  const year = (micros: number): number => Number(calendar.dateOf(micros).slice(0, 4));
  return year(span.from) >= coverage.firstYear && year(span.to) <= coverage.lastYear;
}
