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

/** Some rows, in the order given. */
export function takeRows(from: CandleColumns, rows: readonly number[]): CandleColumns {
  const to = candleColumns(rows.length);
  to.count = rows.length;
  for (const name of COLUMN_NAMES) {
    for (let at = 0; at < rows.length; at++) to[name][at] = from[name][rows[at]];
  }
  return to;
}
