import type { GapCause, GapState } from '../gap/gap.ts';
import { MINUTE_MICROS } from '../session/calendar-date.ts';
import type { SessionCalendar } from '../session/session-calendar.ts';

/** Microseconds UTC, the end exclusive. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** A gap that is not filled; both ends are inclusive, `toMicros` is -1 while it lasts. */
export interface UnfilledGap {
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly cause: GapCause;
  readonly state: GapState;
  readonly reason?: string;
}

/** What is known of an instrument's minutes. Open times are microseconds UTC. */
export interface MinuteEvidence {
  /** Minutes of which there is a candle, of ticks or the venue's own. Those of other days may be among them. */
  readonly present: ReadonlySet<number>;
  /** Minutes that the venue said had no trade. */
  readonly untraded: ReadonlySet<number>;
  /** Minutes of which the venue told a candle with a trade. */
  readonly traded: ReadonlySet<number>;
  /** Times between two stored trades whose ids follow one another: nothing traded in between. */
  readonly contiguous: readonly TimeSpan[];
  /** Times in which it was subscribed, but for the gaps. */
  readonly watched: readonly TimeSpan[];
  readonly gaps: readonly UnfilledGap[];
}

/** Minutes in a row that are missing, and why. */
export interface MissingSpan extends TimeSpan {
  /** Of the gap in which they lie; `venue`: in none, and the venue has a candle. */
  readonly cause: GapCause | 'venue';
  readonly state: GapState;
  readonly reason?: string;
}

/** One instrument's day: every minute of its sessions is in exactly one of the counts from `present` to `unwatched`. */
export interface DayCoverage {
  /** Of the venue. */
  readonly date: string;
  /** Minutes of sessions, as far as they are over. */
  readonly expected: number;
  readonly present: number;
  /** Without a candle, and known to have had no trade: the ids follow one another, or the venue's own candles say so. */
  readonly untraded: number;
  /** Without a candle though it was subscribed and no gap is open: nothing came, and nothing proves that nothing was. */
  readonly quiet: number;
  /** Without a candle, in a gap that is not filled, or though the venue has one. */
  readonly missing: number;
  /** Without a candle, before it was subscribed or after. */
  readonly unwatched: number;
  /** Of `present`, those that a gap touches: ticks of theirs may be missing. */
  readonly partial: number;
  readonly missingSpans: readonly MissingSpan[];
  /** Open times of candles outside every session. */
  readonly outside: readonly number[];
}

/** A day as far as it was asked for and is over. */
export interface AskedDay extends TimeSpan {
  readonly date: string;
}

/** The days of [from, to) in the calendar's zone, each cut to it. Throws a CalendarYearError for a year without data. */
export function daysOf(calendar: SessionCalendar, { from, to }: TimeSpan): AskedDay[] {
  const days: AskedDay[] = [];
  if (to <= from) return days;
  calendar.expectedMinutes(from, to);
  for (let at = from; at < to;) {
    const date = calendar.dateOf(at);
    const end = Math.min(to, calendar.spanOf(date).toMicros);
    days.push({ date, from: at, to: end });
    at = end;
  }
  return days;
}

/** Every minute of an instrument's day, judged by what is known of it. */
export function dayCoverage(calendar: SessionCalendar, day: AskedDay, evidence: MinuteEvidence): DayCoverage {
  const known = within(evidence, day);
  const counts = { expected: 0, present: 0, untraded: 0, quiet: 0, missing: 0, unwatched: 0, partial: 0 };
  const missingSpans: MissingSpan[] = [];
  for (const minute of minutesOf(calendar, day)) {
    counts.expected += 1;
    const gap = known.gaps.find((one) => touches(one, minute));
    if (evidence.present.has(minute)) {
      counts.present += 1;
      if (gap !== undefined) counts.partial += 1;
    } else if (!evidence.traded.has(minute) && isUntraded(evidence, known.contiguous, minute)) {
      counts.untraded += 1;
    } else if (gap !== undefined || evidence.traded.has(minute)) {
      counts.missing += 1;
      addMissing(missingSpans, minute, gap ?? TOLD);
    } else if (isIn(known.watched, minute)) counts.quiet += 1;
    else counts.unwatched += 1;
  }
  const outside = [...new Set([...evidence.present, ...evidence.traded])]
    .filter((minute) => minute >= day.from && minute < day.to && calendar.sessionAt(minute) === undefined)
    .sort((a, b) => a - b);
  return { date: day.date, ...counts, missingSpans, outside };
}

/**
 * The part of the minutes asked for that is there or known to have had no trade, 0 to 1; of minutes in which it was not
 * subscribed none is asked for. Undefined where nothing is expected.
 */
export function completeness(
  day: Pick<DayCoverage, 'expected' | 'missing' | 'unwatched'>,
): number | undefined {
  const asked = day.expected - day.unwatched;
  return asked === 0 ? undefined : (asked - day.missing) / asked;
}

const TOLD = { cause: 'venue', state: 'open', reason: 'the venue has a candle of it' } as const;

function isUntraded({ untraded }: MinuteEvidence, contiguous: readonly TimeSpan[], minute: number): boolean {
  return untraded.has(minute) || isIn(contiguous, minute);
}

function* minutesOf(calendar: SessionCalendar, day: AskedDay): Generator<number> {
  for (const { openMicros, closeMicros } of calendar.sessionsBetween(day.from, day.to)) {
    const first = Math.ceil(Math.max(openMicros, day.from) / MINUTE_MICROS) * MINUTE_MICROS;
    const end = Math.min(closeMicros, day.to);
    for (let minute = first; minute < end; minute += MINUTE_MICROS) yield minute;
  }
}

/** Only what can say something of the day. */
function within({ contiguous, watched, gaps }: MinuteEvidence, { from, to }: TimeSpan) {
  const overlaps = (span: TimeSpan): boolean => span.from < to && span.to > from;
  return {
    contiguous: contiguous.filter(overlaps),
    watched: watched.filter(overlaps),
    gaps: gaps.filter((gap) => gap.fromMicros < to && (gap.toMicros < 0 || gap.toMicros >= from)),
  };
}

function touches({ fromMicros, toMicros }: UnfilledGap, minute: number): boolean {
  return fromMicros < minute + MINUTE_MICROS && (toMicros < 0 || toMicros >= minute);
}

/** Whether the whole minute lies in one of the spans. */
function isIn(spans: readonly TimeSpan[], minute: number): boolean {
  return spans.some(({ from, to }) => from <= minute && to >= minute + MINUTE_MICROS);
}

function addMissing(
  spans: MissingSpan[],
  minute: number,
  { cause, state, reason }: Pick<MissingSpan, 'cause' | 'state' | 'reason'>,
): void {
  const last = spans.at(-1);
  const to = minute + MINUTE_MICROS;
  if (last?.to === minute && last.cause === cause && last.state === state)
    spans[spans.length - 1] = { ...last, to };
  else spans.push({ from: minute, to, cause, state, ...(reason === undefined ? {} : { reason }) });
}
