import {
  Deduplicator,
  FrameKind,
  InstrumentTable,
  TickBatch,
  decodeControl,
  instrumentKey,
  splitKey,
} from '@tickwright/market';
import type {
  Calendars,
  ControlEvent,
  FrameSource,
  HoleListener,
  InstrumentRow,
  VenueRow,
} from '@tickwright/market';
import type { FrameBlock } from '@tickwright/journal';
import { Decoded, MAX_TICKS_A_FRAME, isImport } from '@tickwright/venues';
import type { Decoder, Venue } from '@tickwright/venues';
import { FirstTicks } from './first-ticks.ts';
import { VenueRows } from './venue-rows.ts';

/** Rows that one turn of the event loop collects before they are folded: 16 k rows of 80 bytes stay in the cache. */
const BATCH_ROWS = 16_384;

export interface FoldOptions {
  readonly instruments: InstrumentTable;
  readonly venues: readonly Venue[];
  readonly calendars: Calendars;
  readonly gaps: HoleListener;
  /** Receives accepted ticks in arrival order; the batch is reused afterwards. */
  readonly onTicks: (batch: TickBatch) => void;
  /** Receives what a frame told of the venue's own candles, after the ticks of that frame and of all before it. */
  readonly onVenue?: (rows: readonly VenueRow[]) => void;
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
  readonly #firstTicks: FirstTicks;
  readonly #venue = new VenueRows();
  #nextOffset: number;

  constructor(options: FoldOptions, startOffset: number) {
    this.#options = options;
    this.#nextOffset = startOffset;
    const { instruments, calendars } = options;
    this.#firstTicks = new FirstTicks(options.gaps);
    this.deduplicator = new Deduplicator({ instruments, gaps: this.#firstTicks, calendars });
    const listeners = options.onVenue === undefined ? {} : this.#venue.listeners;
    for (const venue of options.venues)
      this.#decoders.set(venue.name, venue.createDecoder(instruments, listeners));
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
    this.#venue.receiveMicros = receiveMicros;
    if (decoder.decode(bytes, receiveMicros, offset, this.#batch) === Decoded.rejected) {
      this.#options.onRejected?.(venue, bytes, offset);
    }
    // Always behind the ticks up to its frame and before those after it, however frames are cut into batches.
    if (this.#venue.count > 0) this.settle();
  }

  /** A control event of our own. */
  control(event: ControlEvent, receiveMicros: number, offset: number): void {
    this.settle();
    this.#nextOffset = offset + 1;
    if (event.type === 'instruments') this.#register(event.rows);
    if (event.type === 'stand-in') {
      this.#venue.standIns(event.spans, this.#options.instruments, { receiveMicros, offset });
      this.settle();
    }
    this.#options.onControl?.(event, receiveMicros, offset);
  }

  /** Hands on what has been decoded. Returns the offset up to which everything is handed on. */
  settle(): number {
    if (this.#batch.count > 0) {
      this.deduplicator.accept(this.#batch);
      if (this.#batch.count > 0) this.#options.onTicks(this.#batch);
      this.#batch.clear();
    }
    const told = [...this.#firstTicks.take(), ...this.#venue.take()];
    if (told.length > 0) this.#options.onVenue?.(told);
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
    this.#venue.receiveMicros = receiveMicros;
    if (!this.#answered(decoder, { receiveMicros, offset, bytes })) {
      this.#options.onRejected?.(venue, bytes, offset);
    }
    if (this.#venue.count > 0) this.settle();
  }

  /** False for an answer that was refused. */
  #answered(decoder: Decoder, frame: { receiveMicros: number; offset: number; bytes: Buffer }): boolean {
    const { receiveMicros, offset, bytes } = frame;
    if (isImport(bytes))
      return this.#venue.imported(bytes, this.#options.instruments, decoder, { receiveMicros, offset });
    return decoder.decodeAnswer(bytes, receiveMicros, offset, this.#batch) !== Decoded.rejected;
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
