/**
 * Steps over the bytes of JSON tokens. Each function takes the position of a token's first byte and gives the one behind
 * its last, or -1 where the token is not of the strict subset that the scanner knows. Reading past the end of a buffer
 * gives undefined, which compares as unequal and out of bounds.
 */
const UNSURE = -1;
const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

export function skipScalar(bytes: Buffer, at: number): number {
  const first = bytes[at];
  if (first === QUOTE) return skipString(bytes, at);
  if (!(first >= ZERO && first <= NINE)) return skipWord(bytes, at);
  let i = at + 1;
  while (bytes[i] >= ZERO && bytes[i] <= NINE) i++;
  return first === ZERO && i > at + 1 ? UNSURE : i;
}

/** Behind a string of plain ASCII without escapes, or -1. */
export function skipString(bytes: Buffer, quote: number): number {
  if (bytes[quote] !== QUOTE) return UNSURE;
  for (let at = quote + 1; ; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    // Past the end `byte` is undefined, which is not within bounds either.
    if (!(byte >= 0x20 && byte <= 0x7e) || byte === BACKSLASH) return UNSURE;
  }
}

/** Behind `true`, `false` or `null`, or -1. */
export function skipWord(b: Buffer, at: number): number {
  if (b[at] === 0x74) return b[at + 1] === 0x72 && b[at + 2] === 0x75 && b[at + 3] === 0x65 ? at + 4 : UNSURE;
  if (b[at] === 0x6e) return b[at + 1] === 0x75 && b[at + 2] === 0x6c && b[at + 3] === 0x6c ? at + 4 : UNSURE;
  const isFalse = b[at] === 0x66 && b[at + 1] === 0x61 && b[at + 2] === 0x6c && b[at + 3] === 0x73;
  return isFalse && b[at + 4] === 0x65 ? at + 5 : UNSURE;
}

export function isTrade(b: Buffer, quote: number, after: number): boolean {
  return after - quote === 7 && b[quote + 1] === 0x74 && isRade(b, quote + 2);
}

export function isAggTrade(b: Buffer, quote: number, after: number): boolean {
  if (after - quote !== 10 || b[quote + 1] !== 0x61 || b[quote + 2] !== 0x67) return false;
  return b[quote + 3] === 0x67 && b[quote + 4] === 0x54 && isRade(b, quote + 5);
}

function isRade(b: Buffer, at: number): boolean {
  return b[at] === 0x72 && b[at + 1] === 0x61 && b[at + 2] === 0x64 && b[at + 3] === 0x65;
}

/** `"data":` at `at`. */
export function isDataKey(b: Buffer, at: number): boolean {
  const isData = b[at] === QUOTE && b[at + 1] === 0x64 && b[at + 2] === 0x61 && b[at + 3] === 0x74;
  return isData && b[at + 4] === 0x61 && b[at + 5] === QUOTE && b[at + 6] === COLON;
}

/** `"stream":` at `at`. */
export function isStreamKey(b: Buffer, at: number): boolean {
  const isStre = b[at] === QUOTE && b[at + 1] === 0x73 && b[at + 2] === 0x74 && b[at + 3] === 0x72;
  const isStream = isStre && b[at + 4] === 0x65 && b[at + 5] === 0x61 && b[at + 6] === 0x6d;
  return isStream && b[at + 7] === QUOTE && b[at + 8] === COLON;
}

const SNAPSHOT_KEY = Buffer.from('"lastUpdateId":');
/** A depth snapshot, as REST gives it and partial book streams send it. */
export function isSnapshot(bytes: Buffer, at: number): boolean {
  return bytes[at + 1] === 0x6c && bytes.subarray(at, at + SNAPSHOT_KEY.length).equals(SNAPSHOT_KEY);
}
