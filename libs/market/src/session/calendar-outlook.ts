import { dateOfDay, dayOfDate } from './calendar-date.ts';
import { addYear } from './calendar-year.ts';
import type { SessionCalendar } from './session-calendar.ts';

/** Whole days that a calendar still knows after today, in its zone; below 0 beyond its end, undefined where it has none. */
export function daysKnown(calendar: SessionCalendar, nowMicros: number): number | undefined {
  const coverage = calendar.coverage();
  if (coverage === undefined) return undefined;
  return dayOfDate(`${coverage.lastYear}-12-31`) - dayOfDate(calendar.dateOf(nowMicros));
}

/** What a calendar does not know, and what to do about it. */
export interface CalendarWarning {
  readonly found: string;
  readonly toDo: string;
}

/** What a calendar does not know of the days from today on, so many of them. */
export function calendarWarnings(
  calendar: SessionCalendar,
  nowMicros: number,
  days: number,
): CalendarWarning[] {
  const today = dayOfDate(calendar.dateOf(nowMicros));
  const left = daysKnown(calendar, nowMicros);
  const warnings: CalendarWarning[] = [];
  if (left !== undefined && left < days - 1) {
    const next = (calendar.coverage()?.lastYear ?? 0) + 1;
    const found =
      left < 0
        ? `${calendar.name} knows no sessions after ${next - 1}: ticks are kept and make no candles`
        : `${calendar.name} ends with ${next - 1}, in ${left} days: from then on ticks make no candles`;
    warnings.push({ found, toDo: addYear(next) });
  }
  for (let day = today; day < today + days; day += 1) {
    const date = dateOfDay(day);
    const note = calendar.noteOn(date);
    if (note?.kind !== 'unknown') continue;
    warnings.push({
      found: `${date} (${note.reason}) has a session whose hours are not known: its ticks are kept and make no candles`,
      toDo: `list the sessions of ${date} under calendars.nse.days`,
    });
  }
  return warnings;
}
