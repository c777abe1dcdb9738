// What the tests of the tick side share: instruments, batches made of plain rows, and files in a temporary folder. Not
// exported by the package.
import { IdSpace, InstrumentTable, TickBatch, TickKind, instrumentKey, splitKey } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { openTickFile } from './tick-file.ts';
import type { TickFile } from './tick-file.ts';

export const MINUTE = 60_000_000;
/** 2024-01-02T23:58Z, two minutes before a UTC date begins. */
export const START = Date.UTC(2024, 0, 2, 23, 58) * 1000;

const ignore = (): void => {
  // Tests look at results, not at the log.
};
export const quietLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export interface PlainTick {
  readonly offset: number;
  readonly index?: number;
  readonly instrument?: number;
  readonly eventTime?: number;
  readonly receiveTime?: number;
  readonly price?: number;
  readonly quantity?: number;
  readonly volume?: number;
  readonly side?: number;
  readonly kind?: number;
  readonly idSpace?: number;
  readonly tradeId?: number;
  readonly cumulativeVolume?: number;
}

export function newTable(keys: readonly string[] = ['SIM|ALPHA', 'BINANCE|BTCUSDT']): InstrumentTable {
  const table = new InstrumentTable();
  for (const text of keys) addInstrument(table, text);
  return table;
}

export function addInstrument(table: InstrumentTable, text: string, quantityDecimals = 8): number {
  const key = instrumentKey(text);
  const { segment, id } = splitKey(key);
  return table.add({
    key,
    segment,
    id,
    venueSymbol: id,
    priceDecimals: 2,
    quantityDecimals,
    calendar: 'always',
  });
}

export function batchOf(ticks: readonly PlainTick[]): TickBatch {
  const batch = new TickBatch(Math.max(1, ticks.length));
  ticks.forEach((tick, row) => {
    const eventTime = tick.eventTime ?? START + tick.offset * 1000;
    batch.instrument[row] = tick.instrument ?? 0;
    batch.eventTime[row] = eventTime;
    batch.receiveTime[row] = tick.receiveTime ?? eventTime + 1500;
    batch.price[row] = tick.price ?? 100 + tick.offset / 100;
    batch.quantity[row] = tick.quantity ?? tick.volume ?? 0.1;
    batch.volume[row] = tick.volume ?? 0.1;
    batch.side[row] = tick.side ?? 1;
    batch.kind[row] = tick.kind ?? TickKind.trade;
    batch.idSpace[row] = tick.idSpace ?? IdSpace.trade;
    batch.tradeId[row] = tick.tradeId ?? tick.offset;
    batch.cumulativeVolume[row] = tick.cumulativeVolume ?? -1;
    batch.offset[row] = tick.offset;
    batch.index[row] = tick.index ?? 0;
  });
  batch.count = ticks.length;
  return batch;
}

/** Frame n has n % 3 ticks, so that what must be stored up to an offset can be told from the offset alone. */
export function ticksOf(from: number, to: number): PlainTick[] {
  return Array.from({ length: to - from }, (_, i) => from + i).flatMap((offset) =>
    Array.from({ length: offset % 3 }, (_, index) => ({ offset, index, instrument: index, tradeId: offset })),
  );
}

/** One tick a frame, for frames [from, to). */
export function frames(from: number, to: number, of: Omit<PlainTick, 'offset'> = {}): TickBatch {
  return batchOf(Array.from({ length: to - from }, (_, i) => ({ ...of, offset: from + i })));
}

export function open(dataDir: string, instruments: InstrumentTable = newTable()): Promise<TickFile> {
  return openTickFile({ dataDir, instruments, log: quietLog, clock: systemClock });
}

/** All ticks of a file as rows of numbers, by offset and index. */
export async function storedTicks(file: TickFile, from = 0): Promise<Record<string, number>[]> {
  const rows: Record<string, number>[] = [];
  for await (const batch of file.ticksFrom(from)) rows.push(...rowsOf(batch));
  return rows;
}

export function rowsOf(batch: TickBatch): Record<string, number>[] {
  const columns = Object.entries(batch).filter(([, values]) => ArrayBuffer.isView(values));
  return Array.from({ length: batch.count }, (_, row) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[row]])),
  );
}
