// Candles by lists, sorting and BigInt, from the journal's frames read as JSON: what tests compare the real ones with.
import { join } from 'node:path';
import { FrameKind, HOUR_MICROS, MINUTE_MICROS, sumOf } from '@tickwright/market';
import { readJournal } from '@tickwright/journal';
import type { Core } from '../core.ts';
import type { Trade } from '../core-fixture.ts';

export interface PlainCandle {
  readonly instrument: string;
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly tradeCount: number;
}

/** The trades in a journal, each id of an instrument once, as it came first. */
export async function journaledTrades(dataDir: string): Promise<Trade[]> {
  const found = new Map<string, Trade>();
  for await (const block of readJournal({ directory: join(dataDir, 'journal') })) {
    for (let frame = 0; frame < block.count; frame += 1) {
      const kind = block.sources[block.source[frame]]?.kind;
      const text = block.bytes.subarray(block.start[frame], block.end[frame]).toString();
      for (const each of tradesIn(text, kind)) {
        const name = `${each.symbol} ${each.id}`;
        if (!found.has(name)) found.set(name, each);
      }
    }
  }
  return [...found.values()];
}

function tradesIn(text: string, kind: FrameKind | undefined): Trade[] {
  if (kind === FrameKind.message) {
    const { s, t, p, q, T } = JSON.parse(text).data;
    return [{ symbol: s, id: t, price: p, quantity: q, timeMicros: T * 1_000 }];
  }
  if (kind !== FrameKind.answer || !text.includes('/historicalTrades')) return [];
  const [path, body] = [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)];
  const symbol = path.slice(path.indexOf('symbol=') + 'symbol='.length);
  const rows: { id: number; price: string; qty: string; time: number }[] = JSON.parse(body);
  return rows.map(({ id, price, qty, time }) => ({
    symbol,
    id,
    price,
    quantity: qty,
    timeMicros: time * 1_000,
  }));
}

/** 1m candles of trades, sorted by instrument and time. */
export function plainCandles(trades: readonly Trade[]): PlainCandle[] {
  const minutes = new Map<string, Trade[]>();
  for (const each of trades) {
    const name = `BINANCE|${each.symbol} ${Math.floor(each.timeMicros / MINUTE_MICROS)}`;
    minutes.set(name, [...(minutes.get(name) ?? []), each]);
  }
  const candles = [...minutes.entries()].map(([name, members]) => {
    const [instrument = '', minute] = name.split(' ');
    const inOrder = members.toSorted((a, b) => a.timeMicros - b.timeMicros || a.id - b.id);
    const prices = inOrder.map(({ price }) => Number(price));
    return {
      instrument,
      openTime: Number(minute) * MINUTE_MICROS,
      open: prices[0] ?? NaN,
      high: Math.max(...prices),
      low: Math.min(...prices),
      close: prices.at(-1) ?? NaN,
      volume: decimalSum(inOrder.map(({ quantity }) => quantity)),
      tradeCount: inOrder.length,
    };
  });
  return candles.toSorted(inKeyOrder);
}

/** Everything that is published, sorted. */
export async function publishedCandles(core: Core): Promise<PlainCandle[]> {
  return (await publishedRows(core)).map(
    ({ isClosed: _closed, isComplete: _complete, revision: _revision, source: _source, ...candle }) => candle,
  );
}

export interface PublishedRow extends PlainCandle {
  readonly isClosed: boolean;
  readonly isComplete: boolean;
  readonly revision: number;
  /** A `CandleSource`. */
  readonly source: number;
}

/** The same with what is not in the ticks. */
export async function publishedRows(core: Core): Promise<PublishedRow[]> {
  const rows: PublishedRow[] = [];
  for (const piece of await core.candleFiles.list()) {
    for (let hour = piece.from; hour < piece.to; hour += HOUR_MICROS) {
      const read = await core.candleFiles.read(piece.segment, hour);
      for (let row = 0; row < read.count; row += 1) {
        rows.push({
          ...candleAt(core, read, row),
          volume: read.volume[row],
          isClosed: read.isClosed[row] === 1,
          isComplete: read.isComplete[row] === 1,
          revision: read.revision[row],
          source: read.source[row],
        });
      }
    }
  }
  return rows.toSorted(inKeyOrder);
}

/** What SQL makes of the stored ticks, sorted. */
export async function candlesBySql(core: Core): Promise<PlainCandle[]> {
  const states = await core.tickFile.minutes({});
  const rows = Array.from({ length: states.count }, (_, row) => {
    const { quantityDecimals } = core.instruments.at(states.instrument[row]);
    const volume = sumOf(states.volumeLow[row], states.volumeHigh[row], quantityDecimals);
    return { ...candleAt(core, states, row), volume };
  });
  return rows.toSorted(inKeyOrder);
}

/** `BINANCE|BTCUSDT 17`, sorted; a tick that is stored twice is there twice. */
export async function storedIds(core: Core): Promise<string[]> {
  const ids: string[] = [];
  for (const { key } of core.instruments.list()) {
    for await (const rows of core.tickFile.readTicks({ instrument: key })) {
      ids.push(...rows.map(({ tradeId }) => `${key} ${tradeId}`));
    }
  }
  return ids.toSorted();
}

export function idsOf(trades: readonly Trade[]): string[] {
  return trades.map(({ symbol, id }) => `BINANCE|${symbol} ${id}`).toSorted();
}

type Prices = 'open' | 'high' | 'low' | 'close';
type Columns = Readonly<Record<Prices | 'openTime', Float64Array>> & {
  readonly instrument: Int32Array;
  readonly tradeCount: Int32Array;
};

function candleAt(core: Core, rows: Columns, row: number): Omit<PlainCandle, 'volume'> {
  return {
    instrument: core.instruments.at(rows.instrument[row]).key,
    openTime: rows.openTime[row],
    open: rows.open[row],
    high: rows.high[row],
    low: rows.low[row],
    close: rows.close[row],
    tradeCount: rows.tradeCount[row],
  };
}

function inKeyOrder(a: PlainCandle, b: PlainCandle): number {
  return a.instrument < b.instrument ? -1 : a.instrument > b.instrument ? 1 : a.openTime - b.openTime;
}

/** Sums decimals of at most eight places by their digits. */
function decimalSum(texts: readonly string[]): number {
  const units = texts.map((text) => {
    const [whole = '0', rest = ''] = text.split('.');
    return BigInt(`${whole}${rest.padEnd(8, '0')}`);
  });
  return Number(`${units.reduce((sum, unit) => sum + unit, 0n)}e-8`);
}
