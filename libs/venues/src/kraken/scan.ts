import { isWord, skipScalar, skipString } from '../json/json-bytes.ts';
import { scanDecimal, scanInteger, scanSymbol } from '../json/scan-number.ts';
import { scanTime } from '../rfc3339.ts';

/**
 * The hot path: reads the trades of a frame out of its bytes without making a string or an object
 * (scripts/bench/decode.ts). It knows a strict subset of JSON: no white space, plain ASCII strings without escapes, a flat
 * row, a row's keys in any order and each known one at most once, the channel before the data. Whatever lies outside is
 * `unsure` and left to JSON.parse. Prices and quantities, which are JSON numbers, are read digit by digit.
 */
export const Scan = { unsure: 0, trades: 1, other: 2 } as const;
export const Num = { price: 0, quantity: 1, time: 2, tradeId: 3 } as const;
/** The symbol's position and hash, the taker's side, the channel's position, that of the first row. */
export const Mark = {
  symbolStart: 0,
  symbolEnd: 1,
  symbolHash: 2,
  side: 3,
  channelStart: 4,
  channelEnd: 5,
  rows: 6,
} as const;

/** What a scan found. Typed arrays, because a number field that changes may be boxed. */
export class ScanResult {
  /** By `Num`. */
  readonly numbers = new Float64Array(4);
  /** By `Mark`. */
  readonly marks = new Int32Array(7);
}

const UNSURE = -1;
const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

const CHANNEL = Buffer.from('"channel"');
const TRADE = Buffer.from('"trade"');
const DATA = Buffer.from('"data"');
const SYMBOL = Buffer.from('"symbol"');
const SIDE = Buffer.from('"side"');
const PRICE = Buffer.from('"price"');
const QUANTITY = Buffer.from('"qty"');
const TRADE_ID = Buffer.from('"trade_id"');
const TIMESTAMP = Buffer.from('"timestamp"');
const BUY = Buffer.from('"buy"');
const SELL = Buffer.from('"sell"');
/** As `Side`. */
const SIDE_BUY = 1;
const SIDE_SELL = 2;

const SEEN_SYMBOL = 1;
const SEEN_SIDE = 2;
const SEEN_PRICE = 4;
const SEEN_QUANTITY = 8;
const SEEN_ID = 16;
const SEEN_TIME = 32;
const FIELDS = SEEN_SYMBOL | SEEN_PRICE | SEEN_QUANTITY | SEEN_ID | SEEN_TIME;

/** Reads a frame up to its first row, whose position goes to the marks. */
export function scanHead(bytes: Buffer, { marks }: ScanResult): number {
  const end = bytes.length;
  if (end < 8 || bytes[0] !== OPEN || bytes[end - 1] !== CLOSE) return Scan.unsure;
  let hasChannel = false;
  let at = 1;
  for (;;) {
    const value = valueAt(bytes, at);
    if (value < 0) return Scan.unsure;
    if (isWord(bytes, at, CHANNEL)) {
      if (hasChannel) return Scan.unsure;
      hasChannel = true;
      const after = skipString(bytes, value);
      if (after < 0) return Scan.unsure;
      marks[Mark.channelStart] = value + 1;
      marks[Mark.channelEnd] = after - 1;
      if (!isWord(bytes, value, TRADE)) return Scan.other;
      at = after;
    } else if (isWord(bytes, at, DATA)) {
      if (!hasChannel || bytes[value] !== OPEN_LIST) return Scan.unsure;
      marks[Mark.rows] = value + 1;
      return Scan.trades;
    } else {
      at = skipScalar(bytes, value);
    }
    if (at < 0 || bytes[at++] !== COMMA) return Scan.unsure;
  }
}

