import { skipScalar, skipString, skipWord } from '../json/json-bytes.ts';
import { scanDecimal, scanInteger, scanSymbol } from '../json/scan-number.ts';
import { isAggTrade, isDataKey, isSnapshot, isStreamKey, isTrade } from './event-words.ts';

/**
 * The hot path: reads a trade out of a frame's bytes without making a string or an object. Measured by
 * scripts/bench/decode.ts: JSON.parse alone takes 1.5 µs a frame, this about 0.2 µs.
 *
 * It knows a strict subset of JSON: no white space, plain ASCII strings without escapes, whole numbers, keys in any
 * order, each at most once. Whatever lies outside is `unsure` and left to JSON.parse, so that a frame it does accept
 * means exactly what JSON.parse would say.
 */
export const Scan = { unsure: 0, trade: 1, aggTrade: 2, other: 3 } as const;

/** What a scan found. Typed arrays, because a number field that changes may be boxed. */
export class ScanResult {
  /** By `Num`. */
  readonly numbers = new Float64Array(5);
  /** By `Mark`. */
  readonly marks = new Int32Array(7);
}
export const Num = { price: 0, quantity: 1, time: 2, tradeId: 3, aggTradeId: 4 } as const;
/** Positions of the symbol and of the event type, the symbol's hash, whether the buyer was the maker, what was seen. */
export const Mark = {
  symbolStart: 0,
  symbolEnd: 1,
  symbolHash: 2,
  maker: 3,
  eventStart: 4,
  eventEnd: 5,
  seen: 6,
} as const;
export const Maker = { unknown: 0, buyer: 1, seller: 2 } as const;

// Constants of this module are folded into the machine code, imported ones are loaded each time: a third of the speed.
const UNSURE = -1;
const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

const SEEN_EVENT = 1;
const SEEN_SYMBOL = 2;
const SEEN_PRICE = 4;
const SEEN_QUANTITY = 8;
const SEEN_TIME = 16;
const SEEN_TRADE_ID = 32;
const SEEN_AGG_ID = 64;
const SEEN_MAKER = 128;
const SEEN_UPDATE_ID = 256;
const SEEN_AGG_EVENT = 512;
const SEEN_ASK = 1024;
const TRADE_FIELDS = SEEN_EVENT | SEEN_SYMBOL | SEEN_PRICE | SEEN_QUANTITY | SEEN_TIME | SEEN_TRADE_ID;
const AGG_FIELDS = SEEN_EVENT | SEEN_SYMBOL | SEEN_PRICE | SEEN_QUANTITY | SEEN_TIME | SEEN_AGG_ID;

const OTHER = -2;
/** Reads a frame, raw or in the combined envelope `{"stream":..,"data":{..}}`, its two keys in either order. */
export function scanFrame(bytes: Buffer, into: ScanResult): number {
  const end = bytes.length;
  // The closing brace is a sentinel: no loop over digits can run past it.
  if (end < 8 || bytes[0] !== OPEN || bytes[1] !== QUOTE || bytes[end - 1] !== CLOSE) return Scan.unsure;
  into.marks[Mark.seen] = 0;
  into.marks[Mark.maker] = Maker.unknown;
  into.marks[Mark.eventStart] = 0;
  // `{"stream":"` and `{"data":{`: any other beginning is a raw event.
  const first = bytes[2];
  const isStreamFirst = first === 0x73 && isStreamKey(bytes, 1);
  if (!isStreamFirst && !(first === 0x64 && isDataKey(bytes, 1))) {
    const after = scanEvent(bytes, 1, into);
    return after === end ? kindOf(into.marks) : after === OTHER ? Scan.other : Scan.unsure;
  }
  let at = isStreamFirst ? skipString(bytes, 10) : 8;
  if (isStreamFirst) {
    if (at < 0 || bytes[at] !== COMMA || !isDataKey(bytes, at + 1)) return Scan.unsure;
    at += 8;
  }
  if (bytes[at] !== OPEN) return Scan.unsure;
  at = scanEvent(bytes, at + 1, into);
  if (at === OTHER) return Scan.other;
  if (at < 0) return Scan.unsure;
  if (!isStreamFirst) {
    if (bytes[at] !== COMMA || !isStreamKey(bytes, at + 1)) return Scan.unsure;
    at = skipString(bytes, at + 10);
  }
  return at === end - 1 ? kindOf(into.marks) : Scan.unsure;
}

