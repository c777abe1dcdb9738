import { DAY_MICROS, MINUTE_MICROS, dateOfDay, dayOfDate, minuteOpens } from './calendar-date.ts';
import { requireYear } from './calendar-year.ts';
import type { DayNote, Session, SessionCalendar, YearCoverage } from './session-calendar.ts';

/** Trading hours of a day, HH:MM in the venue's zone, close exclusive. */
export interface Hours {
  readonly open: string;
  readonly close: string;
}

/** A day that is unlike others, and why. Without known hours it has no session; with no hours it is closed. */
export interface SpecialDay {
  readonly reason: string;
  readonly hours: readonly Hours[] | 'unknown';
}

/** What a dated calendar is made of. */
export interface CalendarData {
  readonly name: string;
  readonly timeZone: string;
  /** The zone's offset from UTC; a zone that changes its offset needs another kind of calendar. */
  readonly utcOffsetMinutes: number;
  /** The regular hours, each from a date on, in order of date. */
  readonly hours: readonly ({ readonly from: string } & Hours)[];
  /** Weekdays without a regular session: MM-DD by year, spaces between. A missing year is a year without data. */
  readonly closures: Readonly<Record<number, string>>;
  /** Days whose sessions are these, whatever the weekday, the closures and the regular hours say. */
  readonly special: Readonly<Record<string, SpecialDay>>;
}

function minuteOfDay(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

// 1970-01-01 was a Thursday: days 2 and 3 of each seven are a Saturday and a Sunday.
const isWeekend = (day: number): boolean => day % 7 === 2 || day % 7 === 3;

function isClosure({ closures }: CalendarData, date: string): boolean {
  return closures[Number(date.slice(0, 4))]?.split(' ').includes(date.slice(5)) ?? false;
}

function hoursOf(data: CalendarData, day: number): readonly Hours[] {
  const date = dateOfDay(day);
  const special = data.special[date]?.hours;
  if (special !== undefined) return special === 'unknown' ? [] : special;
  if (isWeekend(day) || isClosure(data, date)) return [];
  const regular = data.hours.findLast((row) => row.from <= date);
  return regular === undefined ? [] : [regular];
}

function kindOf({ hours }: SpecialDay): DayNote['kind'] {
  if (hours === 'unknown') return 'unknown';
  return hours.length === 0 ? 'closed' : 'special';
}

function sessionsOf(data: CalendarData, { firstYear, lastYear }: NonNullable<YearCoverage>): Session[] {
  const sessions: Session[] = [];
  const end = dayOfDate(`${lastYear + 1}-01-01`);
  for (let day = dayOfDate(`${firstYear}-01-01`); day < end; day++) {
    const midnight = day * DAY_MICROS - data.utcOffsetMinutes * MINUTE_MICROS;
    for (const hours of hoursOf(data, day)) {
      sessions.push({
        date: dateOfDay(day),
        openMicros: midnight + minuteOfDay(hours.open) * MINUTE_MICROS,
        closeMicros: midnight + minuteOfDay(hours.close) * MINUTE_MICROS,
      });
    }
  }
  return sessions;
}

function yearsOf(closures: CalendarData['closures']): NonNullable<YearCoverage> {
  const years = Object.keys(closures).map(Number);
  const firstYear = Math.min(...years);
  const lastYear = Math.max(...years);
  if (years.length === 0 || lastYear - firstYear + 1 !== years.length) {
    throw new RangeError(`a calendar's years must follow one another, found: ${years.join(', ')}`);
  }
  return { firstYear, lastYear };
}

/**
 * A calendar of dated rows for a zone without daylight saving. All its sessions are laid out once (a few thousand),
 * so that every question is a binary search.
 */
export class DatedCalendar implements SessionCalendar {
  readonly name: string;
  readonly timeZone: string;
  readonly #data: CalendarData;
  readonly #offsetMicros: number;
  readonly #years: NonNullable<YearCoverage>;
  readonly #sessions: readonly Session[];

  constructor(data: CalendarData) {
    this.#data = data;
    this.name = data.name;
    this.timeZone = data.timeZone;
    this.#offsetMicros = data.utcOffsetMinutes * MINUTE_MICROS;
    this.#years = yearsOf(data.closures);
    this.#sessions = sessionsOf(data, this.#years);
  }

  sessionAt(micros: number): Session | undefined {
    const session = this.#sessions[this.#after(micros) - 1];
    return session !== undefined && micros < session.closeMicros ? session : undefined;
  }

  nextSession(micros: number): Session | undefined {
    return this.#yearOf(micros) < this.#years.firstYear ? undefined : this.#sessions[this.#after(micros)];
  }

  previousSession(micros: number): Session | undefined {
    if (this.#yearOf(micros) > this.#years.lastYear) return undefined;
    const at = this.#after(micros) - 1;
    const session = this.#sessions[at];
    return session !== undefined && session.closeMicros <= micros ? session : this.#sessions[at - 1];
  }

  sessionsOn(date: string): Session[] {
    const { fromMicros, toMicros } = this.spanOf(date);
    return this.sessionsBetween(fromMicros, toMicros);
  }

  sessionsBetween(from: number, to: number): Session[] {
    const sessions: Session[] = [];
    for (let at = Math.max(0, this.#after(from) - 1); at < this.#sessions.length; at++) {
      const session = this.#sessions[at];
      if (session.openMicros >= to) break;
      if (session.closeMicros > from) sessions.push(session);
    }
    return sessions;
  }

  dateOf(micros: number): string {
    return dateOfDay(Math.floor((micros + this.#offsetMicros) / DAY_MICROS));
  }

  spanOf(date: string): { fromMicros: number; toMicros: number } {
    const fromMicros = dayOfDate(date) * DAY_MICROS - this.#offsetMicros;
    return { fromMicros, toMicros: fromMicros + DAY_MICROS };
  }

  expectedMinutes(from: number, to: number): number {
    if (to <= from) return 0;
    requireYear(this, this.#yearOf(from));
    requireYear(this, this.#yearOf(to - 1));
    let minutes = 0;
    for (const { openMicros, closeMicros } of this.sessionsBetween(from, to)) {
      minutes += minuteOpens(Math.max(from, openMicros), Math.min(to, closeMicros));
    }
    return minutes;
  }

  noteOn(date: string): DayNote | undefined {
    const special = this.#data.special[date];
    if (special !== undefined) return { kind: kindOf(special), reason: special.reason };
    const isClosed = isClosure(this.#data, date) && !isWeekend(dayOfDate(date));
    return isClosed ? { kind: 'closed', reason: 'holiday' } : undefined;
  }

  coverage(): NonNullable<YearCoverage> {
    return this.#years;
  }

  #yearOf(micros: number): number {
    return Number(this.dateOf(micros).slice(0, 4));
  }

  /** Position of the first session with openMicros > micros. */
  #after(micros: number): number {
    let low = 0;
    let high = this.#sessions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sessions[middle].openMicros > micros) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
