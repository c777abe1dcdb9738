/** Frames of the ring before their numbers are used again; with 200 instruments 64 chunks of 70 KB. */
const CHUNKS = 64;
const CHUNK_BYTES = 60_000;
const ID_DIGITS = 7;
const TIME_DIGITS = 13;
const LOW_DIGITS = 4;
const ZERO = 0x30;

interface Chunk {
  readonly bytes: Buffer;
  /** Where each frame begins, and the end of the last. */
  readonly starts: Int32Array;
  /** Positions of the digits that change: the id's last seven, the event's and the trade's time. */
  readonly ids: Int32Array;
  readonly times: Int32Array;
  readonly frames: number;
  /** What the digits before the last four were written for: they seldom change. */
  readonly high: Float64Array;
}

/**
 * Binance trade messages as encoded WebSocket frames, some 176 bytes each, without end: encoded once; before a chunk is
 * sent again only the digits of its ids and times are written anew. Ids are contiguous for each instrument.
 */
export class BurstFrames {
  readonly symbols: readonly string[];
  readonly #chunks: readonly Chunk[];
  readonly #passes: number;
  readonly #id = new Uint8Array(ID_DIGITS);
  readonly #time = new Uint8Array(TIME_DIGITS);
  #sent = 0;
  #pass = 0;

  constructor(instruments: number) {
    this.symbols = symbolsOf(instruments);
    this.#passes = Math.max(1, Math.round(CHUNK_BYTES / (176 * instruments)));
    this.#chunks = Array.from({ length: CHUNKS }, (_, at) => encodeChunk(this.symbols, this.#passes, at));
  }

  /** The next chunk, its trades made at that time. It may be used until 64 more have been asked for. */
  next(nowMs: number): Chunk {
    const chunk = this.#chunks[this.#sent++ % CHUNKS];
    this.#stamp(chunk, nowMs);
    return chunk;
  }

  #stamp(chunk: Chunk, nowMs: number): void {
    const { bytes, ids, times } = chunk;
    writeDigits(this.#time, nowMs);
    const firstOfTime = firstChanged(chunk.high, 0, { value: nowMs, digits: TIME_DIGITS });
    const perPass = chunk.frames / this.#passes;
    for (let pass = 0; pass < this.#passes; pass += 1) {
      writeDigits(this.#id, this.#pass);
      const firstOfId = firstChanged(chunk.high, 1 + pass, { value: this.#pass, digits: ID_DIGITS });
      this.#pass += 1;
      for (let frame = pass * perPass; frame < (pass + 1) * perPass; frame += 1) {
        copyDigits(this.#id, firstOfId, bytes, ids[frame]);
        copyDigits(this.#time, firstOfTime, bytes, times[2 * frame]);
        copyDigits(this.#time, firstOfTime, bytes, times[2 * frame + 1]);
      }
    }
  }
}

/** Seven characters as the best known pairs have: `AAAUSDT`, `AABUSDT`, ... */
export function symbolsOf(count: number): string[] {
  const letter = (index: number): string => String.fromCharCode(65 + (Math.floor(index) % 26));
  return Array.from({ length: count }, (_, at) => `${letter(at / 676)}${letter(at / 26)}${letter(at)}USDT`);
}

/** One trade message in the combined envelope, in the venue's key order. */
export function tradeMessage(trade: {
  symbol: string;
  instrument: number;
  sequence: number;
  timeMs: number;
}): string {
  const { symbol, instrument, sequence, timeMs } = trade;
  const mix = Math.imul(sequence * 7919 + instrument, 2_654_435_761) >>> 0;
  const price = (60_000 - 290 * instrument + (mix % 9_973) / 100).toFixed(8);
  const quantity = ((1 + ((mix >>> 8) % 99_991)) / 100_000).toFixed(8);
  const id = `${1_000 + instrument}${String(sequence).padStart(ID_DIGITS, '0')}`;
  return `{"stream":"${symbol.toLowerCase()}@trade","data":{"e":"trade","E":${timeMs},"s":"${symbol}","t":${id},"p":"${price}","q":"${quantity}","T":${timeMs},"m":${mix % 2 === 0},"M":true}}`;
}

function encodeChunk(symbols: readonly string[], passes: number, number: number): Chunk {
  const frames = passes * symbols.length;
  const parts: Buffer[] = [];
  const starts = new Int32Array(frames + 1);
  const ids = new Int32Array(frames);
  const times = new Int32Array(2 * frames);
  for (let frame = 0; frame < frames; frame += 1) {
    const instrument = (frame * 7919) % symbols.length;
    const sequence = number * passes + Math.floor(frame / symbols.length);
    const symbol = symbols[instrument];
    const text = tradeMessage({ symbol, instrument, sequence, timeMs: 1_700_000_000_000 });
    const encoded = webSocketFrame(Buffer.from(text));
    const body = starts[frame] + 4;
    ids[frame] = body + text.indexOf('"t":') + 4 + 4;
    times[2 * frame] = body + text.indexOf('"E":') + 4;
    times[2 * frame + 1] = body + text.indexOf('"T":') + 4;
    starts[frame + 1] = starts[frame] + encoded.length;
    parts.push(encoded);
  }
  const high = new Float64Array(1 + passes).fill(-1);
  return { bytes: Buffer.concat(parts), starts, ids, times, frames, high };
}

/** An unmasked text frame of 126 to 65,535 bytes. RFC 6455, 5.2. */
function webSocketFrame(payload: Buffer): Buffer {
  const header = Buffer.from([0x81, 126, 0, 0]);
  header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

function writeDigits(into: Uint8Array, value: number): void {
  let rest = value;
  for (let at = into.length - 1; at >= 0; at -= 1) {
    const next = Math.floor(rest / 10);
    into[at] = ZERO + rest - next * 10;
    rest = next;
  }
}

/** The first digit that must be written: all of them, or the last four where those before still stand. */
function firstChanged(high: Float64Array, slot: number, number: { value: number; digits: number }): number {
  const now = Math.floor(number.value / 10 ** LOW_DIGITS);
  if (high[slot] === now) return number.digits - LOW_DIGITS;
  high[slot] = now;
  return 0;
}

function copyDigits(from: Uint8Array, first: number, into: Buffer, at: number): void {
  for (let digit = first; digit < from.length; digit += 1) into[at + digit] = from[digit];
}
