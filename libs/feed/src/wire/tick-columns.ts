import type { TickBatch } from '@tickwright/market';
import { HEADER_BYTES, PayloadKind, startMessage } from './header.ts';

const FLOAT_COLUMNS = 8;
/** Eight float64, one int32, three bytes. */
export const TICK_BYTES = FLOAT_COLUMNS * 8 + 4 + 3;

/**
 * Some ticks of one instrument, in order of arrival, as columns over the bytes that came; the meaning of each is that of
 * the column of this name in `TickBatch`. Rows 0..count-1. Not to be written to.
 */
export class FeedTicks {
  readonly eventTime: Float64Array;
  readonly receiveTime: Float64Array;
  readonly price: Float64Array;
  readonly quantity: Float64Array;
  readonly volume: Float64Array;
  readonly tradeId: Float64Array;
  readonly cumulativeVolume: Float64Array;
  /** Journal offset. */
  readonly offset: Float64Array;
  readonly index: Int32Array;
  readonly side: Uint8Array;
  readonly kind: Uint8Array;
  readonly idSpace: Uint8Array;

  /** `start` must be a multiple of 8 within the buffer. */
  constructor(
    readonly count: number,
    buffer: ArrayBufferLike,
    start: number,
  ) {
    const floats = (column: number): Float64Array =>
      new Float64Array(buffer, start + column * count * 8, count);
    this.eventTime = floats(0);
    this.receiveTime = floats(1);
    this.price = floats(2);
    this.quantity = floats(3);
    this.volume = floats(4);
    this.tradeId = floats(5);
    this.cumulativeVolume = floats(6);
    this.offset = floats(7);
    const ints = start + FLOAT_COLUMNS * count * 8;
    this.index = new Int32Array(buffer, ints, count);
    const bytes = ints + count * 4;
    this.side = new Uint8Array(buffer, bytes, count);
    this.kind = new Uint8Array(buffer, bytes + count, count);
    this.idSpace = new Uint8Array(buffer, bytes + 2 * count, count);
  }
}

/**
 * Hot path: a message with the rows of a batch that `rows[from..to)` name. One typed array for all float columns: a view
 * for each column costs more than its rows at the usual few ticks a message (`scripts/bench/feed.ts`).
 */
export function encodeTicks(batch: TickBatch, rows: Int32Array, span: { from: number; to: number }): Buffer {
  const { from, to } = span;
  const count = to - from;
  const message = startMessage(PayloadKind.ticks, count, count * TICK_BYTES);
  const start = message.byteOffset + HEADER_BYTES;
  const floats = new Float64Array(message.buffer, start, FLOAT_COLUMNS * count);
  const ints = new Int32Array(message.buffer, start + FLOAT_COLUMNS * count * 8, count);
  const bytes = HEADER_BYTES + (FLOAT_COLUMNS * 8 + 4) * count;
  const { eventTime, receiveTime, price, quantity, volume, tradeId, cumulativeVolume, offset } = batch;
  for (let at = 0; at < count; at += 1) {
    const row = rows[from + at];
    floats[at] = eventTime[row];
    floats[count + at] = receiveTime[row];
    floats[2 * count + at] = price[row];
    floats[3 * count + at] = quantity[row];
    floats[4 * count + at] = volume[row];
    floats[5 * count + at] = tradeId[row];
    floats[6 * count + at] = cumulativeVolume[row];
    floats[7 * count + at] = offset[row];
    ints[at] = batch.index[row];
    message[bytes + at] = batch.side[row];
    message[bytes + count + at] = batch.kind[row];
    message[bytes + 2 * count + at] = batch.idSpace[row];
  }
  return message;
}

/** Throws a RangeError when the length is not that of `count` ticks. */
export function decodeTicks(message: Buffer, count: number): FeedTicks {
  if (message.length !== HEADER_BYTES + count * TICK_BYTES)
    throw new RangeError(`${count} ticks in a message of ${message.length} bytes`);
  const whole = aligned(message);
  return new FeedTicks(count, whole.buffer, whole.byteOffset + HEADER_BYTES);
}

/** Typed arrays begin at multiples of their width; where a message lies in memory is up to the library. */
export function aligned(message: Buffer): Buffer {
  if (message.byteOffset % 8 === 0) return message;
  const copy = Buffer.from(new ArrayBuffer(message.length));
  copy.set(message);
  return copy;
}
