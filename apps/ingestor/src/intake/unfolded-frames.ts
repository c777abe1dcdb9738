import { FrameKind, InstrumentTable, TickBatch, decodeControl } from '@tickwright/market';
import type { FrameSource } from '@tickwright/market';
import { MAX_TICKS_A_FRAME } from '@tickwright/venues';
import type { Decoder, Venue } from '@tickwright/venues';
import { addInstrument } from './fold.ts';

/** Bytes of frames kept for the join at most; past it they are left to the journal, and the join is tried again. */
const KEPT_BYTES_MAX = 64 * 1_024 * 1_024;

/** A journaled frame as a fold takes it. */
export interface JournaledFrame {
  readonly source: FrameSource;
  readonly receiveMicros: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * Live frames while the fold cannot take them, because what is stored is not known yet. They are in the journal; here
 * only the time of each instrument's newest tick is noted, so that nothing is judged silent that ticks, and near the end
 * the frames themselves, so that the fold can go on from the journal without a seam.
 */
export class UnfoldedFrames {
  /** Apart from the fold's: instruments get their numbers there in the order of the journal. */
  readonly #instruments = new InstrumentTable();
  readonly #decoders: ReadonlyMap<string, Decoder>;
  readonly #ticks = new TickBatch(MAX_TICKS_A_FRAME);
  readonly #receiveMicros: number[] = [];
  #kept: JournaledFrame[] | undefined;
  #keptBytes = 0;
  frames = 0;

  constructor(venues: readonly Venue[]) {
    this.#decoders = new Map(venues.map((venue) => [venue.name, venue.createDecoder(this.#instruments)]));
  }

  /** Keeps the frames that come from now on, until `take`. */
  keep(): void {
    this.#kept = [];
    this.#keptBytes = 0;
  }

  /** The frames since `keep`, in order; undefined when there were too many. */
  take(): readonly JournaledFrame[] | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept;
  }

  /** The bytes are valid during the call only. */
  add(frame: JournaledFrame): void {
    this.frames += 1;
    this.#note(frame);
    if (this.#kept === undefined) return;
    this.#keptBytes += frame.bytes.length;
    if (this.#keptBytes > KEPT_BYTES_MAX) this.#kept = undefined;
    else this.#kept.push({ ...frame, bytes: Buffer.from(frame.bytes) });
  }

  /** When the newest tick of an instrument came, microseconds UTC; 0 when none did. */
  lastReceiveMicros(key: string): number {
    return this.#receiveMicros[this.#instruments.indexOf(key)] ?? 0;
  }

  #note({ source, receiveMicros, offset, bytes }: JournaledFrame): void {
    if (source.kind === FrameKind.control) {
      const event = decodeControl(bytes);
      if (event.type === 'instruments') for (const row of event.rows) addInstrument(this.#instruments, row);
      return;
    }
    if (source.kind !== FrameKind.message) return;
    this.#ticks.clear();
    this.#decoders.get(source.venue)?.decode(bytes, receiveMicros, offset, this.#ticks);
    for (let row = 0; row < this.#ticks.count; row += 1)
      this.#receiveMicros[this.#ticks.instrument[row]] = receiveMicros;
  }
}
