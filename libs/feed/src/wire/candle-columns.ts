import { CANDLE_SOURCE_NAMES } from '@tickwright/market';
import type { FeedCandle } from '../feed-event.ts';
import { HEADER_BYTES, PayloadKind, startMessage } from './header.ts';
import { aligned } from './tick-columns.ts';

const FLOAT_COLUMNS = 8;
/** In the byte of the state. */
const CLOSED = 1;
const GONE = 2;
/** Eight float64, two int32, three bytes. */
export const CANDLE_BYTES = FLOAT_COLUMNS * 8 + 2 * 4 + 3;

/** A message with candles of one topic, sorted by open time. */
export function encodeCandles(candles: readonly FeedCandle[]): Buffer {
  const count = candles.length;
  const message = startMessage(PayloadKind.candles, count, count * CANDLE_BYTES);
  const start = message.byteOffset + HEADER_BYTES;
  const floats = new Float64Array(message.buffer, start, FLOAT_COLUMNS * count);
  const ints = new Int32Array(message.buffer, start + FLOAT_COLUMNS * count * 8, 2 * count);
  const bytes = HEADER_BYTES + (FLOAT_COLUMNS * 8 + 2 * 4) * count;
  for (const [at, candle] of candles.entries()) {
    floats[at] = candle.openMicros;
    floats[count + at] = candle.closeMicros;
    floats[2 * count + at] = candle.open;
    floats[3 * count + at] = candle.high;
    floats[4 * count + at] = candle.low;
    floats[5 * count + at] = candle.close;
    floats[6 * count + at] = candle.volume;
    floats[7 * count + at] = candle.version;
    ints[at] = candle.tradeCount;
    ints[count + at] = candle.revision;
    message[bytes + at] = (candle.isClosed ? CLOSED : 0) | (candle.isGone === true ? GONE : 0);
    message[bytes + count + at] = candle.isComplete ? 1 : 0;
    message[bytes + 2 * count + at] = CANDLE_SOURCE_NAMES.indexOf(candle.source);
  }
  return message;
}

/** Throws a RangeError when the length is not that of `count` candles. */
export function decodeCandles(message: Buffer, count: number): FeedCandle[] {
  if (message.length !== HEADER_BYTES + count * CANDLE_BYTES)
    throw new RangeError(`${count} candles in a message of ${message.length} bytes`);
  const whole = aligned(message);
  const start = whole.byteOffset + HEADER_BYTES;
  const floats = new Float64Array(whole.buffer, start, FLOAT_COLUMNS * count);
  const ints = new Int32Array(whole.buffer, start + FLOAT_COLUMNS * count * 8, 2 * count);
  const bytes = HEADER_BYTES + (FLOAT_COLUMNS * 8 + 2 * 4) * count;
  return Array.from({ length: count }, (_, at): FeedCandle => ({
    openMicros: floats[at],
    closeMicros: floats[count + at],
    open: floats[2 * count + at],
    high: floats[3 * count + at],
    low: floats[4 * count + at],
    close: floats[5 * count + at],
    volume: floats[6 * count + at],
    version: floats[7 * count + at],
    tradeCount: ints[at],
    revision: ints[count + at],
    isClosed: (whole[bytes + at] & CLOSED) !== 0,
    isComplete: whole[bytes + count + at] === 1,
    source: CANDLE_SOURCE_NAMES[whole[bytes + 2 * count + at]] ?? 'ticks',
    ...((whole[bytes + at] & GONE) === 0 ? {} : { isGone: true }),
  }));
}
