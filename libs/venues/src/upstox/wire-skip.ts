/**
 * Walks over protobuf fields without reading them, and answers whether they are what the schema says: so that a frame of
 * which only the trades are read is still refused when anything else in it is broken.
 */

/** Messages that are walked over, by the row of the table below. The first four codes are what a field may be. */
export const Shape = { quote: 4, level: 5, greeks: 6, ohlc: 7, ohlcList: 8 } as const;

const { quote: QUOTE, ohlc: OHLC } = Shape;
const VARINT = 1;
const DOUBLE = 2;
const TEXT = 3;

/** What follows a tag byte: by shape and tag; 0 is nothing we know. */
const ACTIONS = new Uint8Array(9 * 128);
const allow = (shape: number, tags: Readonly<Record<number, number>>): void => {
  for (const [tag, action] of Object.entries(tags)) ACTIONS[shape * 128 + Number(tag)] = action;
};
allow(Shape.quote, { 0x08: VARINT, 0x11: DOUBLE, 0x18: VARINT, 0x21: DOUBLE });
allow(Shape.level, { 0x0a: Shape.quote });
allow(Shape.greeks, { 0x09: DOUBLE, 0x11: DOUBLE, 0x19: DOUBLE, 0x21: DOUBLE, 0x29: DOUBLE });
allow(Shape.ohlc, {
  0x0a: TEXT,
  0x11: DOUBLE,
  0x19: DOUBLE,
  0x21: DOUBLE,
  0x29: DOUBLE,
  0x30: VARINT,
  0x38: VARINT,
});
allow(Shape.ohlcList, { 0x0a: Shape.ohlc });

/** Position behind the fields [at, end) of a shape, which is `end`; -1 for anything that is left to the parser. */
export function skipFields(bytes: Buffer, start: number, end: number, shape: number): number {
  const row = shape * 128;
  let at = start;
  while (at < end) {
    const tag = bytes[at++];
    const action = tag < 128 ? ACTIONS[row + tag] : 0;
    if (action === VARINT) {
      at = skipVarint(bytes, at, end);
      if (at < 0) return -1;
    } else if (action === DOUBLE) at += 8;
    else {
      if (action === 0) return -1;
      const length = bytes[at++];
      const after = at + length;
      // One byte of length: none of these messages is longer, and so no text of theirs.
      if (!(length < 128 && after <= end)) return -1;
      if (action === TEXT ? !isPlainText(bytes, at, after) : !isWhole(bytes, at, after, action)) return -1;
      at = after;
    }
  }
  return at === end ? at : -1;
}

/** Most of a frame are quotes, in the order in which an encoder writes them: read in step, that is twice as fast. */
function isWhole(bytes: Buffer, start: number, end: number, shape: number): boolean {
  if (shape === QUOTE && skipQuote(bytes, start, end) === end) return true;
  return skipFields(bytes, start, end, shape) === end;
}

function skipQuote(bytes: Buffer, start: number, end: number): number {
  let at = start;
  if (bytes[at] === 0x08) at = skipVarint(bytes, at + 1, end);
  if (bytes[at] === 0x11) at += 9;
  if (bytes[at] === 0x18) at = skipVarint(bytes, at + 1, end);
  return bytes[at] === 0x21 ? at + 9 : at;
}

/** As `skipFields` for a candle, its fields in the order in which an encoder writes them first. */
export function skipCandle(bytes: Buffer, start: number, end: number): number {
  let at = start;
  if (bytes[at] === 0x0a && bytes[at + 1] === 2 && isPlainText(bytes, at + 2, at + 4)) at += 4;
  if (bytes[at] === 0x11) at += 9;
  if (bytes[at] === 0x19) at += 9;
  if (bytes[at] === 0x21) at += 9;
  if (bytes[at] === 0x29) at += 9;
  if (bytes[at] === 0x30) at = skipVarint(bytes, at + 1, end);
  if (bytes[at] === 0x38) at = skipVarint(bytes, at + 1, end);
  return at === end ? at : skipFields(bytes, start, end, OHLC);
}

/** Position behind a varint of at most eight bytes, or -1: numbers of more bytes are none that a double holds. */
export function skipVarint(bytes: Buffer, start: number, end: number): number {
  const stop = start + 8 < end ? start + 8 : end;
  for (let at = start; at < stop; at++) if (bytes[at] < 128) return at + 1;
  return -1;
}

/** ASCII that can be printed: any other text is for who knows UTF-8. */
export function isPlainText(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] < 0x20 || bytes[at] > 0x7e) return false;
  return true;
}
