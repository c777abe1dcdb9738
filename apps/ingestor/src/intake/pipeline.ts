import { CandleBuilder, GapLedger } from '@tickwright/market';
import type { Calendars, ControlEvent, Deduplicator, InstrumentTable, TickBatch } from '@tickwright/market';
import type { Venue } from '@tickwright/venues';
import type { FrameBlock } from '@tickwright/journal';
import { Fold } from './fold.ts';
import { TickBuffer } from '../ticks/tick-buffer.ts';

export interface PipelineOptions {
  readonly instruments: InstrumentTable;
  readonly venues: readonly Venue[];
  readonly calendars: Calendars;
  readonly memoryHours: number;
  /** Bound of the tick buffer, rows. */
  readonly maxBufferedRows: number;
  readonly startOffset: number;
  readonly onRejected?: (venue: string, bytes: Buffer, offset: number) => void;
}

/** The live fold with all that hangs on it: gaps, candles in memory, ticks waiting for the next flush. */
export class Pipeline {
  readonly fold: Fold;
  readonly gaps: GapLedger;
  readonly candles: CandleBuilder;
  readonly buffer: TickBuffer;
  #hasLedgerChanged = false;

  constructor(options: PipelineOptions) {
    const { instruments, calendars, memoryHours } = options;
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
        onControl: (event, receiveMicros, offset) => this.#control(event, receiveMicros, offset),
        ...(options.onRejected === undefined ? {} : { onRejected: options.onRejected }),
      },
      options.startOffset,
    );
    this.gaps.attach(this.fold.deduplicator);
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
  }

  #control(event: ControlEvent, receiveMicros: number, offset: number): void {
    if (event.type === 'clock') this.candles.clock(receiveMicros, offset);
    else this.#hasLedgerChanged = true;
    this.gaps.control(event, { receiveMicros, offset });
  }
}
