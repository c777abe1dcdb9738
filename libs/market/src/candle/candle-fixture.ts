// What the candle tests share: ticks as plain rows, and candles as plain rows again.
import type { CandleBuilder } from './candle-builder.ts';
import type { CandleColumns } from './candle-columns.ts';
import { candleColumns } from './candle-columns.ts';
import { InstrumentTable, instrumentKey, splitKey } from '../instrument.ts';
import { IdSpace, TickBatch, TickKind } from '../tick/tick-batch.ts';

export interface TickRow {
  readonly instrument: number;
  readonly eventTime: number;
  readonly price: number;
  readonly volume: number;
  readonly offset: number;
  readonly index?: number;
  readonly tradeId?: number;
  readonly kind?: number;
}

export interface CandleRow {
  readonly instrument: number;
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly tradeCount: number;
  readonly isClosed: number;
  readonly isComplete: number;
  readonly revision: number;
  readonly version: number;
  readonly source: number;
}

/** 2024-01-02T03:40Z, a Tuesday: five minutes before the NSE opens. */
export const START = Date.UTC(2024, 0, 2, 3, 40) * 1000;
export const MINUTE = 60_000_000;
export const HOUR = 60 * MINUTE;
export const SECOND = 1_000_000;

/** Two instruments that trade around the clock, in reverse order of their keys, and one of the NSE. */
export function threeInstruments(): InstrumentTable {
  const table = new InstrumentTable();
  const add = (text: string, quantityDecimals: number, calendar: string): number => {
    const key = instrumentKey(text);
    const { segment, id } = splitKey(key);
    return table.add({ key, segment, id, venueSymbol: id, priceDecimals: 2, quantityDecimals, calendar });
  };
  add('BINANCE|ETHUSDT', 8, 'always');
  add('BINANCE|BTCUSDT', 5, 'always');
  add('NSE_EQ|INE155A01022', 0, 'nse');
  return table;
}

export function batchOf(rows: readonly TickRow[]): TickBatch {
  const batch = new TickBatch(Math.max(1, rows.length));
  for (const [at, row] of rows.entries()) {
    batch.instrument[at] = row.instrument;
    batch.eventTime[at] = batch.receiveTime[at] = row.eventTime;
    batch.price[at] = row.price;
    batch.quantity[at] = batch.volume[at] = row.volume;
    batch.kind[at] = row.kind ?? TickKind.trade;
    batch.tradeId[at] = row.tradeId ?? -1;
    batch.idSpace[at] = row.tradeId === undefined ? IdSpace.none : IdSpace.trade;
    batch.cumulativeVolume[at] = -1;
    batch.offset[at] = row.offset;
    batch.index[at] = row.index ?? 0;
  }
  batch.count = rows.length;
  return batch;
}

export function candleRows(columns: CandleColumns): CandleRow[] {
  return Array.from({ length: columns.count }, (_, at) => ({
    instrument: columns.instrument[at],
    openTime: columns.openTime[at],
    open: columns.open[at],
    high: columns.high[at],
    low: columns.low[at],
    close: columns.close[at],
    volume: columns.volume[at],
    tradeCount: columns.tradeCount[at],
    isClosed: columns.isClosed[at],
    isComplete: columns.isComplete[at],
    revision: columns.revision[at],
    version: columns.version[at],
    source: columns.source[at],
  }));
}

export function columnsOf(rows: readonly CandleRow[]): CandleColumns {
  const columns = candleColumns(rows.length);
  const names = Object.keys(columns).filter((name) => name !== 'count') as (keyof CandleRow)[];
  for (const [at, row] of rows.entries()) for (const name of names) columns[name][at] = row[name];
  columns.count = rows.length;
  return columns;
}

/** All candles in memory: segments and instruments by name, then by time. */
export function allRows(builder: CandleBuilder, table: InstrumentTable): CandleRow[] {
  const segments = [...new Set(table.list().map(({ segment }) => segment))].sort();
  const rows = segments.flatMap((segment) =>
    builder.hoursInMemory(segment).flatMap((hour) => candleRows(builder.hourRows(segment, hour, () => true))),
  );
  const key = (row: CandleRow): string => table.at(row.instrument).key;
  return rows.sort((a, b) => (key(a) === key(b) ? a.openTime - b.openTime : key(a) < key(b) ? -1 : 1));
}
