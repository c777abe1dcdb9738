import {
  Deduplicator,
  FrameKind,
  InstrumentTable,
  TickBatch,
  decodeControl,
  instrumentKey,
  splitKey,
} from '@tickwright/market';
import type { Calendars, ControlEvent, FrameSource, HoleListener, InstrumentRow } from '@tickwright/market';
import type { FrameBlock } from '@tickwright/journal';
import { Decoded, MAX_TICKS_A_FRAME } from '@tickwright/venues';
import type { Decoder, Venue } from '@tickwright/venues';

/** Rows that one turn of the event loop collects before they are folded: 16 k rows of 80 bytes stay in the cache. */
const BATCH_ROWS = 16_384;

export interface FoldOptions {
  readonly instruments: InstrumentTable;
  readonly venues: readonly Venue[];
  readonly calendars: Calendars;
  readonly gaps: HoleListener;
  /** Receives accepted ticks in arrival order; the batch is reused afterwards. */
  readonly onTicks: (batch: TickBatch) => void;
  /** Receives control events, after the ticks of all frames before them. */
  readonly onControl?: (event: ControlEvent, receiveMicros: number, offset: number) => void;
  /** Is told of a frame that was rejected; the bytes are valid during the call only. */
  readonly onRejected?: (venue: string, bytes: Buffer, offset: number) => void;
}

/**
 * The fold over the journal's frames: decode, de-duplicate, hand on. It takes time from frames only, so that living
 * through the frames and replaying them give the same ticks. Every fold has its own decoders and covered ids.
 */
export class Fold {
  readonly deduplicator: Deduplicator;
  readonly #options: FoldOptions;
  readonly #decoders = new Map<string, Decoder>();
  readonly #batch = new TickBatch(BATCH_ROWS);
  #nextOffset: number;

  constructor(options: FoldOptions, startOffset: number) {
    this.#options = options;
    this.#nextOffset = startOffset;
    const { instruments, gaps, calendars } = options;
    this.deduplicator = new Deduplicator({ instruments, gaps, calendars });
    for (const venue of options.venues) this.#decoders.set(venue.name, venue.createDecoder(instruments));
  }

  /** Offset after the last frame taken. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** Sets where the fold begins, before it has taken a frame. */
  startAt(offset: number): void {
    this.#nextOffset = offset;
  }

  /** The decoder of a venue; the live path holds it, so that no frame costs a look-up. */
  decoder(venue: string): Decoder {
    const found = this.#decoders.get(venue);
    if (found === undefined) throw new RangeError(`no decoder for venue "${venue}"`);
    return found;
  }

  decoders(): ReadonlyMap<string, Decoder> {
    return this.#decoders;
  }

  /** Hot path: one WebSocket message. */
  message(venue: string, decoder: Decoder, receiveMicros: number, offset: number, bytes: Buffer): void {
    if (this.#batch.count + MAX_TICKS_A_FRAME > BATCH_ROWS) this.settle();
    this.#nextOffset = offset + 1;
    if (decoder.decode(bytes, receiveMicros, offset, this.#batch) === Decoded.rejected) {
      this.#options.onRejected?.(venue, bytes, offset);
    }
  }

  /** A control event of our own. */
  control(event: ControlEvent, receiveMicros: number, offset: number): void {
    this.settle();
    this.#nextOffset = offset + 1;
    if (event.type === 'instruments') this.#register(event.rows);
    this.#options.onControl?.(event, receiveMicros, offset);
  }

  /** Hands on what has been decoded. Returns the offset up to which everything is handed on. */
  settle(): number {
    if (this.#batch.count > 0) {
      this.deduplicator.accept(this.#batch);
      if (this.#batch.count > 0) this.#options.onTicks(this.#batch);
      this.#batch.clear();
    }
    return this.#nextOffset;
  }

  /** Frames read back from the journal, or from a recording that has been journaled. Skips what was taken before. */
  block(block: FrameBlock): void {
    for (let frame = 0; frame < block.count; frame += 1) {
      const offset = block.firstOffset + frame;
      if (offset < this.#nextOffset) continue;
      const source = block.sources[block.source[frame] ?? 0];
      if (source === undefined)
        throw new RangeError(`frame ${offset} names a source that its block does not list`);
      const bytes = block.bytes.subarray(block.start[frame], block.end[frame]);
      this.frame({ source, receiveMicros: block.receiveTime[frame] ?? 0, offset, bytes });
    }
  }

  /** One frame of any kind. */
  frame(frame: { source: FrameSource; receiveMicros: number; offset: number; bytes: Buffer }): void {
    const { source, receiveMicros, offset, bytes } = frame;
    const decoder = this.#decoders.get(source.venue);
    if (source.kind === FrameKind.control) {
      this.control(decodeControl(bytes), receiveMicros, offset);
    } else if (decoder === undefined) {
      // A venue that this version does not know.
      this.#nextOffset = offset + 1;
    } else if (source.kind === FrameKind.message) {
      this.message(source.venue, decoder, receiveMicros, offset, bytes);
    } else {
      this.answer(source.venue, decoder, receiveMicros, offset, bytes);
    }
  }

  /** A REST answer. */
  answer(venue: string, decoder: Decoder, receiveMicros: number, offset: number, bytes: Buffer): void {
    if (this.#batch.count + MAX_TICKS_A_FRAME > BATCH_ROWS) this.settle();
    this.#nextOffset = offset + 1;
    if (decoder.decodeAnswer(bytes, receiveMicros, offset, this.#batch) === Decoded.rejected) {
      this.#options.onRejected?.(venue, bytes, offset);
    }
  }

  #register(rows: readonly InstrumentRow[]): void {
    for (const row of rows) addInstrument(this.#options.instruments, row);
  }
}

/** Puts a registered instrument into a table. */
export function addInstrument(table: InstrumentTable, row: InstrumentRow): number {
  const key = instrumentKey(row.key);
  return table.add({ ...row, key, ...splitKey(key) });
}
