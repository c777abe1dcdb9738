// What the tests of the candle side share: instruments and candles made of their numbers. Not exported by the package.
import { InstrumentTable, candleColumns, instrumentKey, splitKey } from '@tickwright/market';
import type { CandleColumns } from '@tickwright/market';
import type { Log } from '@tickwright/runtime';

export const MINUTE = 60_000_000;

const ignore = (): void => {
  // Tests look at results, not at the log.
};
export const quietLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export function tableOf(keys: readonly string[], calendar = 'always'): InstrumentTable {
  const table = new InstrumentTable();
  for (const text of keys) {
    const key = instrumentKey(text);
    const { id } = splitKey(key);
    table.add({ key, ...splitKey(key), venueSymbol: id, priceDecimals: 2, quantityDecimals: 3, calendar });
  }
  return table;
}

/** A candle by its columns; what is left out is a plain closed, complete candle of the first instrument. */
export type CandleRow = { readonly openTime: number } & {
  readonly [Name in Exclude<keyof CandleColumns, 'count' | 'openTime'>]?: number;
};

const PLAIN = {
  instrument: 0,
  open: 100,
  high: 102,
  low: 99,
  close: 101,
  volume: 1.5,
  tradeCount: 3,
  isClosed: 1,
  isComplete: 1,
  revision: 0,
  version: 10,
  source: 0,
};

export function candles(rows: readonly CandleRow[]): CandleColumns {
  const columns = candleColumns(rows.length);
  columns.count = rows.length;
  rows.forEach((row, at) => {
    for (const [name, value] of Object.entries({ ...PLAIN, ...row })) {
      columns[name as Exclude<keyof CandleColumns, 'count'>][at] = value;
    }
  });
  return columns;
}

/** Candle columns as objects, for comparing. */
export function rowsOf(columns: CandleColumns): Record<string, number>[] {
  const { count, ...arrays } = columns;
  return Array.from({ length: count }, (_, at) =>
    Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, values[at]])),
  );
}
