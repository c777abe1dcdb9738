import { sumOf } from './exact-sum.ts';
import type { CandleColumns } from './candle-columns.ts';
import type { CandleStateColumns } from './candle-state.ts';

/**
 * Where the parts of a candle stand in its row of float64s. Rows, not columns: a tick touches most parts of one candle,
 * which lie in three cache lines this way and in eighteen the other (`scripts/bench/candles.ts`).
 */
export const Part = {
  /** 0: no candle here; else a `CandleState`. */
  state: 0,
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volumeLow: 5,
  volumeHigh: 6,
  tradeCount: 7,
  version: 8,
  revision: 9,
  firstTime: 10,
  firstId: 11,
  firstOffset: 12,
  firstIndex: 13,
  lastTime: 14,
  lastId: 15,
  lastOffset: 16,
  lastIndex: 17,
  /** In which epoch of changes it was last marked as changed. */
  mark: 18,
  /** In which list of changed candles it stands. */
  listed: 19,
} as const;
export const ROW_SIZE = 20;

export const CandleState = { forming: 1, closed: 2 } as const;

/** Starts an empty candle that any tick will fill. A late candle's first tick brings its revision to 0. */
export function startRow(rows: Float64Array, at: number, isClosed: boolean): void {
  rows[at + Part.state] = isClosed ? CandleState.closed : CandleState.forming;
  rows[at + Part.revision] = isClosed ? -1 : 0;
  rows[at + Part.high] = -Infinity;
  rows[at + Part.low] = Infinity;
  rows[at + Part.firstTime] = Infinity;
  rows[at + Part.lastTime] = -Infinity;
}

/** Puts row `from` of loaded states at `at`. The state of closing is the caller's. */
export function loadRow(rows: Float64Array, at: number, states: CandleStateColumns, from: number): void {
  rows[at + Part.open] = states.open[from];
  rows[at + Part.high] = states.high[from];
  rows[at + Part.low] = states.low[from];
  rows[at + Part.close] = states.close[from];
  rows[at + Part.volumeLow] = states.volumeLow[from];
  rows[at + Part.volumeHigh] = states.volumeHigh[from];
  rows[at + Part.tradeCount] = states.tradeCount[from];
  rows[at + Part.version] = states.version[from];
  rows[at + Part.revision] = states.revision[from];
  rows[at + Part.firstTime] = states.firstEventTime[from];
  rows[at + Part.firstId] = states.firstTradeId[from];
  rows[at + Part.firstOffset] = states.firstOffset[from];
  rows[at + Part.firstIndex] = states.firstIndex[from];
  rows[at + Part.lastTime] = states.lastEventTime[from];
  rows[at + Part.lastId] = states.lastTradeId[from];
  rows[at + Part.lastOffset] = states.lastOffset[from];
  rows[at + Part.lastIndex] = states.lastIndex[from];
}

/** Writes what the row at `at` holds to row `to` of columns. */
export function writeRow(
  columns: CandleColumns,
  to: number,
  rows: Float64Array,
  at: number,
  quantityDecimals: number,
): void {
  columns.open[to] = rows[at + Part.open];
  columns.high[to] = rows[at + Part.high];
  columns.low[to] = rows[at + Part.low];
  columns.close[to] = rows[at + Part.close];
  columns.volume[to] = sumOf(rows[at + Part.volumeLow], rows[at + Part.volumeHigh], quantityDecimals);
  columns.tradeCount[to] = rows[at + Part.tradeCount];
  columns.isClosed[to] = rows[at + Part.state] === CandleState.closed ? 1 : 0;
  columns.revision[to] = rows[at + Part.revision];
  columns.version[to] = rows[at + Part.version];
}
