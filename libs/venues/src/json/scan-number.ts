/**
 * Numbers and symbols out of bytes, without a string: the parts of a venue's scanner. Each takes the position of a token's
 * first byte and gives the one behind its last, or -1 where the token is left to the slow path. Measured by
 * scripts/bench/decode.ts.
 */
const UNSURE = -1;
const QUOTE = 0x22;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
/** 10^k is exact in float64 up to here, so a whole number below 2^53 divided by it is rounded once, correctly. */
const MAX_EXACT_POWER = 22;
const POWERS_OF_TEN = Float64Array.from({ length: MAX_EXACT_POWER + 1 }, (_, k) => Number(`1e${k}`));

/** A whole number that JSON allows and float64 holds. Returns the position behind it, or -1. */
export function scanInteger(bytes: Buffer, start: number, numbers: Float64Array, slot: number): number {
  let at = start;
  let high = 0;
  let digit = bytes[at] - ZERO;
  // Nine digits fit an int32, whose arithmetic is cheaper; ids and times have 10 to 16.
  for (const stop = start + 9; at < stop && digit >= 0 && digit <= 9; digit = bytes[++at] - ZERO) {
    high = (high * 10 + digit) | 0;
  }
  let value = high;
  for (; digit >= 0 && digit <= 9; digit = bytes[++at] - ZERO) value = value * 10 + digit;
  const isLeadingZero = bytes[start] === ZERO && at > start + 1;
  if (at === start || isLeadingZero || value > Number.MAX_SAFE_INTEGER) return UNSURE;
  numbers[slot] = value;
  return at;
}

/**
 * A positive decimal, `12.50`: the float64 nearest to it, whatever its length. An exponent, a sign or a zero is unsure.
 * Leading zeros are taken: in quotes they are allowed.
 */
export function scanDecimal(bytes: Buffer, start: number, numbers: Float64Array, slot: number): number {
  let at = start;
  let mantissa = 0;
  let digit = bytes[at] - ZERO;
  for (; digit >= 0 && digit <= 9; digit = bytes[++at] - ZERO) mantissa = mantissa * 10 + digit;
  if (at === start) return UNSURE;
  let decimals = 0;
  if (bytes[at] === DOT) {
    const point = at++;
    let fraction = 0;
    digit = bytes[at] - ZERO;
    // Nine digits fit an int32, whose arithmetic is cheaper; most venues have eight decimals.
    for (const stop = at + 9; at < stop && digit >= 0 && digit <= 9; digit = bytes[++at] - ZERO) {
      fraction = (fraction * 10 + digit) | 0;
    }
    mantissa = mantissa * POWERS_OF_TEN[at - point - 1] + fraction;
    for (; digit >= 0 && digit <= 9; digit = bytes[++at] - ZERO) mantissa = mantissa * 10 + digit;
    decimals = at - point - 1;
    if (decimals === 0) return UNSURE;
  }
  const isExact = mantissa <= Number.MAX_SAFE_INTEGER && decimals <= MAX_EXACT_POWER;
  const value = isExact ? mantissa / POWERS_OF_TEN[decimals] : Number(bytes.toString('latin1', start, at));
  if (!(value > 0) || value === Infinity) return UNSURE;
  numbers[slot] = value;
  return at;
}

/** A symbol in quotes: writes its start, its end and its hash (as `symbolHash`) to marks 0, 1 and 2. */
export function scanSymbol(bytes: Buffer, quote: number, marks: Int32Array): number {
  if (bytes[quote] !== QUOTE) return UNSURE;
  let hash = 0;
  let at = quote + 1;
  for (; ; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) break;
    if (!(byte >= 0x20 && byte <= 0x7e) || byte === BACKSLASH) return UNSURE;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  marks[0] = quote + 1;
  marks[1] = at;
  marks[2] = hash;
  return at + 1;
}
