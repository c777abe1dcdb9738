import { CandleSource, MINUTE_MICROS } from '@tickwright/market';
import type { Calendars, CandleColumns, Instrument, InstrumentTable } from '@tickwright/market';
import { isoTime } from './problem-list.ts';
import type { ProblemKind, ProblemList, VerificationProblem } from './problem-list.ts';
import type { MinuteRows } from './verification.ts';

const MINUTES_AN_HOUR = 60;

/** What must be equal, to the last bit. */
const COMPARED = ['open', 'high', 'low', 'close', 'volume', 'tradeCount'] as const;

export interface HourComparison {
  /** Start of the hour, microseconds UTC. */
  readonly hour: number;
  /** Candles computed from the stored ticks. */
  readonly computed: MinuteRows;
  readonly published: CandleColumns;
  /** The venue's own candles, as stored. */
  readonly venue?: MinuteRows;
  readonly instruments: InstrumentTable;
  readonly calendars: Calendars;
  /** Whether the ticks of a candle are still kept; others are not judged. */
  readonly isKept: (instrument: number, openTime: number) => boolean;
  readonly found: ProblemList;
}

/**
 * Compares one hour. Published rows of source ticks against the ticks; those of source venue against the venue's, when
 * these are given. Ticks outside the session make no candle.
 */
export function compareHour(options: HourComparison): void {
  const comparison = { ...options, sessions: new SessionMinutes(options.calendars) };
  const { computed, published, venue } = comparison;
  const fromTicks = indexOf(comparison, computed);
  const fromVenue = venue && indexOf(comparison, venue);
  const isPublished = new Uint8Array(comparison.instruments.size * MINUTES_AN_HOUR);
  for (let row = 0; row < published.count; row++) {
    const slot = slotOf(comparison.hour, published, row);
    isPublished[slot] = 1;
    if (!comparison.isKept(published.instrument[row], published.openTime[row])) continue;
    if (published.source[row] === CandleSource.ticks) {
      compareRow(comparison, { row, rows: computed, other: fromTicks[slot], kinds: TICK_KINDS });
    } else if (venue !== undefined && fromVenue !== undefined) {
      compareRow(comparison, { row, rows: venue, other: fromVenue[slot], kinds: VENUE_KINDS });
    }
  }
  for (let row = 0; row < computed.count; row++) {
    const isExpected = comparison.isKept(computed.instrument[row], computed.openTime[row]);
    if (isExpected && isPublished[slotOf(comparison.hour, computed, row)] === 0)
      reportMissing(comparison, row);
  }
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

function reportMissing(comparison: Comparison, row: number): void {
  const { computed, instruments, found } = comparison;
  const instrument = instruments.at(computed.instrument[row]);
  const openTime = computed.openTime[row];
  if (!comparison.sessions.has(instrument, openTime)) return;
  found.add('candle missing', () => ({
    ...whereAndWhat(instrument, openTime, { expected: described(computed, row), found: 'no candle' }),
    message: `${instrument.key} has ticks at ${isoTime(openTime)} and no published candle`,
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
