/**
 * Steps over the bytes of JSON tokens. Each function takes the position of a token's first byte and gives the one behind
 * its last, or -1 where the token is not of the strict subset that the scanners know. Reading past the end of a buffer
 * gives undefined, which compares as unequal and out of bounds.
 */
const UNSURE = -1;
const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
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

/** Whether the word's bytes stand at `at`. */
export function isWord(bytes: Buffer, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}
