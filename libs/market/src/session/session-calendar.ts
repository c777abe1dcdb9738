import { addedDaysProblems, NO_ADDED_DAYS, withAddedDays } from './added-days.ts';
import type { AddedDays, AddedDaysProblem } from './added-days.ts';
import { alwaysCalendar } from './always-calendar.ts';
import { DatedCalendar } from './dated-calendar.ts';
import { NSE_CASH, NSE_DERIVATIVES } from './nse-sessions.ts';

/** A span of continuous trading. */
export interface Session {
  /** YYYY-MM-DD in the venue's zone. */
  readonly date: string;
  /** Inclusive, microseconds UTC. */
  readonly openMicros: number;
  /** Exclusive, microseconds UTC. */
  readonly closeMicros: number;
}

/** The years, both inclusive, for which a calendar has data; undefined where it needs none. */
export type YearCoverage = { readonly firstYear: number; readonly lastYear: number } | undefined;

/** A day that is unlike other days of its weekday. unknown: it has a session, and its hours are not known. */
export interface DayNote {
  readonly kind: 'special' | 'closed' | 'unknown';
  readonly reason: string;
}

/**
 * When a venue trades. Fails closed: in a year without data there is no session, and what would otherwise be a false
 * number (`expectedMinutes`) is a `CalendarYearError`. Ranges are [from, to), microseconds UTC.
 */
export interface SessionCalendar {
  readonly name: string;
  /** IANA name of the venue's zone. */
  readonly timeZone: string;
  /** The session that contains the instant. */
  sessionAt(micros: number): Session | undefined;
  /** The first session with openMicros > micros; undefined where a year without data lies in between. */
  nextSession(micros: number): Session | undefined;
  /** The last session with closeMicros <= micros; undefined where a year without data lies in between. */
  previousSession(micros: number): Session | undefined;
  /** A day's sessions in order: none, one, or more (a disaster recovery drill has two). */
  sessionsOn(date: string): Session[];
  /** The sessions that overlap [from, to), in order. */
  sessionsBetween(from: number, to: number): Session[];
  /** The venue's calendar date, YYYY-MM-DD. */
  dateOf(micros: number): string;
  /** The whole of a date, YYYY-MM-DD, in the venue's zone: midnight to midnight, the end exclusive. */
  spanOf(date: string): { readonly fromMicros: number; readonly toMicros: number };
  /** How many minutes of [from, to) open within a session. Throws a CalendarYearError for a year without data. */
  expectedMinutes(from: number, to: number): number;
  /** What is special about a date, YYYY-MM-DD; undefined for a day like others. */
  noteOn(date: string): DayNote | undefined;
  coverage(): YearCoverage;
}

export type Calendars = (name: string) => SessionCalendar;

/** A calendar that does not exist was asked for: a programming or configuration error, retrying cannot help. */
export class UnknownCalendarError extends RangeError {
  override readonly name = 'UnknownCalendarError';
  readonly code = 'calendar-unknown';
}

/** What a user adds to the calendars: of the NSE, for its cash market and its derivatives alike. */
export interface CalendarAdditions {
  readonly nse: AddedDays;
}

let added: CalendarAdditions = { nse: NO_ADDED_DAYS };
let nse: SessionCalendar | undefined;
let derivatives: SessionCalendar | undefined;
const KNOWN: Readonly<Record<string, () => SessionCalendar>> = {
  always: () => alwaysCalendar,
  nse: () => (nse ??= new DatedCalendar(withAddedDays(NSE_CASH, added.nse))),
  'nse-fo': () => (derivatives ??= new DatedCalendar(withAddedDays(NSE_DERIVATIVES, added.nse))),
};

/** The names that `calendars` knows. */
export const calendarNames: readonly string[] = Object.keys(KNOWN);

/** What is wrong with additions to the NSE's calendars, and where in them. */
export function nseDaysProblems(days: AddedDays): AddedDaysProblem[] {
  return addedDaysProblems(NSE_CASH, days);
}

/**
 * Has every later answer of `calendars` know these days, in place of any before. A process and each of its threads do it
 * once, before the first question: a calendar that was handed out goes on as it was.
 */
export function addCalendarDays(additions: CalendarAdditions): void {
  added = additions;
  nse = undefined;
  derivatives = undefined;
}

/** The days that are in force beside the release's own; for who asks these calendars elsewhere, as pages do. */
export function addedCalendarDays(): CalendarAdditions {
  return added;
}

/** The calendar of a name: `always`, `nse` (cash) or `nse-fo` (equity derivatives). Throws an UnknownCalendarError that names the known ones. */
export const calendars: Calendars = (name) => {
  const make = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  if (make === undefined) {
    throw new UnknownCalendarError(
      `there is no session calendar "${name}"; known are: ${calendarNames.join(', ')}`,
    );
  }
  return make();
};
