import protobuf from 'protobufjs';
import { FEED_SCHEMA } from './schema.ts';

/** A whole frame as protobufjs reads it: absent messages are null, absent numbers 0, absent maps and lists empty. */
export interface FeedResponse {
  readonly type: number;
  readonly feeds: Readonly<Record<string, Feed>>;
  readonly currentTs: WireInteger;
  readonly marketInfo: { readonly segmentStatus: Readonly<Record<string, number>> } | null;
}
export interface Feed {
  readonly ltpc: Ltpc | null;
  readonly fullFeed: {
    readonly marketFF: MarketFullFeed | null;
    readonly indexFF: MarketFullFeed | null;
  } | null;
  readonly firstLevelWithGreeks: MarketFullFeed | null;
}
export interface Ltpc {
  readonly ltp: number;
  readonly ltt: WireInteger;
  readonly ltq: WireInteger;
}
/** What the three full forms tell, of what is used here; an index has no volume, the greeks' form no candles. */
export interface MarketFullFeed {
  readonly ltpc: Ltpc | null;
  readonly marketOHLC?: { readonly ohlc: readonly Ohlc[] } | null;
  readonly vtt?: WireInteger;
}
export interface Ohlc {
  readonly interval: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly vol: WireInteger;
  readonly ts: WireInteger;
}
/** An int64 as protobufjs gives it: an object of two halves. */
export type WireInteger = number | { readonly low: number; readonly high: number };

export const FeedType = { initial: 0, live: 1, marketInfo: 2 } as const;

const MARKET_STATUSES = [
  'PRE_OPEN_START',
  'PRE_OPEN_END',
  'NORMAL_OPEN',
  'NORMAL_CLOSE',
  'CLOSING_START',
  'CLOSING_END',
] as const;

// protobufjs writes a decoder for each message as code and has no other way; it is made of the constant above alone.
const { root } = protobuf.parse(FEED_SCHEMA, { keepCase: true });
const response = root.lookupType('upstox.FeedResponse');
const ohlcMessage = root.lookupType('upstox.OHLC');

/** Reads any frame by its schema: the scanner's judge and its way out. Undefined for bytes that are none. */
export function parseFeed(bytes: Uint8Array): FeedResponse | undefined {
  try {
    return response.decode(bytes) as unknown as FeedResponse;
  } catch {
    return undefined;
  }
}

/** Reads one candle's fields. */
export function parseOhlc(bytes: Uint8Array): Ohlc | undefined {
  try {
    return ohlcMessage.decode(bytes) as unknown as Ohlc;
  } catch {
    return undefined;
  }
}

/** The frame as a plain object, int64 as text, enums by name: the form in which the venue documents its feed. */
export function describeFeed(feed: FeedResponse): Record<string, unknown> {
  return response.toObject(feed as unknown as protobuf.Message, { longs: String, enums: String });
}

/** An int64 as a number; NaN where a number cannot hold it. */
export function integerOf(value: WireInteger | undefined): number {
  if (value === undefined) return 0;
  const number = typeof value === 'number' ? value : value.high * 0x1_0000_0000 + (value.low >>> 0);
  return Number.isSafeInteger(number) ? number : Number.NaN;
}

/** Segments by their status, by name; a number that has no name stays one. */
export function segmentStatuses(feed: FeedResponse): Map<string, string> {
  const statuses = Object.entries(feed.marketInfo?.segmentStatus ?? {});
  return new Map(statuses.map(([segment, status]) => [segment, MARKET_STATUSES[status] ?? String(status)]));
}
