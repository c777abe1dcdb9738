import type { CandleColumns } from '../candle/candle-columns.ts';
import { CandleSource, candleColumns } from '../candle/candle-columns.ts';
import type { IsComplete } from '../candle/candle-extract.ts';
import type { ClosedBefore } from '../candle/closed-before.ts';
import { closedBeforeOf } from '../candle/closed-before.ts';
import type { InstrumentTable } from '../instrument.ts';
import type { Bucket, Interval } from '../session/interval.ts';
import { intervalMicros } from '../session/interval.ts';
import type { Calendars, SessionCalendar } from '../session/session-calendar.ts';

export interface FillFlatOptions {
  /** The rows' interval. */
  readonly interval: Interval;
  readonly instruments: InstrumentTable;
  readonly calendars: Calendars;
  /** Candles are filled in that open before this, microseconds. */
  readonly toMicros: number;
  readonly closedBefore: ClosedBefore;
  /** Whether no gap overlaps an untraded bucket: only then is it known that nothing traded. */
  readonly isComplete: IsComplete;
}

/** A row of the result: row `from` of the source, or, with a bucket, a flat candle at its close. */
interface Planned {
  readonly from: number;
  readonly bucket?: Bucket;
}

/**
 * Candles with a flat one (open = high = low = close = the close before, no volume, no trade, version 0) for every bucket
 * within sessions in which nothing traded, from each instrument's first row on. Rows are ordered as for `rollUp`.
 * Only buckets that have closed are filled: one that runs may still trade.
 */
export function fillFlat(rows: CandleColumns, options: FillFlatOptions): CandleColumns {
  const plan: Planned[] = [];
  for (let start = 0; start < rows.count;) {
    let end = start + 1;
    while (end < rows.count && rows.instrument[end] === rows.instrument[start]) end += 1;
    planInstrument(plan, rows, { start, end }, options);
    start = end;
  }
  const result = candleColumns(plan.length);
  for (const planned of plan) append(result, rows, planned, options.isComplete);
  return result;
}

function planInstrument(
  plan: Planned[],
  rows: CandleColumns,
  range: { start: number; end: number },
  options: FillFlatOptions,
): void {
  const number = rows.instrument[range.start];
  const { instruments, closedBefore } = options;
  const calendar = options.calendars(instruments.at(number).calendar);
  const closedMicros = closedBeforeOf(closedBefore, instruments, number);
  let row = range.start;
  for (const bucket of buckets(calendar, rows.openTime[row], options)) {
    while (row < range.end && rows.openTime[row] < bucket.openMicros) plan.push({ from: row++ });
    if (row < range.end && rows.openTime[row] === bucket.openMicros) plan.push({ from: row++ });
    else if (bucket.closeMicros <= closedMicros) plan.push({ from: row - 1, bucket });
  }
  while (row < range.end) plan.push({ from: row++ });
}

/** The sessions' buckets that open within [fromMicros, toMicros), in order. */
function* buckets(
  calendar: SessionCalendar,
  fromMicros: number,
  { interval, toMicros }: FillFlatOptions,
): Generator<Bucket> {
  const length = intervalMicros(interval);
  for (const session of calendar.sessionsBetween(fromMicros, toMicros)) {
    for (let open = session.openMicros; open < session.closeMicros && open < toMicros; open += length) {
      if (open < fromMicros) continue;
      yield { openMicros: open, closeMicros: Math.min(open + length, session.closeMicros) };
    }
  }
}

function append(result: CandleColumns, rows: CandleColumns, planned: Planned, isComplete: IsComplete): void {
  const { from, bucket } = planned;
  const to = result.count++;
  const number = rows.instrument[from];
  result.instrument[to] = number;
  result.openTime[to] = bucket?.openMicros ?? rows.openTime[from];
  result.open[to] = bucket === undefined ? rows.open[from] : rows.close[from];
  result.high[to] = bucket === undefined ? rows.high[from] : rows.close[from];
  result.low[to] = bucket === undefined ? rows.low[from] : rows.close[from];
  result.close[to] = rows.close[from];
  result.source[to] = CandleSource.ticks;
  if (bucket !== undefined) {
    result.isClosed[to] = 1;
    result.isComplete[to] = isComplete(number, bucket.openMicros, bucket.closeMicros) ? 1 : 0;
    return;
  }
  result.volume[to] = rows.volume[from];
  result.tradeCount[to] = rows.tradeCount[from];
  result.isClosed[to] = rows.isClosed[from];
  result.isComplete[to] = rows.isComplete[from];
  result.revision[to] = rows.revision[from];
  result.version[to] = rows.version[from];
  result.source[to] = rows.source[from];
}
