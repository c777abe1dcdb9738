// What the decoder tests share: a table of instruments, ticks as plain rows, and trades as Binance words them.
import { instrumentKey, InstrumentTable, TickBatch } from '@tickwright/market';
import { BinanceDecoder } from './binance/decode.ts';
import { binanceInstrument } from './binance/instruments.ts';
import type { Decoded, Decoder, DecoderOptions } from './decoder.ts';

export const VENUE = { name: 'binance', segment: 'BINANCE' };

export function tableOf(...ids: string[]): InstrumentTable {
  const table = new InstrumentTable();
  for (const id of ids) table.add(binanceInstrument(instrumentKey(`BINANCE|${id}`), VENUE));
  return table;
}

export function decoderOf(table: InstrumentTable, options?: DecoderOptions): BinanceDecoder {
  return new BinanceDecoder(table, VENUE.segment, options);
}

export interface Row {
  readonly instrument: number;
  readonly eventTime: number;
  readonly receiveTime: number;
  readonly price: number;
  readonly quantity: number;
  readonly volume: number;
  readonly side: number;
  readonly kind: number;
  readonly idSpace: number;
  readonly tradeId: number;
  readonly cumulativeVolume: number;
  readonly offset: number;
  readonly index: number;
}

export function rowsOf(batch: TickBatch): Row[] {
  return Array.from({ length: batch.count }, (_, row) => ({
    instrument: batch.instrument[row],
    eventTime: batch.eventTime[row],
    receiveTime: batch.receiveTime[row],
    price: batch.price[row],
    quantity: batch.quantity[row],
    volume: batch.volume[row],
    side: batch.side[row],
    kind: batch.kind[row],
    idSpace: batch.idSpace[row],
    tradeId: batch.tradeId[row],
    cumulativeVolume: batch.cumulativeVolume[row],
    offset: batch.offset[row],
    index: batch.index[row],
  }));
}

const batch = new TickBatch(4096);

/** Decodes one frame on its own; receive time 7, offset 3. */
export function decodeOne(decoder: Decoder, frame: string | Buffer): { what: Decoded; ticks: Row[] } {
  batch.clear();
  const bytes = typeof frame === 'string' ? Buffer.from(frame) : frame;
  const what = decoder.decode(bytes, 7, 3, batch);
  return { what, ticks: rowsOf(batch) };
}

export function decodeAnswer(decoder: Decoder, path: string, body: unknown): { what: Decoded; ticks: Row[] } {
  batch.clear();
  const bytes = Buffer.from(`${path}\n${typeof body === 'string' ? body : JSON.stringify(body)}`);
  const what = decoder.decodeAnswer(bytes, 7, 3, batch);
  return { what, ticks: rowsOf(batch) };
}

export const TRADE = {
  e: 'trade',
  E: 1723161255343,
  s: 'BTCUSDT',
  t: 3735683259,
  p: '61837.63000000',
  q: '0.02000000',
  T: 1723161255342,
  m: true,
  M: true,
};

export const AGG_TRADE = {
  e: 'aggTrade',
  E: 1633998523963,
  s: 'BTCUSDT',
  a: 15683430,
  p: '0.35280000',
  q: '58.00000000',
  f: 19862790,
  l: 19862790,
  T: 1633998523963,
  m: false,
  M: true,
};

export function combined(data: object): string {
  return JSON.stringify({ stream: 'btcusdt@trade', data });
}