/** Reads one row. Returns the position behind its brace, or -1. */
export function scanRow(bytes: Buffer, start: number, into: ScanResult): number {
  if (bytes[start] !== OPEN) return UNSURE;
  into.marks[Mark.side] = 0;
  let seen = 0;
  let at = start + 1;
  for (;;) {
    const value = valueAt(bytes, at);
    if (value < 0) return UNSURE;
    const bit = fieldOf(bytes, at, value - at - 3);
    if ((seen & bit) !== 0) return UNSURE;
    seen |= bit;
    at = scanValue(bytes, value, bit, into);
    if (at < 0) return UNSURE;
    const next = bytes[at++];
    if (next === COMMA) continue;
    return next === CLOSE && (seen & FIELDS) === FIELDS ? at : UNSURE;
  }
}

/** Behind a row: the position of the next one, 0 at the frame's sound end, or -1. */
export function nextRow(bytes: Buffer, at: number): number {
  if (bytes[at] === COMMA) return at + 1;
  if (bytes[at] !== CLOSE_LIST) return UNSURE;
  let behind = at + 1;
  // What may follow the rows is no second channel and no second list of rows: those are for JSON.parse.
  while (bytes[behind] === COMMA) {
    const value = valueAt(bytes, behind + 1);
    if (value < 0 || isWord(bytes, behind + 1, CHANNEL) || isWord(bytes, behind + 1, DATA)) return UNSURE;
    behind = skipScalar(bytes, value);
    if (behind < 0) return UNSURE;
  }
  return bytes[behind] === CLOSE && behind === bytes.length - 1 ? 0 : UNSURE;
}

/** The position of the value whose key begins at `at`, or -1. */
function valueAt(bytes: Buffer, at: number): number {
  const after = skipString(bytes, at);
  return after > 0 && bytes[after] === COLON ? after + 1 : UNSURE;
}

/** The bit of the key whose quotes hold `length` bytes; 0 for one that does not matter. */
function fieldOf(bytes: Buffer, quote: number, length: number): number {
  switch (length) {
    case 3:
      return isWord(bytes, quote, QUANTITY) ? SEEN_QUANTITY : 0;
    case 4:
      return isWord(bytes, quote, SIDE) ? SEEN_SIDE : 0;
    case 5:
      return isWord(bytes, quote, PRICE) ? SEEN_PRICE : 0;
    case 6:
      return isWord(bytes, quote, SYMBOL) ? SEEN_SYMBOL : 0;
    case 8:
      return isWord(bytes, quote, TRADE_ID) ? SEEN_ID : 0;
    case 9:
      return isWord(bytes, quote, TIMESTAMP) ? SEEN_TIME : 0;
    default:
      return 0;
  }
}

function scanValue(bytes: Buffer, at: number, bit: number, { numbers, marks }: ScanResult): number {
  switch (bit) {
    case SEEN_SYMBOL:
      return scanSymbol(bytes, at, marks);
    case SEEN_SIDE:
      return scanSide(bytes, at, marks);
    case SEEN_PRICE:
      return scanBareDecimal(bytes, at, numbers, Num.price);
    case SEEN_QUANTITY:
      return scanBareDecimal(bytes, at, numbers, Num.quantity);
    case SEEN_ID:
      return scanInteger(bytes, at, numbers, Num.tradeId);
    case SEEN_TIME:
      return scanTime(bytes, at, numbers, Num.time);
    default:
      return skipScalar(bytes, at);
  }
}

/** A JSON number has no leading zeros; an exponent is left behind it, where neither comma nor brace is found. */
function scanBareDecimal(bytes: Buffer, at: number, numbers: Float64Array, slot: number): number {
  const second = bytes[at + 1];
  if (bytes[at] === QUOTE || (bytes[at] === ZERO && second >= ZERO && second <= NINE)) return UNSURE;
  return scanDecimal(bytes, at, numbers, slot);
}

function scanSide(bytes: Buffer, at: number, marks: Int32Array): number {
  if (isWord(bytes, at, BUY)) marks[Mark.side] = SIDE_BUY;
  else if (isWord(bytes, at, SELL)) marks[Mark.side] = SIDE_SELL;
  else return UNSURE;
  return skipString(bytes, at);
}
