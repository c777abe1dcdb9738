import { candleColumns } from '@tickwright/market';
import type { CandleColumns } from '@tickwright/market';

/** Joins slices that follow each other in time; each instrument's rows stand together, in order of time. */
export function joinCandles(slices: readonly CandleColumns[]): CandleColumns {
  if (slices.length === 1) return slices[0];
  const total = slices.reduce((sum, slice) => sum + slice.count, 0);
  const joined = candleColumns(total);
  const starts = new Map<number, number>();
  for (const slice of slices) {
    for (let i = 0; i < slice.count; i++) {
      starts.set(slice.instrument[i], (starts.get(slice.instrument[i]) ?? 0) + 1);
    }
  }
  let at = 0;
  for (const [instrument, count] of starts) {
    starts.set(instrument, at);
    at += count;
  }
  for (const slice of slices) {
    for (let i = 0; i < slice.count; i++) {
      const to = starts.get(slice.instrument[i]) ?? 0;
      starts.set(slice.instrument[i], to + 1);
      copyRow({ from: slice, row: i, to: joined, at: to });
    }
  }
  joined.count = total;
  return joined;
}

const COLUMN_NAMES = [
  'instrument',
  'openTime',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'tradeCount',
  'isClosed',
  'isComplete',
  'revision',
  'version',
  'source',
] as const satisfies readonly Exclude<keyof CandleColumns, 'count'>[];

function copyRow(copy: { from: CandleColumns; row: number; to: CandleColumns; at: number }): void {
  for (const name of COLUMN_NAMES) copy.to[name][copy.at] = copy.from[name][copy.row];
}

/** Rows that stand together; `end` is not one of them. */
export interface RowRange {
  readonly begin: number;
  readonly end: number;
}

/** Some rows, in the order given. All rows in their order are the columns themselves. */
export function takeRows(from: CandleColumns, ranges: readonly RowRange[]): CandleColumns {
  const [first] = ranges;
  if (ranges.length === 1 && first?.begin === 0 && first.end === from.count) return from;
  const to = candleColumns(ranges.reduce((sum, { begin, end }) => sum + end - begin, 0));
  for (const { begin, end } of ranges) {
    for (const name of COLUMN_NAMES) to[name].set(from[name].subarray(begin, end), to.count);
    to.count += end - begin;
  }
  return to;
}
