import { TickBatch } from '@tickwright/market';
import type { CandleColumns, GoneMinute, InstrumentTable } from '@tickwright/market';
import type { FeedSender } from '@tickwright/feed';
import type { Clock } from '@tickwright/runtime';
import type { FoldListener } from '../intake/pipeline.ts';
import type { FeedMemory } from './feed-memory.ts';

/** Ticks that are put together at most; when they are this many they go out at once. */
const MAX_PENDING = 32_768;

export interface FeedPumpOptions {
  readonly sender: Pick<FeedSender, 'sendTicks' | 'sendCandles' | 'sendGaps'>;
  readonly memory: Pick<FeedMemory, 'urgency' | 'takeCandles' | 'takeGaps' | 'recomputed'>;
  readonly instruments: InstrumentTable;
  readonly hasTicks: boolean;
  readonly batchMs: number;
  readonly formingIntervalMs: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Calls back after a time; returns how to call it off. */
  readonly later: (ms: number, call: () => void) => () => void;
  /** Candles closed, or changed after that, and were sent. */
  readonly onUrgent: (urgency: 'closed' | 'changed') => void;
  /** More candles changed at once than can be followed: receivers need everything anew. */
  readonly onOverflow: () => void;
  /** Something failed in the fold's turn, which goes on: what is wrong with the feed must not end the intake. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Moves what the fold has taken in to the feed: ticks in batches, at once after a pause and every `batchMs` in a stream;
 * candles that closed or were revised with them, forming ones and gaps every `formingIntervalMs`.
 */
export class FeedPump implements FoldListener {
  readonly #options: FeedPumpOptions;
  readonly #ticks = new TickBatch(MAX_PENDING);
  #lastMs = -Infinity;
  #lastFormingMs = -Infinity;
  #callOff: (() => void) | undefined;

  constructor(options: FeedPumpOptions) {
    this.#options = options;
  }

  /** Hot path, once a batch. */
  ticks(batch: TickBatch): void {
    try {
      if (this.#options.hasTicks) this.#add(batch);
      this.#soon();
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  clock(): void {
    this.#guarded(() => this.#soon());
  }

  recomputed(candles: CandleColumns, gone: readonly GoneMinute[]): void {
    this.#options.memory.recomputed(candles, gone);
    this.#guarded(() => this.#soon());
  }

  /** Sends what there is. */
  flush(): void {
    const { sender, instruments, memory, clock, formingIntervalMs } = this.#options;
    this.#callOff?.();
    this.#callOff = undefined;
    this.#lastMs = clock.monotonicMs();
    if (this.#ticks.count > 0) sender.sendTicks(this.#ticks, instruments);
    this.#ticks.clear();
    const isDue = this.#lastMs - this.#lastFormingMs >= formingIntervalMs;
    if (isDue) this.#sendGaps();
    const { urgency } = memory;
    if (isDue || urgency !== 'none') this.#sendCandles();
    if (urgency !== 'none') this.#options.onUrgent(urgency);
    if (isDue) this.#lastFormingMs = this.#lastMs;
  }

  /** Sends nothing more by itself. */
  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #soon(): void {
    if (this.#callOff !== undefined) return;
    const { batchMs, clock, later } = this.#options;
    const waitMs = this.#lastMs + batchMs - clock.monotonicMs();
    if (waitMs <= 0) this.flush();
    else this.#callOff = later(waitMs, () => this.#guarded(() => this.flush()));
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  #add(batch: TickBatch): void {
    if (this.#ticks.count + batch.count > MAX_PENDING) this.flush();
    this.#ticks.append(batch);
  }

  /** Before the candles: gaps change what is complete. */
  #sendGaps(): void {
    const { sender, memory, instruments } = this.#options;
    for (const [key, gaps] of memory.takeGaps()) {
      const number = instruments.indexOf(key);
      if (number >= 0) sender.sendGaps(instruments.at(number).key, gaps);
    }
  }

  #sendCandles(): void {
    const changed = this.#options.memory.takeCandles();
    if (changed === undefined) return this.#options.onOverflow();
    for (const { interval, instrument, candles } of changed)
      this.#options.sender.sendCandles(interval, instrument, candles);
  }
}
