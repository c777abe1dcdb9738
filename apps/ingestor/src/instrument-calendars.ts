import { calendarWarnings, calendars } from '@tickwright/market';
import type { CalendarWarning, SessionCalendar } from '@tickwright/market';
import type { Log } from '@tickwright/runtime';
import type { Core } from './core.ts';

/** A start warns of what is not known of so many days. */
const START_AHEAD_DAYS = 60;

type Instruments = Pick<Core, 'instruments'>;

/** The calendars of a core's instruments, each once. */
export function calendarsOf({ instruments }: Instruments): SessionCalendar[] {
  return [...new Set(instruments.list().map(({ calendar }) => calendar))].map(calendars);
}

/** What these do not know of the days from today on, so many of them. */
export function unknownDays(core: Instruments, nowMicros: number, days: number): CalendarWarning[] {
  return calendarsOf(core).flatMap((calendar) => calendarWarnings(calendar, nowMicros, days));
}

/** Says in the log what is not known of the weeks to come: a calendar that ends is no surprise then. */
export function warnOfUnknownDays(core: Instruments, nowMicros: number, log: Log): void {
  for (const { found, toDo } of unknownDays(core, nowMicros, START_AHEAD_DAYS))
    log.warn({ toDo }, `calendar: ${found}`);
}
