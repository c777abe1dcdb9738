import { isWord, skipScalar, skipString } from '../json/json-bytes.ts';
import { scanDecimal, scanInteger, scanSymbol } from '../json/scan-number.ts';
import { scanTime } from '../rfc3339.ts';

/**
 * The hot path: reads a trade or a heartbeat out of a frame's bytes without making a string or an object
 * (scripts/bench/decode.ts). It knows a strict subset of JSON: no white space, no nesting, plain ASCII strings without
 * escapes, keys in any order, each known one at most once. Whatever lies outside is `unsure` and left to JSON.parse.
 */
export const Scan = { unsure: 0, trade: 1, heartbeat: 2, other: 3 } as const;
export const Num = { price: 0, quantity: 1, time: 2, tradeId: 3, lastTradeId: 4 } as const;
/** The symbol's position and hash, the maker's side, the type's position. */
export const Mark = {
  symbolStart: 0,
  symbolEnd: 1,
  symbolHash: 2,
  maker: 3,
  typeStart: 4,
  typeEnd: 5,
} as const;
export const Maker = { unknown: 0, buy: 1, sell: 2 } as const;

/** What a scan found. Typed arrays, because a number field that changes may be boxed. */
export class ScanResult {
  /** By `Num`. */
  readonly numbers = new Float64Array(5);
  /** By `Mark`. */
  readonly marks = new Int32Array(6);
}

const UNSURE = -1;
const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OTHER = -2;

const TYPE = Buffer.from('"type"');
const TIME = Buffer.from('"time"');
const SIDE = Buffer.from('"side"');
const SIZE = Buffer.from('"size"');
const PRICE = Buffer.from('"price"');
const TRADE_ID = Buffer.from('"trade_id"');
const PRODUCT_ID = Buffer.from('"product_id"');
const LAST_TRADE_ID = Buffer.from('"last_trade_id"');
const MATCH = Buffer.from('"match"');
const LAST_MATCH = Buffer.from('"last_match"');
const HEARTBEAT = Buffer.from('"heartbeat"');
const BUY = Buffer.from('"buy"');
const SELL = Buffer.from('"sell"');

const SEEN_TRADE = 1;
const SEEN_HEARTBEAT = 2;
const SEEN_TIME = 4;
const SEEN_SIZE = 8;
const SEEN_PRICE = 16;
const SEEN_TRADE_ID = 32;
const SEEN_PRODUCT = 64;
const SEEN_LAST_ID = 128;
const SEEN_SIDE = 256;
const TRADE_FIELDS = SEEN_TRADE | SEEN_TIME | SEEN_SIZE | SEEN_PRICE | SEEN_TRADE_ID | SEEN_PRODUCT;
const HEARTBEAT_FIELDS = SEEN_HEARTBEAT | SEEN_TIME | SEEN_LAST_ID | SEEN_PRODUCT;

/** Reads a frame. */
export function scanFrame(bytes: Buffer, into: ScanResult): number {
  const end = bytes.length;
  if (end < 8 || bytes[0] !== OPEN || bytes[end - 1] !== CLOSE) return Scan.unsure;
  const { marks } = into;
  marks[Mark.maker] = Maker.unknown;
  let seen = 0;
  let at = 1;
  for (;;) {
    const key = at;
    if (bytes[key] !== QUOTE) return Scan.unsure;
    const value = skipString(bytes, key) + 1;
    if (value <= 0 || bytes[value - 1] !== COLON) return Scan.unsure;
    const bit = fieldOf(bytes, key, value - key - 3);
    if (bit === SEEN_TRADE) {
      const type = typeOf(bytes, value, marks);
      if (type === OTHER) return Scan.other;
      if (type < 0 || (seen & (SEEN_TRADE | SEEN_HEARTBEAT)) !== 0) return Scan.unsure;
      seen |= type;
      at = marks[Mark.typeEnd] + 1;
    } else {
      if ((seen & bit) !== 0) return Scan.unsure;
      seen |= bit;
      at = scanValue(bytes, value, bit, into);
    }
    if (at < 0) return Scan.unsure;
    const next = bytes[at++];
    if (next === COMMA) continue;
    if (next !== CLOSE || at !== end) return Scan.unsure;
    if ((seen & TRADE_FIELDS) === TRADE_FIELDS) return Scan.trade;
    return (seen & HEARTBEAT_FIELDS) === HEARTBEAT_FIELDS ? Scan.heartbeat : Scan.unsure;
  }
}

/** The bit of the key whose quotes hold `length` bytes; 0 for one that does not matter. */
function fieldOf(bytes: Buffer, quote: number, length: number): number {
  switch (length) {
    case 4:
      if (isWord(bytes, quote, TYPE)) return SEEN_TRADE;
      if (isWord(bytes, quote, TIME)) return SEEN_TIME;
      if (isWord(bytes, quote, SIDE)) return SEEN_SIDE;
      return isWord(bytes, quote, SIZE) ? SEEN_SIZE : 0;
    case 5:
      return isWord(bytes, quote, PRICE) ? SEEN_PRICE : 0;
    case 8:
      return isWord(bytes, quote, TRADE_ID) ? SEEN_TRADE_ID : 0;
    case 10:
      return isWord(bytes, quote, PRODUCT_ID) ? SEEN_PRODUCT : 0;
    case 13:
      return isWord(bytes, quote, LAST_TRADE_ID) ? SEEN_LAST_ID : 0;
    default:
      return 0;
  }
}

function scanValue(bytes: Buffer, at: number, bit: number, { numbers, marks }: ScanResult): number {
  switch (bit) {
    case SEEN_TIME:
      return scanTime(bytes, at, numbers, Num.time);
    case SEEN_SIZE:
      return scanQuoted(bytes, at, numbers, Num.quantity);
    case SEEN_PRICE:
      return scanQuoted(bytes, at, numbers, Num.price);
    case SEEN_TRADE_ID:
      return scanInteger(bytes, at, numbers, Num.tradeId);
    case SEEN_LAST_ID:
      return scanInteger(bytes, at, numbers, Num.lastTradeId);
    case SEEN_PRODUCT:
      return scanSymbol(bytes, at, marks);
    case SEEN_SIDE:
      return scanSide(bytes, at, marks);
    default:
      return skipScalar(bytes, at);
  }
}

/** Which type it is; its position goes to the marks. `OTHER` for what carries no trade, -1 for what is no string. */
function typeOf(bytes: Buffer, quote: number, marks: Int32Array): number {
  const after = skipString(bytes, quote);
  if (after < 0) return UNSURE;
  marks[Mark.typeStart] = quote + 1;
  marks[Mark.typeEnd] = after - 1;
  if (isWord(bytes, quote, MATCH) || isWord(bytes, quote, LAST_MATCH)) return SEEN_TRADE;
  return isWord(bytes, quote, HEARTBEAT) ? SEEN_HEARTBEAT : OTHER;
}

function scanQuoted(bytes: Buffer, quote: number, numbers: Float64Array, slot: number): number {
  if (bytes[quote] !== QUOTE) return UNSURE;
  const at = scanDecimal(bytes, quote + 1, numbers, slot);
  return at > 0 && bytes[at] === QUOTE ? at + 1 : UNSURE;
}

function scanSide(bytes: Buffer, at: number, marks: Int32Array): number {
  if (isWord(bytes, at, BUY)) marks[Mark.maker] = Maker.buy;
  else if (isWord(bytes, at, SELL)) marks[Mark.maker] = Maker.sell;
  else return UNSURE;
  return skipString(bytes, at);
}
