/** What a line of a recording is. Positions are of the buffer it stands in. */
export type RecordingLine =
  | { readonly kind: 'frame'; readonly receiveTimeMicros: number; readonly frameAt: number }
  | { readonly kind: 'connection' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'broken'; readonly found: string };

const EXPECTED_DIGITS_NS = 19;
const EXPECTED_DIGITS_SECONDS = 10;
const ZERO = 48;
const SPACE = 32;
const DOT = 46;
const COLON = 58;

/** What a frame's line looks like, for messages. */
export const EXPECTED_LINE =
  '"<nanoseconds since 1970, 19 digits> <frame>" or "<seconds since 1970>.<fraction>: <frame>"';

const EMPTY: RecordingLine = { kind: 'empty' };
const CONNECTION: RecordingLine = { kind: 'connection' };
const CONNECTION_START = Buffer.from('wss');

/**
 * Reads the line in `bytes[from, to)`, without its line end. Times are cut to whole microseconds by their digits: 19
 * digits do not fit a float64. The number of digits tells the unit, so that milliseconds are not taken for something else.
 */
export function readRecordingLine(bytes: Buffer, from: number, to: number): RecordingLine {
  if (isBlank(bytes, from, to)) return EMPTY;
  if (bytes.compare(CONNECTION_START, 0, 3, from, Math.min(from + 3, to)) === 0) return CONNECTION;
  const digitsEnd = skipDigits(bytes, from, to);
  const digits = digitsEnd - from;
  if (digits === EXPECTED_DIGITS_NS && bytes[digitsEnd] === SPACE) {
    const receiveTimeMicros = readInteger(bytes, from, digitsEnd - 3);
    return frameLine({ bytes, receiveTimeMicros, frameAt: digitsEnd + 1, to });
  }
  if (digits === EXPECTED_DIGITS_SECONDS) return readSeconds({ bytes, from, digitsEnd, to });
  return broken(bytes, from, to);
}

function readSeconds(line: { bytes: Buffer; from: number; digitsEnd: number; to: number }): RecordingLine {
  const { bytes, from, digitsEnd, to } = line;
  const fractionAt = digitsEnd + 1;
  const fractionEnd = bytes[digitsEnd] === DOT ? skipDigits(bytes, fractionAt, to) : digitsEnd;
  if (fractionEnd === fractionAt || bytes[fractionEnd] !== COLON || bytes[fractionEnd + 1] !== SPACE) {
    return broken(bytes, from, to);
  }
  const micros = fractionMicros(bytes, fractionAt, fractionEnd);
  const receiveTimeMicros = readInteger(bytes, from, digitsEnd) * 1_000_000 + micros;
  return frameLine({ bytes, receiveTimeMicros, frameAt: fractionEnd + 2, to });
}

function frameLine(line: {
  bytes: Buffer;
  receiveTimeMicros: number;
  frameAt: number;
  to: number;
}): RecordingLine {
  const { frameAt, to } = line;
  if (isBlank(line.bytes, frameAt, to)) return { kind: 'broken', found: 'a time without a frame' };
  return { kind: 'frame', receiveTimeMicros: line.receiveTimeMicros, frameAt };
}

function skipDigits(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] >= ZERO && bytes[at] <= ZERO + 9) at++;
  return at;
}

function readInteger(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + bytes[at] - ZERO;
  return value;
}

/** The first six digits of a fraction; those that are not there are zeros. */
function fractionMicros(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let i = 0; i < 6; i++) value = value * 10 + (from + i < to ? bytes[from + i] - ZERO : 0);
  return value;
}

function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] > SPACE) return false;
  return true;
}

const FOUND_CHARACTERS_MAX = 40;

function broken(bytes: Buffer, from: number, to: number): RecordingLine {
  const text = bytes.toString('utf8', from, Math.min(to, from + FOUND_CHARACTERS_MAX));
  const rest = to - from > FOUND_CHARACTERS_MAX ? '...' : '';
  return { kind: 'broken', found: JSON.stringify(text + rest) };
}
