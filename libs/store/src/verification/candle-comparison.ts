import { CandleSource, MINUTE_MICROS } from '@tickwright/market';
import type { Calendars, CandleColumns, Instrument, InstrumentTable, VenueMinutes } from '@tickwright/market';
import { isoTime } from './problem-list.ts';
import type { ProblemKind, ProblemList, VerificationProblem } from './problem-list.ts';
import type { MinuteRows, VenueReader } from './verification.ts';

const MINUTES_AN_HOUR = 60;

/** What must be equal, to the last bit. */
const COMPARED = ['open', 'high', 'low', 'close', 'volume', 'tradeCount'] as const;

export interface HourComparison {
  /** Start of the hour, microseconds UTC. */
  readonly hour: number;
  /** Candles computed from the stored ticks. */
  readonly computed: MinuteRows;
  readonly published: CandleColumns;
  /** The venue's own candles, as stored, and where they stand. */
  readonly venue?: { readonly rows: VenueMinutes; readonly stands: VenueReader['stands'] };
  readonly instruments: InstrumentTable;
  readonly calendars: Calendars;
  /** Whether the ticks of a candle are still kept; others are not judged. */
  readonly isKept: (instrument: number, openTime: number) => boolean;
  readonly found: ProblemList;
}

/**
 * Compares one hour. Published rows of source ticks against the ticks; those of source venue against the venue's, when
 * these are given, and then each candle's source too. Ticks outside the session make no candle.
 */
export function compareHour(options: HourComparison): void {
  const comparison = { ...options, sessions: new SessionMinutes(options.calendars) };
  const { computed, published, venue } = comparison;
  const fromTicks = indexOf(comparison, computed);
  const fromVenue = venue && indexOf(comparison, venue.rows);
  const isPublished = new Uint8Array(comparison.instruments.size * MINUTES_AN_HOUR);
  for (let row = 0; row < published.count; row++) {
    const slot = slotOf(comparison.hour, published, row);
    isPublished[slot] = 1;
    if (!comparison.isKept(published.instrument[row], published.openTime[row])) continue;
    const told = fromVenue === undefined ? -1 : fromVenue[slot];
    const isVenue = published.source[row] === CandleSource.venue;
    if (!isVenue) compareRow(comparison, { row, rows: computed, other: fromTicks[slot], kinds: TICK_KINDS });
    else if (venue !== undefined)
      compareRow(comparison, { row, rows: venue.rows, other: told, kinds: VENUE_KINDS });
    // A row of the venue of which there is no candle has been reported.
    if (told >= 0 && stands(comparison, told, { hasTicks: fromTicks[slot] >= 0 }) !== isVenue)
      reportSource(comparison, row);
  }
  for (let row = 0; row < computed.count; row++) {
    const isExpected = comparison.isKept(computed.instrument[row], computed.openTime[row]);
    if (isExpected && isPublished[slotOf(comparison.hour, computed, row)] === 0)
      reportMissing(comparison, { rows: computed, row, origin: 'ticks' });
  }
  for (let row = 0; row < (venue?.rows.count ?? 0); row++)
    reportMissingVenue(comparison, row, { isPublished, fromTicks });
}

/** Whether the venue's candle of a row stands; -1: there is none. */
function stands({ venue }: Comparison, row: number, { hasTicks }: { hasTicks: boolean }): boolean {
  if (venue === undefined || row < 0 || venue.rows.isTraded[row] === 0) return false;
  const { instrument, openTime } = venue.rows;
  return venue.stands({ instrument: instrument[row], openTime: openTime[row], hasTicks });
}

/** A minute without ticks in which the venue's candle should stand. */
function reportMissingVenue(
  comparison: Comparison,
  row: number,
  { isPublished, fromTicks }: { isPublished: Uint8Array; fromTicks: Int32Array },
): void {
  const rows = comparison.venue?.rows;
  if (rows === undefined || !comparison.isKept(rows.instrument[row], rows.openTime[row])) return;
  const slot = slotOf(comparison.hour, rows, row);
  if (isPublished[slot] === 1 || fromTicks[slot] >= 0 || !stands(comparison, row, { hasTicks: false }))
    return;
  reportMissing(comparison, { rows, row, origin: "the venue's candle" });
}

interface Comparison extends HourComparison {
  readonly sessions: SessionMinutes;
}

interface Kinds {
  readonly differs: ProblemKind;
  readonly without: ProblemKind;
  readonly origin: string;
}

const TICK_KINDS: Kinds = {
  differs: 'candle differs',
  without: 'candle without ticks',
  origin: 'the stored ticks',
};
const VENUE_KINDS: Kinds = {
  differs: 'venue candle differs',
  without: 'candle without venue candle',
  origin: "the venue's candle",
};

