import { MAX_TICKS_A_FRAME } from '../decoder.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import { Form } from './feed-rows.ts';
import type { FeedRows } from './feed-rows.ts';
import { isPlainText, Shape, skipCandle, skipFields, skipVarint } from './wire-skip.ts';

// Constants of this module are folded into the machine code, imported ones are looked up for every field.
const { level: LEVEL, quote: QUOTE, greeks: GREEKS } = Shape;
const { volume: WITH_VOLUME, ltpc: LTPC_ONLY, index: INDEX } = Form;
const ROWS = MAX_TICKS_A_FRAME;

/** Behind the varint that was read last. */
let after = 0;
let view: DataView = new DataView(new ArrayBuffer(8));

/**
 * The hot path: reads prices, times, quantities and volumes out of a frame's wire format, without an object a feed.
 * Measured by scripts/bench/upstox-decode.ts. It knows the schema's fields in any order; tags of one byte, plain text,
 * no union twice, no instrument twice. Whatever lies outside, or is broken anywhere, is `false` and left to protobufjs,
 * so that a frame it does accept means exactly what protobufjs would say.
 */
export function scanFeed(bytes: Buffer, symbols: SymbolIndex, into: FeedRows): boolean {
  const end = bytes.length;
  view = new DataView(bytes.buffer, bytes.byteOffset, end);
  into.count = 0;
  into.type = 0;
  into.frame = (into.frame + 1) & 0x3fff_ffff;
  let hasType = false;
  let at = 0;
  while (at < end) {
    const tag = bytes[at++];
    if (tag === 0x12) {
      const length = readLength(bytes, at, end);
      const entryEnd = after + length;
      if (length < 0 || entryEnd > end || into.count === ROWS) return false;
      if (!scanEntry(bytes, after, entryEnd, symbols, into)) return false;
      at = entryEnd;
    } else if (tag === 0x08) {
      const type = bytes[at++];
      // market_info comes once a connection, and newer types are for who can say so.
      if (hasType || at > end || type > 1) return false;
      hasType = true;
      into.type = type;
    } else if (tag === 0x18) {
      at = skipVarint(bytes, at, end);
      if (at < 0) return false;
    } else return false;
  }
  return into.count > 0;
}

