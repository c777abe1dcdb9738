import type { RejectReason } from '../decoder.ts';
import { isFields, parseJson, positiveDecimal } from '../json/json-value.ts';
import type { Fields } from '../json/json-value.ts';

/** One trade as read by the plain way, fields checked; `symbol` may still be unknown. */
export interface ParsedTrade {
  readonly symbol: string;
  readonly price: number;
  readonly quantity: number;
  readonly timeMicros: number;
  readonly id: number;
  readonly isAggregate: boolean;
  /** `undefined` where the venue does not say. */
  readonly isBuyerMaker: boolean | undefined;
}

/** What JSON.parse makes of a frame. */
export type Parsed =
  | { readonly what: 'trade'; readonly trade: ParsedTrade }
  | { readonly what: 'other'; readonly type: string }
  | { readonly what: 'control' }
  | { readonly what: 'rejected'; readonly reason: RejectReason };

/** The plain way to read a frame: the scanner's judge and its way out. Never throws. */
export function parseFrame(bytes: Buffer): Parsed {
  const frame = parseJson(bytes.toString('utf8'));
  if (frame === undefined) return rejected('malformed');
  if (!isFields(frame)) return rejected('unknownLayout');
  const inner = frame['data'];
  const event = isFields(inner) && typeof frame['stream'] === 'string' ? inner : frame;
  const type = event['e'];
  if (type === 'trade' || type === 'aggTrade') return parseEvent(event, type === 'aggTrade');
  if (type === 'serverShutdown') return { what: 'control' };
  if (typeof type === 'string') return { what: 'other', type };
  return withoutType(event);
}

function withoutType(event: Fields): Parsed {
  if ('lastUpdateId' in event) return { what: 'other', type: 'depthSnapshot' };
  if ('u' in event && 's' in event) return { what: 'other', type: 'bookTicker' };
  const isReply = 'result' in event || 'error' in event || ('code' in event && 'msg' in event);
  return isReply ? { what: 'control' } : rejected('unknownLayout');
}

function parseEvent(event: Fields, isAggregate: boolean): Parsed {
  return checkTrade({
    symbol: event['s'],
    price: event['p'],
    quantity: event['q'],
    time: event['T'],
    id: isAggregate ? event['a'] : event['t'],
    isBuyerMaker: event['m'],
    isAggregate,
  });
}

/** A row of /historicalTrades, /trades or /aggTrades. */
export function parseRow(row: unknown, options: { symbol: string; isAggregate: boolean }): Parsed {
  if (!isFields(row)) return rejected('malformed');
  const { symbol, isAggregate } = options;
  return checkTrade(
    isAggregate
      ? {
          ...options,
          price: row['p'],
          quantity: row['q'],
          time: row['T'],
          id: row['a'],
          isBuyerMaker: row['m'],
        }
      : {
          symbol,
          isAggregate,
          price: row['price'],
          quantity: row['qty'],
          time: row['time'],
          id: row['id'],
          isBuyerMaker: row['isBuyerMaker'],
        },
  );
}

interface RawTrade {
  readonly symbol: unknown;
  readonly price: unknown;
  readonly quantity: unknown;
  readonly time: unknown;
  readonly id: unknown;
  readonly isBuyerMaker: unknown;
  readonly isAggregate: boolean;
}

function checkTrade(raw: RawTrade): Parsed {
  const { symbol, isBuyerMaker, isAggregate } = raw;
  const required = [symbol, raw.price, raw.quantity, raw.time, raw.id];
  if (typeof symbol !== 'string' || required.includes(undefined)) return rejected('missingField');
  const price = positiveDecimal(raw.price);
  if (price === undefined) return rejected('badPrice');
  const quantity = positiveDecimal(raw.quantity);
  if (quantity === undefined) return rejected('badQuantity');
  const timeMicros = typeof raw.time === 'number' ? venueTimeMicros(raw.time) : -1;
  if (timeMicros < 0) return rejected('badTime');
  const { id } = raw;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) return rejected('badId');
  const maker = typeof isBuyerMaker === 'boolean' ? isBuyerMaker : undefined;
  const trade = { symbol, price, quantity, timeMicros, id, isAggregate, isBuyerMaker: maker };
  return { what: 'trade', trade };
}

/**
 * A venue's time in microseconds: 13 digits are milliseconds, 16 are microseconds (`timeUnit=MICROSECOND`, and files
 * from 2025 on); the years 2001 to 2286. Anything else gives -1.
 */
export function venueTimeMicros(time: number): number {
  if (time >= 1e15 && time < 1e16) return Number.isInteger(time) ? time : -1;
  if (time >= 1e12 && time < 1e13) return Number.isInteger(time) ? time * 1000 : -1;
  return -1;
}

function rejected(reason: RejectReason): Parsed {
  return { what: 'rejected', reason };
}
