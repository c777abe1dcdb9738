import type { CalendarData, Hours, SpecialDay } from './dated-calendar.ts';

/** Days of an exchange that its user knows and this release does not: dates YYYY-MM-DD, times HH:MM, in its zone. */
export interface AddedDays {
  /** Whole years, each with every weekday that has no regular session. Goes before what the release has of that year. */
  readonly years: readonly { readonly year: number; readonly closures: readonly string[] }[];
  /** Days that are unlike their weekday. Sessions `HH:MM-HH:MM`, in order; none: the exchange is closed. */
  readonly days: readonly {
    readonly date: string;
    readonly reason: string;
    readonly sessions: readonly string[];
  }[];
}

/** What is wrong with added days, and where in them. */
export interface AddedDaysProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export const NO_ADDED_DAYS: AddedDays = { years: [], days: [] };

/** Rows with the added days in them. What was added must have no problems. */
export function withAddedDays(data: CalendarData, { years, days }: AddedDays): CalendarData {
  const closures = Object.fromEntries(
    years.map((one) => [one.year, one.closures.map((date) => date.slice(5)).join(' ')]),
  );
  const special = Object.fromEntries(
    days.map(({ date, reason, sessions }): [string, SpecialDay] => [
      date,
      { reason, hours: sessions.map(hoursOf) },
    ]),
  );
  return {
    ...data,
    closures: { ...data.closures, ...closures },
    special: { ...data.special, ...special },
  };
}

/** What is wrong with days to be added, whose dates and times are such: with any of these none may be in force. */
export function addedDaysProblems(data: CalendarData, added: AddedDays): AddedDaysProblem[] {
  const own = Object.keys(data.closures).map(Number);
  const known = { first: Math.min(...own), last: Math.max(...own) };
  return [
    ...added.years.flatMap((year, at) => yearProblems({ year, at, added, known })),
    ...added.days.flatMap((day, at) => dayProblems({ day, at, added, known })),
  ];
}

interface Within {
  readonly at: number;
  readonly added: AddedDays;
  /** The release's own years, both inclusive. */
  readonly known: { readonly first: number; readonly last: number };
}

function yearProblems(told: Within & { year: AddedDays['years'][number] }): AddedDaysProblem[] {
  const { at, added, known } = told;
  const { year, closures } = told.year;
  const path = ['years', at, 'year'];
  const problems: AddedDaysProblem[] = [];
  if (added.years.findIndex((other) => other.year === year) !== at)
    problems.push({ path, message: `${year} is listed twice` });
  const missing = yearBetween(year, told);
  if (missing !== undefined) {
    const message = `the calendar knows ${known.first} to ${known.last}: ${year} needs ${missing}, which is not listed`;
    problems.push({ path, message });
  }
  for (const [index, date] of closures.entries()) {
    if (yearOf(date) !== year)
      problems.push({ path: ['years', at, 'closures', index], message: `${date} is not in ${year}` });
  }
  return problems;
}

function dayProblems(told: Within & { day: AddedDays['days'][number] }): AddedDaysProblem[] {
  const { at, added, known } = told;
  const { date, sessions } = told.day;
  const path = ['days', at, 'date'];
  const problems: AddedDaysProblem[] = [];
  if (added.days.findIndex((other) => other.date === date) !== at)
    problems.push({ path, message: `${date} is listed twice` });
  const year = yearOf(date);
  if (!isKnown(year, told)) {
    const message = `the calendar knows ${known.first} to ${known.last}: list the closures of ${year} under years first`;
    problems.push({ path, message });
  }
  let closed = '00:00';
  for (const [index, text] of sessions.entries()) {
    const { open, close } = hoursOf(text);
    const where = ['days', at, 'sessions', index];
    // Times of one form sort as text.
    if (open >= close) problems.push({ path: where, message: `${text} ends before it begins` });
    else if (open < closed) problems.push({ path: where, message: `${text} begins before ${closed}` });
    closed = close;
  }
  return problems;
}

/** The first year without data between a year and those of the release. */
function yearBetween(year: number, told: Within): number | undefined {
  const { first, last } = told.known;
  for (let between = year; between < first || between > last; between += between < first ? 1 : -1)
    if (!isKnown(between, told)) return between;
  return undefined;
}

function isKnown(year: number, { added, known }: Within): boolean {
  return (year >= known.first && year <= known.last) || added.years.some((one) => one.year === year);
}

function yearOf(date: string): number {
  return Number(date.slice(0, 4));
}

function hoursOf(text: string): Hours {
  const [open = '', close = ''] = text.split('-');
  return { open, close };
}
