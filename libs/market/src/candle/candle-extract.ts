import type { ChangedRow } from './candle-changes.ts';
import type { CandleColumns } from './candle-columns.ts';
import { CandleSource, candleColumns } from './candle-columns.ts';
import type { Hour, Page } from './candle-memory.ts';
import { openTimeOf } from './candle-memory.ts';
import { Part, ROW_SIZE, writeRow } from './candle-row.ts';
import type { InstrumentTable } from '../instrument.ts';
import { MINUTE_MICROS } from '../session/interval.ts';

/** Whether no gap overlaps a candle of an instrument number. */
export type IsComplete = (instrument: number, openTime: number, closeTime: number) => boolean;

/** An hour's candles, sorted by instrument key (string order) and open time. */
export function hourCandles(hour: Hour, instruments: InstrumentTable, isComplete: IsComplete): CandleColumns {
  const keyed = [...hour.pages.values()].map((page) => ({ page, key: instruments.at(page.instrument).key }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  const columns = candleColumns(keyed.reduce((sum, { page }) => sum + candlesIn(page), 0));
  for (const { page } of keyed) {
    const { quantityDecimals } = instruments.at(page.instrument);
    for (let at = 0; at < page.rows.length; at += ROW_SIZE) {
      if (page.rows[at + Part.state] !== 0) append(columns, { page, at }, quantityDecimals, isComplete);
    }
  }
  return columns;
}

/** Candles as they are now, in the order given. */
export function candlesAt(
  rows: readonly ChangedRow[],
  instruments: InstrumentTable,
  isComplete: IsComplete,
): CandleColumns {
  const columns = candleColumns(rows.length);
  for (const row of rows)
    append(columns, row, instruments.at(row.page.instrument).quantityDecimals, isComplete);
  return columns;
}

function append(
  columns: CandleColumns,
  { page, at }: ChangedRow,
  quantityDecimals: number,
  isComplete: IsComplete,
): void {
  const to = columns.count++;
  const openTime = openTimeOf(page, at);
  writeRow(columns, to, page.rows, at, quantityDecimals);
  columns.instrument[to] = page.instrument;
  columns.openTime[to] = openTime;
  columns.isComplete[to] = isComplete(page.instrument, openTime, openTime + MINUTE_MICROS) ? 1 : 0;
  columns.source[to] = CandleSource.ticks;
}

function candlesIn(page: Page): number {
  let count = 0;
  for (let at = 0; at < page.rows.length; at += ROW_SIZE) if (page.rows[at + Part.state] !== 0) count += 1;
  return count;
}
