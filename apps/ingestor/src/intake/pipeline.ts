import { CandleBuilder, GapLedger } from '@tickwright/market';
import type {
  Calendars,
  CandleColumns,
  GoneMinute,
  ControlEvent,
  Deduplicator,
  InstrumentTable,
  TickBatch,
  VenueRow,
} from '@tickwright/market';
import type { Venue } from '@tickwright/venues';
import type { FrameBlock } from '@tickwright/journal';
import { EarlyRound } from '@tickwright/runtime';
import { Fold } from './fold.ts';
import { TickBuffer } from '../ticks/tick-buffer.ts';
import { UnfoldedFrames } from './unfolded-frames.ts';

/**
 * After a closing its publication waits so long: whoever trades on the feed has this time, and the processors, to itself,
 * and what comes a little late is published with the rest.
 */
const AFTER_CLOSING_MS = 150;

export interface PipelineOptions {
  readonly instruments: InstrumentTable;
  readonly venues: readonly Venue[];
  readonly calendars: Calendars;
  readonly memoryHours: number;
  /** Bound of the tick buffer, rows. */
  readonly maxBufferedRows: number;
  readonly onRejected?: (venue: string, bytes: Buffer, offset: number) => void;
}

/** Hears what the live fold has taken in, in the turn in which it did; not what is read back from the journal. */
export interface FoldListener {
  /** Accepted ticks, after the candles have taken them. The batch is reused afterwards. */
  ticks(batch: TickBatch): void;
  /** A clock frame, which may have closed candles. */
  clock(): void;
  /** Candles that are not in memory and were computed from storage, and those of which nothing is left. */
  recomputed(candles: CandleColumns, gone: readonly GoneMinute[]): void;
}

/**
 * The live fold with all that hangs on it: gaps, candles in memory, ticks waiting for the next flush. Until `goLive` it
 * is brought up to the journal from its files, and live frames are put off: `unfolded` takes them.
 */
export class Pipeline {
  readonly fold: Fold;
  readonly gaps: GapLedger;
  readonly candles: CandleBuilder;
  readonly buffer: TickBuffer;
  /** Asked for when live frames have closed candles: whoever trades on their files waits for no beat. */
  readonly closings = new EarlyRound({ afterMs: AFTER_CLOSING_MS });
  readonly #instruments: InstrumentTable;
  readonly #unfolded: UnfoldedFrames;
  #isLive = false;
  #hasLedgerChanged = false;
  #closed = 0;
  #listener: FoldListener | undefined;

  constructor(options: PipelineOptions) {
    const { instruments, calendars, memoryHours } = options;
    this.#instruments = instruments;
    this.buffer = new TickBuffer({ maxRows: options.maxBufferedRows });
    this.candles = new CandleBuilder({ instruments, calendars, memoryHours });
    this.gaps = new GapLedger({ instruments, calendars });
    this.fold = new Fold(
      {
        instruments,
        venues: options.venues,
        calendars,
        gaps: this.gaps,
        onTicks: (batch) => this.#ticks(batch),
        onVenue: (rows) => this.#venue(rows),
        onControl: (event, receiveMicros, offset) => this.#control(event, receiveMicros, offset),
        ...(options.onRejected === undefined ? {} : { onRejected: options.onRejected }),
      },
      0,
    );
    this.#unfolded = new UnfoldedFrames(options.venues);
    this.gaps.attach(this.fold.deduplicator);
  }

  /** One listener; undefined ends it. */
  listen(listener: FoldListener | undefined): void {
    this.#listener = listener;
  }

  /** Passes on what was computed from storage. */
  recomputed(candles: CandleColumns, gone: readonly GoneMinute[]): void {
    this.#listener?.recomputed(candles, gone);
  }

  /** Whether live frames go to the fold as they come. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Where live frames go until then. */
  get unfolded(): UnfoldedFrames {
    return this.#unfolded;
  }

  /**
   * Folds the frames that were kept since `unfolded.keep`, before which all that the journal holds was folded; from then
   * on live ones come to the fold. False when none were kept, or too many came.
   */
  goLive(): boolean {
    const kept = this.#unfolded.take();
    if (kept === undefined) return false;
    for (const frame of kept) this.fold.frame(frame);
    this.#isLive = true;
    return true;
  }

  /** When an instrument's newest tick was received, microseconds UTC; 0 when none is known. */
  lastReceiveMicros(key: string): number {
    if (!this.#isLive) return this.#unfolded.lastReceiveMicros(key);
    const index = this.#instruments.indexOf(key);
    return index < 0 ? 0 : this.deduplicator.lastReceiveMicros(index);
  }

  /** Whether an instrument ever had a tick, by what is folded. */
  hasTicked(instrument: number): boolean {
    return this.deduplicator.lastEventMicros(instrument) >= 0;
  }

  get deduplicator(): Deduplicator {
    return this.fold.deduplicator;
  }

  get nextOffset(): number {
    return this.fold.nextOffset;
  }

  /** Whether the ledger heard of a control event since the last call: what it knows beside its gaps has changed then. */
  takeLedgerChange(): boolean {
    const hasChanged = this.#hasLedgerChanged;
    this.#hasLedgerChanged = false;
    return hasChanged;
  }

  /** Folds what has been decoded; returns the offset up to which everything is folded. */
  settle(): number {
    return this.fold.settle();
  }

  block(block: FrameBlock): void {
    this.fold.block(block);
  }

  #ticks(batch: TickBatch): void {
    this.candles.fold(batch);
    this.buffer.append(batch);
    if (!this.#isLive) return;
    this.#listener?.ticks(batch);
    this.#askAtClosing();
  }

  #venue(rows: readonly VenueRow[]): void {
    this.candles.foldVenue(rows);
    this.buffer.appendVenue(rows);
  }

  #control(event: ControlEvent, receiveMicros: number, offset: number): void {
    if (event.type === 'clock') this.candles.clock(receiveMicros, offset);
    else this.#hasLedgerChanged = true;
    this.gaps.control(event, { receiveMicros, offset });
    if (event.type !== 'clock' || !this.#isLive) return;
    this.#listener?.clock();
    this.#askAtClosing();
  }

  #askAtClosing(): void {
    const { closed } = this.candles.counts;
    if (closed === this.#closed) return;
    this.#closed = closed;
    this.closings.ask();
  }
}
