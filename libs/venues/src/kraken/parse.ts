import { Side } from '@tickwright/market';
import type { RejectReason } from '../decoder.ts';
import { isFields, parseJson, positiveDecimal } from '../json/json-value.ts';
import { timeMicros } from '../rfc3339.ts';
import type { ParsedTrade } from '../tick-rows.ts';

/** One row of a message or an answer. */
export type ParsedRow =
  | { readonly what: 'trade'; readonly trade: ParsedTrade }
  | { readonly what: 'rejected'; readonly reason: RejectReason };

/** What JSON.parse makes of a frame. */
export type Parsed =
  | { readonly what: 'rows'; readonly rows: readonly unknown[] }
  | { readonly what: 'other'; readonly type: string }
  | { readonly what: 'control' }
  | { readonly what: 'rejected'; readonly reason: RejectReason };

/** The plain way to read a frame: the scanner's judge and its way out. Never throws. */
export function parseFrame(bytes: Buffer): Parsed {
  const frame = parseJson(bytes.toString('utf8'));
  if (frame === undefined) return { what: 'rejected', reason: 'malformed' };
  if (!isFields(frame)) return { what: 'rejected', reason: 'unknownLayout' };
  const { channel, data } = frame;
  if (channel === 'status' || (channel === undefined && 'method' in frame)) return { what: 'control' };
  if (typeof channel !== 'string') return { what: 'rejected', reason: 'unknownLayout' };
  if (channel !== 'trade') return { what: 'other', type: channel };
  return Array.isArray(data) ? { what: 'rows', rows: data } : { what: 'rejected', reason: 'unknownLayout' };
}

/** A trade of a message: price and quantity are JSON numbers, of which JSON.parse takes the nearest float64. */
export function parseTrade(row: unknown): ParsedRow {
  if (!isFields(row)) return rejected('malformed');
  const { symbol, price, qty, trade_id: id, timestamp, side } = row;
  if (typeof symbol !== 'string') return rejected('missingField');
  return checkTrade({
    symbol,
    price,
    quantity: qty,
    id,
    time: timestamp,
    timeMicros: timeMicros(timestamp),
    side,
  });
}

/**
 * A row of /0/public/Trades, `[price, volume, time, "b" or "s", "m" or "l", misc, trade id]`, as `parseExactly` gives it:
 * the time is in seconds, with more digits than a float64 holds.
 */
export function parseRow(row: unknown, symbol: string): ParsedRow {
  if (!Array.isArray(row)) return rejected('malformed');
  const [price, quantity, time, side, , , id] = row as unknown[];
  const number = typeof id === 'string' && /^\d+$/.test(id) ? Number(id) : id;
  return checkTrade({ symbol, price, quantity, id: number, time, timeMicros: secondsMicros(time), side });
}

const SECONDS = /^(\d{9,11})(?:\.(\d+))?$/;

/** Seconds since 1970 in digits, as whole microseconds; -1 for what is none. What is finer is cut off. */
export function secondsMicros(text: unknown): number {
  const match = typeof text === 'string' ? SECONDS.exec(text) : null;
  if (match === null) return -1;
  return Number(match[1]) * 1_000_000 + Number((match[2] ?? '').slice(0, 6).padEnd(6, '0'));
}

interface RawTrade {
  readonly symbol: string;
  readonly price: unknown;
  readonly quantity: unknown;
  readonly id: unknown;
  readonly time: unknown;
  readonly timeMicros: number;
  readonly side: unknown;
}

function checkTrade(raw: RawTrade): ParsedRow {
  if ([raw.price, raw.quantity, raw.id, raw.time].includes(undefined)) return rejected('missingField');
  const price = positiveDecimal(raw.price);
  if (price === undefined) return rejected('badPrice');
  const quantity = positiveDecimal(raw.quantity);
  if (quantity === undefined) return rejected('badQuantity');
  if (raw.timeMicros < 0) return rejected('badTime');
  const { id, symbol, timeMicros: micros } = raw;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) return rejected('badId');
  return {
    what: 'trade',
    trade: { symbol, price, quantity, timeMicros: micros, id, side: sideOf(raw.side) },
  };
}

/** The venue names the taker's side. */
function sideOf(side: unknown): ParsedTrade['side'] {
  if (side === 'buy' || side === 'b') return Side.buy;
  return side === 'sell' || side === 's' ? Side.sell : Side.unknown;
}

function rejected(reason: RejectReason): ParsedRow {
  return { what: 'rejected', reason };
}