function kindOf(marks: Int32Array): number {
  const seen = marks[Mark.seen];
  // Both forms of "a": one key twice, where JSON.parse takes the last.
  if ((seen & SEEN_ASK) !== 0 && (seen & SEEN_AGG_ID) !== 0) return Scan.unsure;
  if ((seen & SEEN_AGG_EVENT) !== 0) return (seen & AGG_FIELDS) === AGG_FIELDS ? Scan.aggTrade : Scan.unsure;
  if ((seen & SEEN_EVENT) !== 0) return (seen & TRADE_FIELDS) === TRADE_FIELDS ? Scan.trade : Scan.unsure;
  // A book ticker has no event type; its update id gives it away.
  return (seen & SEEN_UPDATE_ID) !== 0 && (seen & SEEN_SYMBOL) !== 0 ? Scan.other : Scan.unsure;
}

/** Reads the members of an event, `at` behind its brace. Returns the position behind the closing one. */
function scanEvent(bytes: Buffer, start: number, into: ScanResult): number {
  const numbers = into.numbers;
  const marks = into.marks;
  let seen = 0;
  let at = start;
  for (;;) {
    if (bytes[at] !== QUOTE || bytes[at + 2] !== QUOTE || bytes[at + 3] !== COLON) {
      return isSnapshot(bytes, at) && seen === 0 ? OTHER : UNSURE;
    }
    const key = bytes[at + 1];
    const value = at + 4;
    let bit = 0;
    switch (key) {
      case 0x70: // p
        bit = SEEN_PRICE;
        at = scanQuotedDecimal(bytes, value, numbers, Num.price);
        break;
      case 0x71: // q
        bit = SEEN_QUANTITY;
        at = scanQuotedDecimal(bytes, value, numbers, Num.quantity);
        break;
      case 0x54: // T
        bit = SEEN_TIME;
        at = scanInteger(bytes, value, numbers, Num.time);
        break;
      case 0x74: // t
        bit = SEEN_TRADE_ID;
        at = scanInteger(bytes, value, numbers, Num.tradeId);
        break;
      case 0x61: // a: an aggregate trade's id, a book ticker's ask
        bit = bytes[value] === QUOTE ? SEEN_ASK : SEEN_AGG_ID;
        at = bit === SEEN_ASK ? skipString(bytes, value) : scanInteger(bytes, value, numbers, Num.aggTradeId);
        break;
      case 0x73: // s
        bit = SEEN_SYMBOL;
        at = scanSymbol(bytes, value, marks);
        break;
      case 0x6d: // m
        bit = SEEN_MAKER;
        at = scanMaker(bytes, value, marks);
        break;
      case 0x65: {
        // e
        bit = SEEN_EVENT;
        at = skipString(bytes, value);
        if (at < 0) return UNSURE;
        if (isAggTrade(bytes, value, at)) bit |= SEEN_AGG_EVENT;
        else if (!isTrade(bytes, value, at)) {
          marks[Mark.eventStart] = value + 1;
          marks[Mark.eventEnd] = at - 1;
          return OTHER;
        }
        break;
      }
      case 0x75: // u
        bit = SEEN_UPDATE_ID;
        at = skipScalar(bytes, value);
        break;
      default:
        // A backslash or a byte outside ASCII cannot be a whole key here: what follows would not be a quote and colon.
        if (key < 0x20 || key > 0x7e || key === QUOTE || key === BACKSLASH) return UNSURE;
        at = skipScalar(bytes, value);
    }
    if (at < 0 || (seen & bit) !== 0) return UNSURE;
    seen |= bit;
    const next = bytes[at++];
    if (next === COMMA) continue;
    if (next !== CLOSE) return UNSURE;
    marks[Mark.seen] = seen;
    return at;
  }
}

/** A positive decimal in quotes; anything else is left to the slow path, which says what is wrong with it. */
function scanQuotedDecimal(bytes: Buffer, quote: number, numbers: Float64Array, slot: number): number {
  if (bytes[quote] !== QUOTE) return UNSURE;
  const at = scanDecimal(bytes, quote + 1, numbers, slot);
  return at > 0 && bytes[at] === QUOTE ? at + 1 : UNSURE;
}

function scanMaker(bytes: Buffer, at: number, marks: Int32Array): number {
  const after = skipWord(bytes, at);
  if (after < 0 || bytes[at] === 0x6e) return UNSURE;
  marks[Mark.maker] = bytes[at] === 0x74 ? Maker.buyer : Maker.seller;
  return after;
}
