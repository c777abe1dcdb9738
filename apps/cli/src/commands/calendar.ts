import { MINUTE_MICROS, requireYear } from '@tickwright/market';
import type { DayNote, Session, SessionCalendar } from '@tickwright/market';
import { ExitCode, systemClock } from '@tickwright/runtime';
import { duration, isoTime, table } from '../formats.ts';
import { datesOf, dayRange, namedCalendars, zonedTime } from '../named-calendars.ts';
import type { NamedCalendar } from '../named-calendars.ts';
import { settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

export interface CalendarFlags extends CommonFlags {
  /** A segment or a calendar. */
  readonly name?: string;
  readonly from?: string;
  readonly to?: string;
}

const DAYS_SHOWN = 14;

interface ShownDay {
  readonly name: string;
  readonly date: string;
  readonly weekday: string;
  readonly sessions: readonly { readonly open: string; readonly close: string; readonly minutes: number }[];
  readonly note: DayNote | null;
}

/** Fails closed: a day of a year without data is an error, not a day without a session. */
export async function calendarShowCommand(terminal: Terminal, flags: CalendarFlags): Promise<number> {
  const named = namedCalendars(flags.name, await settings(terminal, flags));
  const nowMicros = systemClock.nowMicros();
  const days = named.flatMap(({ name, calendar }) => {
    const range = dayRange(calendar, flags, { nowMicros, days: DAYS_SHOWN });
    return datesOf(range).map((date) => shownDay(name, calendar, date));
  });
  const text = flags.json === true ? `${JSON.stringify(days, null, 2)}\n` : readable(named, days);
  await print(terminal.stdout, text);
  return ExitCode.ok;
}

function shownDay(name: string, calendar: SessionCalendar, date: string): ShownDay {
  requireYear(calendar, Number(date.slice(0, 4)));
  const sessions = calendar.sessionsOn(date).map(({ openMicros, closeMicros }) => ({
    open: isoTime(openMicros),
    close: isoTime(closeMicros),
    minutes: (closeMicros - openMicros) / MINUTE_MICROS,
  }));
  const weekday = new Date(`${date}T00:00:00Z`).toLocaleDateString('en-GB', {
    weekday: 'short',
    timeZone: 'UTC',
  });
  return { name, date, weekday, sessions, note: calendar.noteOn(date) ?? null };
}

function readable(named: readonly NamedCalendar[], days: readonly ShownDay[]): string {
  const sections = named.map(({ name, calendar }) => {
    const rows = days
      .filter((day) => day.name === name)
      .map(({ date, weekday, sessions, note }) => [
        `${weekday} ${date}`,
        sessions.length === 0 ? closedText(note) : sessions.map((one) => hours(calendar, one)).join(', '),
        sessions.reduce((sum, { minutes }) => sum + minutes, 0),
        note === null ? '' : noteText(note),
      ]);
    return `${name}  calendar ${calendar.name}, times in ${calendar.timeZone}\n${table(['day', 'trading', 'minutes', ''], rows)}`;
  });
  return sections.join('\n');
}

function hours(calendar: SessionCalendar, { open, close }: { open: string; close: string }): string {
  const [from, to] = [open, close].map((time) => zonedTime(calendar, Date.parse(time) * 1_000));
  return `${from}-${to === '00:00' ? '24:00' : to}`;
}

function closedText(note: DayNote | null): string {
  return note?.kind === 'unknown' ? 'not known' : 'closed';
}

function noteText({ kind, reason }: DayNote): string {
  return kind === 'unknown' ? `${reason}: a session whose hours are not known` : reason;
}

interface NextReport {
  readonly name: string;
  readonly isOpen: boolean;
  readonly session: { readonly open: string; readonly close: string } | null;
  readonly next: { readonly open: string; readonly close: string } | null;
  /** Days until then with a session whose hours are not known. */
  readonly unknown: readonly string[];
}

export async function calendarNextCommand(terminal: Terminal, flags: CalendarFlags): Promise<number> {
  const named = namedCalendars(flags.name, await settings(terminal, flags));
  const nowMicros = systemClock.nowMicros();
  const reports = named.map((one) => nextOf(one, nowMicros));
  const lines = reports.map((report, at) => nextText(report, named[at].calendar, nowMicros));
  const text = flags.json === true ? `${JSON.stringify(reports, null, 2)}\n` : `${lines.join('\n')}\n`;
  await print(terminal.stdout, text);
  return ExitCode.ok;
}

function nextOf({ name, calendar }: NamedCalendar, nowMicros: number): NextReport {
  const session = calendar.sessionAt(nowMicros);
  const next = calendar.nextSession(nowMicros);
  requireYear(calendar, Number(calendar.dateOf(nowMicros).slice(0, 4)));
  // After the last session that is known nothing is known: that is no long holiday.
  if (next === undefined) requireYear(calendar, Number(calendar.dateOf(nowMicros).slice(0, 4)) + 1);
  const until = next?.openMicros ?? nowMicros;
  const unknown: string[] = [];
  for (let at = nowMicros; at <= until; at += 86_400_000_000) {
    const date = calendar.dateOf(at);
    if (calendar.noteOn(date)?.kind === 'unknown') unknown.push(date);
  }
  return {
    name,
    isOpen: session !== undefined,
    session: session === undefined ? null : times(session),
    next: next === undefined ? null : times(next),
    unknown,
  };
}

function nextText(report: NextReport, calendar: SessionCalendar, nowMicros: number): string {
  const micros = (time: string): number => Date.parse(time) * 1_000;
  const wait = (time: string): string => duration((micros(time) - nowMicros) / 1_000);
  const at = (time: string): string =>
    `${calendar.dateOf(micros(time))} ${zonedTime(calendar, micros(time))}`;
  const now =
    report.session === null
      ? 'closed'
      : `open until ${at(report.session.close)} (${wait(report.session.close)})`;
  const next =
    report.next === null ? '' : `; next session ${at(report.next.open)}, in ${wait(report.next.open)}`;
  const unknown = report.unknown.map((date) => `; ${date} has a session whose hours are not known`).join('');
  return `${report.name}: ${now}${next}, ${calendar.timeZone}${unknown}`;
}

function times({ openMicros, closeMicros }: Session): { open: string; close: string } {
  return { open: isoTime(openMicros), close: isoTime(closeMicros) };
}