interface RowComparison {
  readonly row: number;
  readonly rows: MinuteRows;
  /** Row in `rows`, or -1. */
  readonly other: number;
  readonly kinds: Kinds;
}

function compareRow(comparison: Comparison, { row, rows, other, kinds }: RowComparison): void {
  const { published, found } = comparison;
  const instrument = comparison.instruments.at(published.instrument[row]);
  const openTime = published.openTime[row];
  if (other < 0 || !comparison.sessions.has(instrument, openTime)) {
    found.add(kinds.without, () => ({
      ...whereAndWhat(instrument, openTime, { expected: 'no candle', found: described(published, row) }),
      message: `${instrument.key} has a published candle at ${isoTime(openTime)} for which ${kinds.origin} give nothing`,
    }));
    return;
  }
  const differing = COMPARED.filter((name) => published[name][row] !== rows[name][other]);
  if (differing.length === 0) return;
  const parts = differing.map((name) => `${name} ${published[name][row]} instead of ${rows[name][other]}`);
  found.add(kinds.differs, () => ({
    ...whereAndWhat(instrument, openTime, {
      expected: described(rows, other),
      found: described(published, row),
    }),
    message: `${instrument.key} at ${isoTime(openTime)} differs from ${kinds.origin}: ${parts.join(', ')}`,
  }));
}

function reportSource(comparison: Comparison, row: number): void {
  const { published, instruments, found } = comparison;
  const instrument = instruments.at(published.instrument[row]);
  const openTime = published.openTime[row];
  const is = published.source[row] === CandleSource.venue ? "the venue's" : "the ticks'";
  const other = published.source[row] === CandleSource.venue ? 'ticks cover it' : 'ticks do not cover it';
  found.add('candle of the wrong source', () => ({
    ...whereAndWhat(instrument, openTime, { expected: other, found: is }),
    message: `${instrument.key} at ${isoTime(openTime)} is published as ${is} candle, but ${other}`,
  }));
}

function reportMissing(
  comparison: Comparison,
  { rows: computed, row, origin }: { rows: MinuteRows; row: number; origin: string },
): void {
  const { instruments, found } = comparison;
  const instrument = instruments.at(computed.instrument[row]);
  const openTime = computed.openTime[row];
  if (!comparison.sessions.has(instrument, openTime)) return;
  found.add('candle missing', () => ({
    ...whereAndWhat(instrument, openTime, { expected: described(computed, row), found: 'no candle' }),
    message: `${instrument.key} has ${origin} at ${isoTime(openTime)} and no published candle`,
  }));
}

/** Asked once for each minute of a calendar, not once for each candle. */
class SessionMinutes {
  readonly #calendars: Calendars;
  readonly #known = new Map<string, Map<number, boolean>>();

  constructor(calendars: Calendars) {
    this.#calendars = calendars;
  }

  has(instrument: Instrument, openTime: number): boolean {
    let minutes = this.#known.get(instrument.calendar);
    if (minutes === undefined) this.#known.set(instrument.calendar, (minutes = new Map()));
    let isOpen = minutes.get(openTime);
    if (isOpen === undefined) {
      isOpen = this.#calendars(instrument.calendar).sessionAt(openTime) !== undefined;
      minutes.set(openTime, isOpen);
    }
    return isOpen;
  }
}

/** The row of each (instrument, minute) of the hour, or -1. */
function indexOf(comparison: HourComparison, rows: MinuteRows): Int32Array {
  const index = new Int32Array(comparison.instruments.size * MINUTES_AN_HOUR).fill(-1);
  for (let row = 0; row < rows.count; row++) index[slotOf(comparison.hour, rows, row)] = row;
  return index;
}

function slotOf(hour: number, rows: MinuteRows, row: number): number {
  const minute = (rows.openTime[row] - hour) / MINUTE_MICROS;
  if (!Number.isInteger(minute) || minute < 0 || minute >= MINUTES_AN_HOUR) {
    throw new RangeError(`a candle at ${rows.openTime[row]} is not one of the hour that begins at ${hour}`);
  }
  return rows.instrument[row] * MINUTES_AN_HOUR + minute;
}

function whereAndWhat(
  instrument: Instrument,
  openTime: number,
  what: { expected: string; found: string },
): Omit<VerificationProblem, 'kind' | 'message'> {
  return { instrument: instrument.key, at: isoTime(openTime), ...what };
}

function described(rows: MinuteRows, row: number): string {
  return COMPARED.map((name) => `${name} ${rows[name][row]}`).join(' ');
}