/** A map's entry: key and feed, each once, in either order. */
function scanEntry(bytes: Buffer, start: number, end: number, symbols: SymbolIndex, into: FeedRows): boolean {
  let keyStart = -1;
  let keyEnd = 0;
  let feedStart = -1;
  let feedEnd = 0;
  let at = start;
  while (at < end) {
    const tag = bytes[at++];
    const length = readLength(bytes, at, end);
    if (length < 0) return false;
    at = after + length;
    if (at > end) return false;
    if (tag === 0x0a && keyStart < 0) {
      keyStart = after;
      keyEnd = at;
    } else if (tag === 0x12 && feedStart < 0) {
      feedStart = after;
      feedEnd = at;
    } else return false;
  }
  if (keyStart < 0 || feedStart < 0) return false;
  let hash = 0;
  for (let i = keyStart; i < keyEnd; i++) {
    const byte = bytes[i];
    if (byte < 0x20 || byte > 0x7e) return false;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const row = into.count++;
  const instrument = symbols.find(bytes, keyStart, keyEnd, hash);
  into.instrument[row] = instrument;
  if (instrument >= 0) {
    if (instrument >= into.seen.length) growSeen(into, instrument);
    if (into.seen[instrument] === into.frame) return false;
    into.seen[instrument] = into.frame;
  }
  into.price[row] = 0;
  into.timeMs[row] = 0;
  into.quantity[row] = 0;
  into.volume[row] = 0;
  into.candleEnd[row] = 0;
  return scanUnion(bytes, feedStart, feedEnd, into);
}

/** A feed: one of its three forms, and the mode it was asked for with. */
function scanUnion(bytes: Buffer, start: number, end: number, into: FeedRows): boolean {
  const row = into.count - 1;
  let form = 0;
  let at = start;
  while (at < end) {
    const tag = bytes[at++];
    if (tag === 0x20) {
      if (!(bytes[at++] < 128)) return false;
      continue;
    }
    const length = readLength(bytes, at, end);
    at = after + length;
    if (length < 0 || at > end || form !== 0) return false;
    if (tag === 0x12) {
      form = scanFull(bytes, after, at, into);
      if (form === 0) return false;
    } else if (tag === 0x0a) {
      form = LTPC_ONLY;
      if (!scanLtpc(bytes, after, at, into)) return false;
    } else if (tag === 0x1a) {
      form = WITH_VOLUME;
      if (!scanGreeksFeed(bytes, after, at, into)) return false;
    } else return false;
  }
  into.form[row] = form;
  return form !== 0 && at === end;
}

/** The full form, of an instrument or of an index. Returns which, 0 when it is left to the parser. */
function scanFull(bytes: Buffer, start: number, end: number, into: FeedRows): number {
  const tag = bytes[start];
  const length = readLength(bytes, start + 1, end);
  // Just one of the two, and nothing else.
  if (length < 0 || after + length !== end) return 0;
  if (tag === 0x0a) return scanMarket(bytes, after, end, into) ? WITH_VOLUME : 0;
  return tag === 0x12 && scanIndex(bytes, after, end, into) ? INDEX : 0;
}

function scanMarket(bytes: Buffer, start: number, end: number, into: FeedRows): boolean {
  let hasLtpc = false;
  let at = start;
  while (at < end) {
    const tag = bytes[at++];
    switch (tag) {
      case 0x29: // atp
      case 0x39: // oi
      case 0x41: // iv
      case 0x49: // tbq
      case 0x51: // tsq
        at += 8;
        continue;
      case 0x30: {
        const volume = readVarint(bytes, at, end);
        if (volume < 0) return false;
        into.volume[into.count - 1] = volume;
        at = after;
        continue;
      }
    }
    const length = readLength(bytes, at, end);
    const from = after;
    at = from + length;
    if (length < 0 || at > end) return false;
    switch (tag) {
      case 0x0a:
        if (hasLtpc || !scanLtpc(bytes, from, at, into)) return false;
        hasLtpc = true;
        break;
      case 0x12:
        if (skipFields(bytes, from, at, LEVEL) < 0) return false;
        break;
      case 0x1a:
        if (skipFields(bytes, from, at, GREEKS) < 0) return false;
        break;
      case 0x22:
        if (!scanCandles(bytes, from, at, into)) return false;
        break;
      default:
        return false;
    }
  }
  return at === end;
}

function scanIndex(bytes: Buffer, start: number, end: number, into: FeedRows): boolean {
  let hasLtpc = false;
  let at = start;
  while (at < end) {
    const tag = bytes[at++];
    const length = readLength(bytes, at, end);
    const from = after;
    at = from + length;
    if (length < 0 || at > end) return false;
    if (tag === 0x0a && !hasLtpc) {
      hasLtpc = true;
      if (!scanLtpc(bytes, from, at, into)) return false;
    } else if (tag !== 0x12 || !scanCandles(bytes, from, at, into)) return false;
  }
  return at === end;
}

function scanGreeksFeed(bytes: Buffer, start: number, end: number, into: FeedRows): boolean {
  let hasLtpc = false;
  let at = start;
  while (at < end) {
    const tag = bytes[at++];
    if (tag === 0x29 || tag === 0x31) {
      at += 8;
      continue;
    }
    if (tag === 0x20) {
      const volume = readVarint(bytes, at, end);
      if (volume < 0) return false;
      into.volume[into.count - 1] = volume;
      at = after;
      continue;
    }
    const length = readLength(bytes, at, end);
    const from = after;
    at = from + length;
    if (length < 0 || at > end) return false;
    if (tag === 0x0a && !hasLtpc) {
      hasLtpc = true;
      if (!scanLtpc(bytes, from, at, into)) return false;
    } else if (tag !== 0x12 && tag !== 0x1a) return false;
    else if (skipFields(bytes, from, at, tag === 0x12 ? QUOTE : GREEKS) < 0) return false;
  }
  return at === end;
}

function scanLtpc(bytes: Buffer, start: number, end: number, into: FeedRows): boolean {
  const row = into.count - 1;
  let at = start;
  while (at < end) {
    const tag = bytes[at++];
    if (tag === 0x09) {
      if (at + 8 > end) return false;
      into.price[row] = view.getFloat64(at, true);
      at += 8;
    } else if (tag === 0x21) at += 8;
    else {
      const value = readVarint(bytes, at, end);
      if (value < 0) return false;
      at = after;
      if (tag === 0x10) into.timeMs[row] = value;
      else if (tag === 0x18) into.quantity[row] = value;
      else return false;
    }
  }
  return at === end;
}

/** Checks a list of candles and keeps the place of the last minute's. */
function scanCandles(bytes: Buffer, start: number, end: number, into: FeedRows): boolean {
  const row = into.count - 1;
  let at = start;
  while (at < end) {
    if (bytes[at] !== 0x0a) return false;
    const length = bytes[at + 1];
    const from = at + 2;
    at = from + length;
    if (!(length < 128 && at <= end) || skipCandle(bytes, from, at) < 0) return false;
    // Its name comes first, as an encoder writes it; where it does not, the candle is read by the parser.
    if (bytes[from] !== 0x0a) return false;
    if (bytes[from + 1] === 2 && bytes[from + 2] === 0x49 && bytes[from + 3] === 0x31) {
      into.candleStart[row] = from;
      into.candleEnd[row] = at;
    }
  }
  return at === end;
}

/** The length of what follows, its end in `after`; -1 for one of more than four bytes, and for one that is cut off. */
function readLength(bytes: Buffer, start: number, end: number): number {
  const length = readVarint(bytes, start, end);
  return length >= 0 && after - start <= 4 ? length : -1;
}

/** A whole number below 2^53, its end in `after`; -1 for a longer one, and for one that is cut off. */
function readVarint(bytes: Buffer, start: number, end: number): number {
  let at = start;
  let byte = bytes[at++];
  if (byte < 128) {
    after = at;
    return at <= end ? byte : -1;
  }
  let low = byte & 127;
  for (let shift = 7; shift < 28; shift += 7) {
    byte = bytes[at++];
    low |= (byte & 127) << shift;
    if (byte < 128) {
      after = at;
      return at <= end ? low : -1;
    }
  }
  // 28 bits are read: the rest fits a number of its own, and both together a double.
  let high = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    byte = bytes[at++];
    high |= (byte & 127) << shift;
    if (byte < 128) {
      after = at;
      const value = high * 0x1000_0000 + low;
      return at <= end && value <= Number.MAX_SAFE_INTEGER ? value : -1;
    }
  }
  return -1;
}

function growSeen(into: FeedRows, instrument: number): void {
  const seen = new Int32Array(2 ** Math.ceil(Math.log2(instrument + 1)));
  seen.set(into.seen);
  into.seen = seen;
}

/** The keys of a frame's feeds; empty for a frame that the scanner does not know. */
export function scanKeys(bytes: Buffer): string[] {
  const keys: string[] = [];
  const end = bytes.length;
  let at = 0;
  while (at < end) {
    const tag = bytes[at++];
    const value = readVarint(bytes, at, end);
    if (value < 0) return [];
    at = after;
    if (tag === 0x08 || tag === 0x18) continue;
    if (tag !== 0x12) return [];
    const entryEnd = at + value;
    // An entry begins with its key, as an encoder writes it.
    if (entryEnd > end || bytes[at] !== 0x0a) return [];
    const length = readLength(bytes, at + 1, entryEnd);
    if (length < 0 || after + length > entryEnd || !isPlainText(bytes, after, after + length)) return [];
    keys.push(bytes.toString('latin1', after, after + length));
    at = entryEnd;
  }
  return keys;
}
