// What the Upstox tests share: frames encoded by protobufjs from plain objects, the recorded ones, rows compared.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { instrumentKey, InstrumentTable } from '@tickwright/market';
import protobuf from 'protobufjs';
import type { DecoderOptions } from '../decoder.ts';
import { SymbolIndex } from '../symbol-index.ts';
import { UpstoxDecoder } from './decode.ts';
import { FeedRows } from './feed-rows.ts';
import { UPSTOX_SEGMENTS, upstoxInstrument } from './instruments.ts';
import { parseFeed } from './parse.ts';
import { takeFeeds } from './parsed-rows.ts';
import { scanFeed } from './scan.ts';
import { FEED_SCHEMA } from './schema.ts';

export const KEYS = ['NSE_EQ|INE090A01021', 'NSE_EQ|INE467B01029', 'NSE_INDEX|Nifty 50', 'NSE_FO|46803'];

const response = protobuf.parse(FEED_SCHEMA, { keepCase: true }).root.lookupType('upstox.FeedResponse');

/** A frame from its documented form: enums by name, int64 as text or number. */
export function encoded(frame: object): Buffer {
  return Buffer.from(response.encode(response.fromObject(frame)).finish());
}

export function tableOf(...keys: string[]): InstrumentTable {
  const table = new InstrumentTable();
  for (const key of keys) table.add(upstoxInstrument(instrumentKey(key)));
  return table;
}

export function decoderOf(table: InstrumentTable, options?: DecoderOptions): UpstoxDecoder {
  return new UpstoxDecoder(table, options);
}

export interface Trade {
  readonly ltp?: number;
  readonly ltt?: number;
  readonly ltq?: number;
  readonly vtt?: number;
}
export const NOON_MS = 1_742_373_998_758;

/** A feed in full mode with five levels, greeks and two candles, as the venue sends it. */
export function fullFeed(trade: Trade = {}): object {
  const { ltp = 1313.7, ltt = NOON_MS, ltq = 234, vtt = 7_791_920 } = trade;
  const quote = { bidQ: 570, bidP: 1313.65, askQ: 746, askP: 1313.7 };
  const candle = { open: 1312.75, high: 1313.45, low: 1312.6, close: 1313.1 };
  const marketFF = {
    ltpc: { ltp, ltt, ltq, cp: 1309.85 },
    marketLevel: { bidAskQuote: [quote, quote, quote, quote, quote] },
    optionGreeks: { delta: 0.5, theta: -10.7 },
    marketOHLC: {
      ohlc: [
        { interval: '1d', ...candle, vol: vtt, ts: 1_742_322_600_000 },
        { interval: 'I1', ...candle, vol: 45_682, ts: 1_742_373_900_000 },
      ],
    },
    atp: 1310.68,
    vtt,
    tbq: 358_719,
    tsq: 419_843,
  };
  return { fullFeed: { marketFF }, requestMode: 'full_d5' };
}

export function liveFrame(feeds: Record<string, object>): Buffer {
  return encoded({ type: 'live_feed', feeds, currentTs: NOON_MS + 100 });
}

/** What a reader made of a frame: its rows as plain values, or undefined where it did not take it. */
export type Read = { type: number; rows: number[][] } | undefined;

/** Both readers over one table. */
export class Readers {
  readonly #symbols: SymbolIndex;
  readonly #rows = new FeedRows();

  constructor(table: InstrumentTable) {
    this.#symbols = new SymbolIndex(table, UPSTOX_SEGMENTS);
  }

  scan(bytes: Buffer): Read {
    return scanFeed(bytes, this.#symbols, this.#rows) ? this.#read() : undefined;
  }

  parse(bytes: Buffer): Read {
    const feed = parseFeed(bytes);
    if (feed === undefined || !takeFeeds(feed, this.#symbols, this.#rows)) return undefined;
    return this.#read();
  }

  #read(): Read {
    const { count, type, instrument, form, price, timeMs, quantity, volume } = this.#rows;
    const rows = Array.from({ length: count }, (_, at) =>
      [instrument, form, price, timeMs, quantity, volume].map((column) => column[at]),
    );
    return { type, rows };
  }
}

const beside = fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
// oxlint-disable-next-line no-process-env -- tests only: where the recordings are
const recordings = `${process.env['TICKWRIGHT_RECORDINGS'] ?? beside}/upstox`;
export const areRecordingsHere = existsSync(recordings);

/** A test's name, which says so when it cannot run. */
export const recordedName = (text: string): string =>
  areRecordingsHere ? text : `${text} (skipped: recordings absent)`;

export function recordedLines(file: string): Record<string, unknown>[] {
  const lines = readFileSync(`${recordings}/${file}`, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The bytes that protoc made. */
export function recordedFrames(): Buffer[] {
  return recordedLines('frames.protoc.b64.ndjson').map(({ b64 }) => Buffer.from(String(b64), 'base64'));
}

export function recordedJson(file: string): unknown {
  return JSON.parse(readFileSync(`${recordings}/${file}`, 'utf8'));
}
