import { fraction, hashPair } from '../market/hash.ts';
import type { Candle } from './candle-fold.ts';
import type { Channel } from './channel.ts';
import { doubleField, integerField, joined, messageField, textField } from './wire.ts';

/** Encodes the feed's messages. Field numbers: facts of Upstox's Market Data Feed V3. */

export const MODES = ['ltpc', 'option_greeks', 'full', 'full_d30'] as const;
export type Mode = (typeof MODES)[number];
const REQUEST_MODES: Readonly<Record<Mode, number>> = { ltpc: 0, full: 1, option_greeks: 2, full_d30: 3 };
const LEVELS: Readonly<Record<Mode, number>> = { ltpc: 0, option_greeks: 1, full: 5, full_d30: 30 };
const STATUS = { NORMAL_OPEN: 2, NORMAL_CLOSE: 3 } as const;
const SEGMENTS = ['NSE_EQ', 'NSE_FO', 'NSE_INDEX', 'BSE_EQ', 'BSE_FO', 'BSE_INDEX'];
const FEED_TYPE = { initial_feed: 0, live_feed: 1, market_info: 2 } as const;

/** `type`, the feeds, `currentTs`. */
export function feedFrame(
  type: 'initial_feed' | 'live_feed',
  entries: readonly Uint8Array[],
  nowMs: number,
): Uint8Array {
  return joined([integerField(1, FEED_TYPE[type]), ...entries, integerField(3, nowMs)]);
}

/** The first message of a connection, and whenever the exchange opens or closes. */
export function marketInfoFrame(isOpen: boolean, nowMs: number): Uint8Array {
  const status = isOpen ? STATUS.NORMAL_OPEN : STATUS.NORMAL_CLOSE;
  const segments = SEGMENTS.map((segment) =>
    messageField(1, [textField(1, segment), integerField(2, status)]),
  );
  return joined([integerField(1, FEED_TYPE.market_info), integerField(3, nowMs), messageField(4, segments)]);
}

/** One entry of the map of feeds. `salt` changes the depth and nothing else. */
export function feedEntry(key: string, channel: Channel, options: { mode: Mode; salt: number }): Uint8Array {
  const { mode, salt } = options;
  const isIndex = key.includes('_INDEX|');
  const form = formOf(channel, { mode, salt, isIndex });
  return messageField(2, [textField(1, key), messageField(2, [form, integerField(4, REQUEST_MODES[mode])])]);
}

function formOf(channel: Channel, options: { mode: Mode; salt: number; isIndex: boolean }): Uint8Array {
  const { mode, isIndex, salt } = options;
  const ltpc = messageField(1, ltpcFields(channel, isIndex));
  if (mode === 'ltpc') return ltpc;
  const candles = messageField(isIndex ? 2 : 4, candleFields(channel, isIndex));
  if (isIndex) return messageField(2, [messageField(2, [ltpc, candles])]);
  const quotes = Array.from({ length: LEVELS[mode] }, (_, level) => quoteFields(channel, level, salt));
  const greeks = messageField(3, []);
  if (mode === 'option_greeks') {
    return messageField(3, [ltpc, messageField(2, quotes[0]), greeks, integerField(4, channel.volume)]);
  }
  const depth = messageField(
    2,
    quotes.map((quote) => messageField(1, quote)),
  );
  const more = [doubleField(9, 1000 + (salt % 1000)), doubleField(10, 2000 + (salt % 777))];
  const marketFF = [ltpc, depth, greeks, candles, doubleField(5, priceOf(channel, channel.day.close))];
  return messageField(2, [messageField(1, [...marketFF, integerField(6, channel.volume), ...more])]);
}

function ltpcFields(channel: Channel, isIndex: boolean): Uint8Array[] {
  return [
    doubleField(1, priceOf(channel, channel.lastTicks)),
    integerField(2, channel.lastMs),
    integerField(3, isIndex ? 0 : channel.lastUnits),
    doubleField(4, priceOf(channel, channel.previousClose)),
  ];
}

function candleFields(channel: Channel, isIndex: boolean): Uint8Array[] {
  const { day, lastMinute } = channel;
  const minute = lastMinute === undefined ? [] : [candleField(channel, 'I1', lastMinute, isIndex)];
  return [candleField(channel, '1d', day, isIndex), ...minute];
}

function candleField(channel: Channel, interval: string, candle: Candle, isIndex: boolean): Uint8Array {
  return messageField(1, [
    textField(1, interval),
    doubleField(2, priceOf(channel, candle.open)),
    doubleField(3, priceOf(channel, candle.high)),
    doubleField(4, priceOf(channel, candle.low)),
    doubleField(5, priceOf(channel, candle.close)),
    integerField(6, isIndex ? 0 : candle.volume),
    integerField(7, candle.openMs),
  ]);
}

function quoteFields(channel: Channel, level: number, salt: number): Uint8Array[] {
  const { instrument, lastTicks } = channel;
  const size = (purpose: number) =>
    1 + Math.floor(1000 * fraction(hashPair(hashPair(instrument.hash, salt), purpose)));
  return [
    integerField(1, size(2 * level)),
    doubleField(2, priceOf(channel, Math.max(1, lastTicks - level - 1))),
    integerField(3, size(2 * level + 1)),
    doubleField(4, priceOf(channel, lastTicks + level + 1)),
  ];
}

function priceOf({ instrument }: Channel, ticks: number): number {
  return ticks / 10 ** instrument.priceDecimals;
}
