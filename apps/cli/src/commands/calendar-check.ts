import { readFile } from 'node:fs/promises';
import { StoredToken, secretsFileOf } from '@tickwright/config';
import type { Config } from '@tickwright/config';
import { calendarWarnings, compareWithHolidays, compareWithSessions } from '@tickwright/market';
import type { SessionCalendar, SessionDifference, ToldHoliday, ToldSession } from '@tickwright/market';
import { ExitCode, systemClock } from '@tickwright/runtime';
import { catalogue, tradesOn } from '@tickwright/venues';
import type { Holiday, MarketHours } from '@tickwright/venues';
import { counted, table } from '../formats.ts';
import { datesOf, dayRange, namedCalendars, zonedTime } from '../named-calendars.ts';
import type { DayRange, NamedCalendar } from '../named-calendars.ts';
import { logOf, settings } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { CalendarFlags } from './calendar.ts';

export interface CheckFlags extends CalendarFlags {
  readonly venue?: string;
  readonly restUrl?: string;
  readonly list?: string;
}

/** A calendar must reach so far ahead, or the next year is due. */
const AHEAD_DAYS = 30;
/** Days whose hours a venue is asked for one by one. */
const TIMINGS_MAX = 31;

interface CheckReport {
  readonly name: string;
  readonly calendar: string;
  readonly compared: readonly string[];
  readonly differences: readonly SessionDifference[];
  /** What will be wrong before long, or is not known. */
  readonly warnings: readonly string[];
}

/** Exit 8 when our sessions and another source's differ, or there are none for the days to come. */
export async function calendarCheckCommand(terminal: Terminal, flags: CheckFlags): Promise<number> {
  const config = await settings(terminal, flags);
  const named = namedCalendars(flags.name, config);
  const reports: CheckReport[] = [];
  for (const one of named) reports.push(await checked(terminal, config, flags, one));
  const text = flags.json === true ? `${JSON.stringify(reports, null, 2)}\n` : readable(named, reports);
  await print(terminal.stdout, text);
  const isWell = reports.every(({ differences, warnings }) => differences.length + warnings.length === 0);
  return isWell ? ExitCode.ok : ExitCode.mismatch;
}

async function checked(
  terminal: Terminal,
  config: Config,
  flags: CheckFlags,
  one: NamedCalendar,
): Promise<CheckReport> {
  const { calendar, name } = one;
  const nowMicros = systemClock.nowMicros();
  const [compared, differences]: [string[], SessionDifference[]] = [[], []];
  if (flags.list !== undefined) {
    const told = await sessionsIn(flags.list);
    const range =
      flags.from === undefined && flags.to === undefined
        ? whole(calendar, told)
        : dayRange(calendar, flags, { nowMicros, days: 1 });
    differences.push(...compareWithSessions(calendar, told, range));
    compared.push(`${counted(told.length, 'session')} of ${flags.list}`);
  }
  if (flags.venue !== undefined) {
    const range = dayRange(calendar, flags, { nowMicros, days: 7 });
    const found = await againstVenue({ terminal, config, flags, one, range, nowMicros });
    differences.push(...found.differences);
    compared.push(...found.compared);
  }
  const warnings = calendarWarnings(calendar, nowMicros, AHEAD_DAYS).map(
    ({ found, toDo }) => `${found}; ${toDo}`,
  );
  return { name, calendar: calendar.name, compared, differences, warnings };
}

async function againstVenue(asked: {
  terminal: Terminal;
  config: Config;
  flags: CheckFlags;
  one: NamedCalendar;
  range: DayRange;
  nowMicros: number;
}): Promise<Pick<CheckReport, 'differences' | 'compared'>> {
  const { terminal, config, flags, one, range, nowMicros } = asked;
  const { calendar, segment } = one;
  const { venue = '' } = flags;
  if (segment?.venue !== venue || segment.exchange === undefined) {
    throw new UsageError(
      `${venue} tells no hours of ${one.name}; of upstox's segments it does: NSE_EQ, NSE_FO, BSE_EQ, ..`,
    );
  }
  const { exchange } = segment;
  const hours = hoursOf(terminal, config, flags);
  const year = Number(calendar.dateOf(nowMicros).slice(0, 4));
  const holidays = await hours.marketHolidays(undefined, terminal.signal);
  const told = holidays.flatMap((day) => toldHoliday(day, exchange));
  const differences = compareWithHolidays(calendar, told, year);
  const dates = datesOf(range);
  if (dates.length > TIMINGS_MAX) {
    throw new UsageError(
      `a venue is asked for the hours of ${TIMINGS_MAX} days at most, not ${dates.length}`,
    );
  }
  const sessions: ToldSession[] = [];
  for (const date of dates) {
    const timings = await hours.marketTimings(date, terminal.signal);
    sessions.push(...timings.filter((day) => day.exchange === exchange));
  }
  const seen = new Set(differences.map(({ date }) => date));
  const onDays = compareWithSessions(calendar, sessions, range).filter(({ date }) => !seen.has(date));
  const status = await hours.marketStatus(exchange, terminal.signal);
  return {
    differences: [...differences, ...onDays, ...statusDifference(calendar, nowMicros, status.status)],
    compared: [
      `${counted(told.length, 'holiday')} of ${year} of ${venue}`,
      `its hours of ${counted(dates.length, 'day')}`,
      `its status, ${status.status}`,
    ],
  };
}

