import { DAY_MICROS } from './calendar-date.ts';
import { requireYear } from './calendar-year.ts';
import type { SessionCalendar } from './session-calendar.ts';

/** Microseconds UTC, the close exclusive. */
export interface ToldSession {
  readonly openMicros: number;
  readonly closeMicros: number;
}

/** A day that another source lists as unlike others; without sessions it is closed. */
export interface ToldHoliday {
  readonly date: string;
  readonly description: string;
  readonly sessions: readonly ToldSession[];
}

/** A date on which a calendar and another source do not say the same. */
export interface SessionDifference {
  readonly date: string;
  readonly ours: readonly ToldSession[];
  readonly theirs: readonly ToldSession[];
  readonly reason: string;
}

/**
 * A calendar against a list that has every session of [from, to). Throws a CalendarYearError where the calendar has no
 * data: what is not known can neither agree nor differ.
 */
export function compareWithSessions(
  calendar: SessionCalendar,
  told: readonly ToldSession[],
  { from, to }: { from: number; to: number },
): SessionDifference[] {
  if (to <= from) return [];
  requireYears(calendar, { from, to });
  const isIn = ({ openMicros }: ToldSession): boolean => openMicros >= from && openMicros < to;
  const ours = byDate(calendar, calendar.sessionsBetween(from, to).filter(isIn));
  const theirs = byDate(calendar, told.filter(isIn));
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .sort()
    .flatMap((date) =>
      difference(calendar, date, { ours: ours.get(date) ?? [], theirs: theirs.get(date) ?? [] }),
    );
}

/**
 * A calendar against a list of the days of a year that are unlike others: each that is listed, and each that only we
 * hold to be special. Throws a CalendarYearError.
 */
export function compareWithHolidays(
  calendar: SessionCalendar,
  told: readonly ToldHoliday[],
  year: number,
): SessionDifference[] {
  requireYear(calendar, year);
  const listed = new Map(
    told.filter(({ date }) => date.startsWith(`${year}-`)).map((day) => [day.date, day]),
  );
  const differences: SessionDifference[] = [];
  for (let ms = Date.UTC(year, 0, 1); ms < Date.UTC(year + 1, 0, 1); ms += DAY_MICROS / 1_000) {
    const date = new Date(ms).toISOString().slice(0, 10);
    const ours = calendar.sessionsOn(date);
    const day = listed.get(date);
    if (day !== undefined)
      differences.push(...difference(calendar, date, { ours, theirs: day.sessions }, day.description));
    else if (calendar.noteOn(date) !== undefined) differences.push(unlisted(calendar, date));
  }
  return differences;
}

function unlisted(calendar: SessionCalendar, date: string): SessionDifference {
  const { kind, reason } = calendar.noteOn(date) ?? { kind: '', reason: '' };
  const said = kind === 'closed' ? `closed here (${reason})` : `a special day here (${reason})`;
  return {
    date,
    ours: calendar.sessionsOn(date),
    theirs: [],
    reason: `${said}, and the venue lists nothing`,
  };
}

function difference(
  calendar: SessionCalendar,
  date: string,
  { ours, theirs }: Pick<SessionDifference, 'ours' | 'theirs'>,
  description = '',
): SessionDifference[] {
  const isSame =
    ours.length === theirs.length &&
    ours.every(
      ({ openMicros, closeMicros }, at) =>
        openMicros === theirs[at].openMicros && closeMicros === theirs[at].closeMicros,
    );
  if (isSame) return [];
  const note = calendar.noteOn(date);
  const known = note?.kind === 'unknown' ? `its hours were not known here (${note.reason})` : '';
  const reason = [description, known].filter((text) => text !== '').join('; ');
  return [{ date, ours: ours.map(plain), theirs: theirs.map(plain), reason }];
}

function plain({ openMicros, closeMicros }: ToldSession): ToldSession {
  return { openMicros, closeMicros };
}

function byDate(calendar: SessionCalendar, sessions: readonly ToldSession[]): Map<string, ToldSession[]> {
  const found = new Map<string, ToldSession[]>();
  for (const session of sessions.toSorted((a, b) => a.openMicros - b.openMicros)) {
    const date = calendar.dateOf(session.openMicros);
    const list = found.get(date);
    if (list === undefined) found.set(date, [session]);
    else list.push(session);
  }
  return found;
}

function requireYears(calendar: SessionCalendar, { from, to }: { from: number; to: number }): void {
  const last = Number(calendar.dateOf(to - 1).slice(0, 4));
  for (let year = Number(calendar.dateOf(from).slice(0, 4)); year <= last; year++)
    requireYear(calendar, year);
}
