import type { TickBatch } from '@tickwright/market';
import { HEADER_BYTES, PayloadKind, startMessage } from './header.ts';

const FLOAT_COLUMNS = 8;
/** Eight float64, one int32, three bytes. */
export const TICK_BYTES = FLOAT_COLUMNS * 8 + 4 + 3;

/**
 * Some ticks of one instrument, in order of arrival, as columns over the bytes that came; the meaning of each is that of
 * the column of this name in `TickBatch`. Rows 0..count-1. Not to be written to. A column is made when it is asked for:
 * with a tick or two a message, making all twelve costs more than all the rest.
 */
export class FeedTicks {
  readonly #buffer: ArrayBufferLike;
  readonly #start: number;
  readonly #floats: (Float64Array | undefined)[] = [];

  /** `start` must be a multiple of 8 within the buffer. */
  constructor(
    readonly count: number,
    buffer: ArrayBufferLike,
    start: number,
  ) {
    this.#buffer = buffer;
    this.#start = start;
  }

  get eventTime(): Float64Array {
    return this.#float(0);
  }

  get receiveTime(): Float64Array {
    return this.#float(1);
  }

  get price(): Float64Array {
    return this.#float(2);
  }

  get quantity(): Float64Array {
    return this.#float(3);
  }

  get volume(): Float64Array {
    return this.#float(4);
  }

  get tradeId(): Float64Array {
    return this.#float(5);
  }

  get cumulativeVolume(): Float64Array {
    return this.#float(6);
  }

  /** Journal offset. */
  get offset(): Float64Array {
    return this.#float(7);
  }

  get index(): Int32Array {
    return new Int32Array(this.#buffer, this.#start + FLOAT_COLUMNS * this.count * 8, this.count);
  }

  get side(): Uint8Array {
    return this.#bytes(0);
  }

  get kind(): Uint8Array {
    return this.#bytes(1);
  }

  get idSpace(): Uint8Array {
    return this.#bytes(2);
  }

  #float(column: number): Float64Array {
    return (this.#floats[column] ??= new Float64Array(
      this.#buffer,
      this.#start + column * this.count * 8,
      this.count,
    ));
  }

  #bytes(column: number): Uint8Array {
    const start = this.#start + (FLOAT_COLUMNS * 8 + 4 + column) * this.count;
    return new Uint8Array(this.#buffer, start, this.count);
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