/** Only what is certain: a venue in continuous trading while we are closed, or the other way round. */
function statusDifference(calendar: SessionCalendar, nowMicros: number, status: string): SessionDifference[] {
  const isOpen = calendar.sessionAt(nowMicros) !== undefined;
  const isTheirs = status === 'NORMAL_OPEN';
  if (isOpen === isTheirs) return [];
  const date = calendar.dateOf(nowMicros);
  const reason = `it is ${isOpen ? 'open' : 'closed'} now by our calendar, and the venue says ${status}`;
  return [{ date, ours: calendar.sessionsOn(date), theirs: [], reason }];
}

function toldHoliday(day: Holiday, exchange: string): ToldHoliday[] {
  const trades = tradesOn(day, exchange);
  if (trades === undefined) return [];
  const sessions = day.open.filter((one) => one.exchange === exchange);
  return [{ date: day.date, description: day.description, sessions: trades ? sessions : [] }];
}

function hoursOf(terminal: Terminal, config: Config, flags: CheckFlags): MarketHours {
  const { venue: name = '', restUrl = config.sources.find(({ venue }) => venue === flags.venue)?.restUrl } =
    flags;
  const venue = catalogue.names().includes(name) ? catalogue.venue(name) : undefined;
  if (venue?.marketHours === undefined) throw new UsageError(`--venue ${name}: only upstox tells its hours`);
  return venue.marketHours({
    ...(restUrl === undefined ? {} : { restUrl }),
    tokens: new StoredToken({ venue: name, file: secretsFileOf(config), env: terminal.env }),
    clock: systemClock,
    log: logOf(terminal, config, 'calendar'),
    onAnswer: () => undefined,
  });
}

/** `name,open,close,..`: a header, then ISO 8601 times; other columns are passed over. */
async function sessionsIn(file: string): Promise<ToldSession[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const [header = '', ...lines] = text.trim().split(/\r?\n/);
  const names = header.split(',');
  const [open, close] = [names.indexOf('open'), names.indexOf('close')];
  if (open < 0 || close < 0)
    throw new UsageError(`${file} has no columns "open" and "close" in its first line`);
  return lines.map((line, at) => {
    const cells = line.split(',');
    const [openMs, closeMs] = [Date.parse(cells[open] ?? ''), Date.parse(cells[close] ?? '')];
    if (!(openMs < closeMs)) throw new UsageError(`${file}:${at + 2}: no session "${line.slice(0, 80)}"`);
    return { openMicros: openMs * 1_000, closeMicros: closeMs * 1_000 };
  });
}

/** What both the list and the calendar have. */
function whole(calendar: SessionCalendar, told: readonly ToldSession[]): { from: number; to: number } {
  const opens = told.map(({ openMicros }) => openMicros);
  const dates = opens.map((micros) => calendar.dateOf(micros)).sort();
  const years = calendar.coverage();
  const [first = '', last = ''] = [dates[0], dates.at(-1)];
  if (years === undefined || first === '') return { from: Math.min(...opens), to: Math.max(...opens) + 1 };
  const from = first < `${years.firstYear}` ? `${years.firstYear}-01-01` : first;
  const to = last > `${years.lastYear + 1}` ? `${years.lastYear}-12-31` : last;
  return to < from ? { from: 0, to: 0 } : dayRange(calendar, { from, to }, { nowMicros: 0, days: 1 });
}

function readable(named: readonly NamedCalendar[], reports: readonly CheckReport[]): string {
  const lines = reports.flatMap((report, at) => {
    const { name, compared, differences, warnings } = report;
    const { calendar } = named[at];
    const rows = differences.map(({ date, ours, theirs, reason }) => [
      date,
      hours(calendar, ours),
      hours(calendar, theirs),
      reason,
    ]);
    const verdict =
      compared.length === 0
        ? 'compared with nothing (--venue, --list)'
        : `${differences.length === 0 ? 'agrees with' : `${counted(differences.length, 'difference')} to`} ${compared.join(', ')}`;
    return [
      `${name}  calendar ${calendar.name}: ${verdict}`,
      ...(rows.length === 0
        ? []
        : [
            table(
              ['  day', 'ours', 'theirs', ''],
              rows.map(([date, ...rest]) => [`  ${date}`, ...rest]),
            ).trimEnd(),
          ]),
      ...warnings.map((warning) => `  WARNING  ${warning}`),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function hours(calendar: SessionCalendar, sessions: readonly ToldSession[]): string {
  if (sessions.length === 0) return 'closed';
  return sessions
    .map(
      ({ openMicros, closeMicros }) =>
        `${zonedTime(calendar, openMicros)}-${zonedTime(calendar, closeMicros)}`,
    )
    .join(', ');
}
