import { MINUTE_MICROS, fillFlat, rollUp } from '@tickwright/market';
import type {
  Calendars,
  CandleColumns,
  ClosedBefore,
  InstrumentTable,
  Interval,
  IsComplete,
} from '@tickwright/market';
import { takeRows } from './candle-join.ts';
import type { KnownGap } from '../verification/problem-list.ts';

export interface Shaping {
  readonly interval: Interval;
  readonly instruments: InstrumentTable;
  readonly calendars: Calendars;
  readonly isComplete: IsComplete;
  /** Candles that close at or before it are closed, whatever the rows say of later ones. */
  readonly closedMicros: number;
  /** Fills flat candles in up to here; undefined to leave untraded buckets out. */
  readonly fillToMicros: number | undefined;
}

/** Stored 1m candles of one segment, rolled up and filled as asked for. */
export function shaped(minutes: CandleColumns, shaping: Shaping): CandleColumns {
  const { interval, instruments, calendars, isComplete, fillToMicros } = shaping;
  const closedBefore: ClosedBefore = Math.max(shaping.closedMicros, newestClose(minutes));
  const rows =
    interval === '1m'
      ? minutes
      : rollUp(minutes, { interval, instruments, calendars, closedBefore, isComplete });
  if (fillToMicros === undefined) return rows;
  // Beyond what has closed nothing is filled, so an open end needs no more sessions than these.
  const toMicros = Math.min(fillToMicros, closedBefore);
  return fillFlat(rows, { interval, instruments, calendars, toMicros, closedBefore, isComplete });
}

/** A minute that has closed shows that its segment's time has come so far. */
function newestClose(minutes: CandleColumns): number {
  let newest = 0;
  for (let row = 0; row < minutes.count; row++) {
    if (minutes.isClosed[row] === 1) newest = Math.max(newest, minutes.openTime[row] + MINUTE_MICROS);
  }
  return newest;
}

/** Whether no gap overlaps a span of an instrument. */
export function completeness(gaps: readonly KnownGap[], instruments: InstrumentTable): IsComplete {
  const byNumber = new Map<number, KnownGap[]>();
  for (const gap of gaps) {
    const number = instruments.indexOf(gap.instrument);
    if (number >= 0) byNumber.set(number, [...(byNumber.get(number) ?? []), gap]);
  }
  return (number, from, to) =>
    !(byNumber.get(number) ?? []).some((gap) => gap.from < to && (gap.to ?? Infinity) > from);
}

export interface Tail {
  /** How many of each instrument, the newest. */
  readonly count: number;
  /** Candles that open before this may lack a part and are left out. */
  readonly wholeFrom: number;
  readonly includeForming: boolean;
  readonly instruments: InstrumentTable;
}

/** The newest candles of each instrument, and whether each has as many as were asked for. */
export function newestRows(rows: CandleColumns, tail: Tail): { rows: CandleColumns; isEnough: boolean } {
  const found = new Map<number, number>();
  const kept: { begin: number; end: number }[] = [];
  let instrument = -1;
  let count = 0;
  for (let row = rows.count - 1; row >= 0; row--) {
    if (rows.openTime[row] < tail.wholeFrom) continue;
    if (!tail.includeForming && rows.isClosed[row] === 0) continue;
    // An instrument's rows stand together: looked up once for each.
    if (rows.instrument[row] !== instrument) count = found.get((instrument = rows.instrument[row])) ?? 0;
    if (count >= tail.count) continue;
    found.set(instrument, (count += 1));
    const last = kept.at(-1);
    if (last?.begin === row + 1) last.begin = row;
    else kept.push({ begin: row, end: row + 1 });
  }
  const isEnough =
    found.size === tail.instruments.size && [...found.values()].every((each) => each >= tail.count);
  return { rows: takeRows(rows, kept.toReversed()), isEnough };
}
