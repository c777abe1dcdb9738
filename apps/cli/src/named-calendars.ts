import type { Config } from '@tickwright/config';
import { calendarNames, calendars, dateOfDay, dayOfDate, instrumentKey } from '@tickwright/market';
import type { SessionCalendar } from '@tickwright/market';
import { nearest } from '@tickwright/runtime';
import { catalogue, segments } from '@tickwright/venues';
import type { SegmentInfo } from '@tickwright/venues';
import { UsageError } from './usage-error.ts';

/** A calendar, and what it was named by. */
export interface NamedCalendar {
  readonly name: string;
  readonly calendar: SessionCalendar;
  /** Where it was named by a segment. */
  readonly segment?: SegmentInfo;
}

/** The calendar of a segment or of that name; without one, those of the configured instruments. Errors: UsageError. */
export function namedCalendars(name: string | undefined, { sources }: Config): NamedCalendar[] {
  if (name === undefined) return configured(sources);
  const segment = segments().find((one) => one.segment === name);
  if (segment !== undefined) return [{ name, calendar: calendars(segment.calendar), segment }];
  if (calendarNames.includes(name)) return [{ name, calendar: calendars(name) }];
  const known = [...segments().map((one) => one.segment), ...calendarNames];
  const near = nearest(name, known);
  const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`;
  throw new UsageError(`"${name}" is neither a segment nor a calendar; ${hint}`);
}

/** One a segment of the sources, in their order. */
function configured(sources: Config['sources']): NamedCalendar[] {
  const found = new Map<string, NamedCalendar>();
  for (const { venue, instruments, calendar: other } of sources) {
    for (const key of instruments) {
      const { segment: name, calendar } = catalogue.venue(venue).instrument(instrumentKey(key));
      const segment = segments().find((one) => one.segment === name);
      if (found.has(name)) continue;
      const named = { name, calendar: calendars(other ?? calendar) };
      found.set(name, segment === undefined ? named : { ...named, segment });
    }
  }
  return [...found.values()];
}

/** Days of a calendar's zone, both inclusive, as dates and as a span of time. */
export interface DayRange {
  readonly first: string;
  readonly last: string;
  readonly from: number;
  readonly to: number;
}

/** `--from` and `--to` as days of the venue; today and so many after it unless told. Errors: UsageError. */
export function dayRange(
  calendar: SessionCalendar,
  flags: { readonly from?: string; readonly to?: string },
  { nowMicros, days }: { nowMicros: number; days: number },
): DayRange {
  const first = flags.from === undefined ? dayOfDate(calendar.dateOf(nowMicros)) : dayArgument(flags.from);
  const last = flags.to === undefined ? first + days - 1 : dayArgument(flags.to);
  if (last < first)
    throw new UsageError(`--from ${flags.from} is not before --to ${flags.to}: there is no day`);
  return {
    first: dateOfDay(first),
    last: dateOfDay(last),
    from: calendar.spanOf(dateOfDay(first)).fromMicros,
    to: calendar.spanOf(dateOfDay(last)).toMicros,
  };
}

export function datesOf({ first, last }: DayRange): string[] {
  const from = dayOfDate(first);
  return Array.from({ length: dayOfDate(last) - from + 1 }, (_, at) => dateOfDay(from + at));
}

function dayArgument(text: string): number {
  try {
    return dayOfDate(text);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A time as the clocks in the calendar's zone show it. */
export function zonedTime({ timeZone }: SessionCalendar, micros: number): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(
    new Date(micros / 1_000),
  );
}
