import type { CandleColumns, InstrumentTable, UnloadedCandle } from '@tickwright/market';
import { SCHEDULES, SerialGate, SharedRun, retry } from '@tickwright/runtime';
import type { Clock, Log, LoopCounts } from '@tickwright/runtime';
import type { Journal } from '@tickwright/journal';
import type { CandleFiles } from '@tickwright/store';
import type { Pipeline } from '../intake/pipeline.ts';
import type { TickStore } from '../ticks/tick-store.ts';
import { OwedCandles } from './owed-candles.ts';
import type { Recompute } from './recompute.ts';
import type { PublishStatus } from './status-publisher.ts';

export interface AggregatorOptions {
  readonly pipeline: Pipeline;
  readonly journal: Journal;
  readonly tickFile: Pick<TickStore, 'appliedOffset'>;
  readonly candleFiles: Pick<CandleFiles, 'publishHour'>;
  readonly instruments: Pick<InstrumentTable, 'at'>;
  readonly recompute: Recompute;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes what status.json says of this moment; the result writes it, with the offset published up to. */
  readonly statusNow: () => PublishStatus;
}

export interface AggregatorHealth {
  state: 'ok' | 'failing';
  /** By the monotonic clock; undefined before the first. */
  lastPublishMs: number | undefined;
  lastDurationMs: number;
  publishedOffset: number;
  cycles: number;
  skippedCycles: number;
  failures: number;
  retries: number;
  lastError: string | undefined;
}

export interface CycleOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the cycle may go on to compute hours that are not in memory; it computes one of them in any case, and the
   * others wait for the next cycles. All of them unless told.
   */
  readonly oldHoursMs?: number;
}

interface HourRows {
  readonly segment: string;
  readonly hourMicros: number;
  readonly rows: CandleColumns;
}

/** Publishes what changed in the candles since the last cycle, once the frames behind it are durable. */
export class Aggregator {
  readonly health: AggregatorHealth = {
    state: 'ok',
    lastPublishMs: undefined,
    lastDurationMs: 0,
    publishedOffset: 0,
    cycles: 0,
    skippedCycles: 0,
    failures: 0,
    retries: 0,
    lastError: undefined,
  };
  /** Rounds of the publishing loop, and those that a long cycle has covered. */
  readonly loop: LoopCounts = { rounds: 0, missed: 0 };
  readonly #options: AggregatorOptions;
  readonly #gate = new SerialGate();
  /** Candles out of memory that late ticks touched, waiting until those ticks are stored. */
  readonly #owed: OwedCandles;
  readonly #shared = new SharedRun((signal) => this.#gate.run(() => this.#cycle(signal)));
  /** Of the cycle that is asked for. */
  #oldHoursMs = Number.POSITIVE_INFINITY;

  constructor(options: AggregatorOptions) {
    this.#options = options;
    this.#owed = new OwedCandles(options.instruments);
  }

  /** Candles to compute again from stored ticks, for example those that were not yet published at a crash. */
  owe(candles: readonly UnloadedCandle[]): void {
    this.#owed.add(candles);
  }

  /**
   * One cycle. Resolves to whether all was published; never rejects. A call during a cycle is counted and joins it, and
   * its signal interrupts it.
   */
  cycle(options: CycleOptions = {}): Promise<boolean> {
    const { signal, oldHoursMs = Number.POSITIVE_INFINITY } = options;
    if (this.#shared.isRunning) this.health.skippedCycles += 1;
    else this.#oldHoursMs = oldHoursMs;
    return this.#shared.run(signal);
  }

  /** Runs work between two cycles: the published files belong together and stay as they are. Cycles wait for its end. */
  still<T>(work: () => Promise<T>): Promise<T> {
    return this.#gate.run(work);
  }

  async #cycle(signal: AbortSignal): Promise<boolean> {
    const { pipeline, clock, log, journal } = this.#options;
    const startedMs = clock.monotonicMs();
    const { cut, hours, publishStatus } = this.#snapshot();
    const left = new Set(hours);
    try {
      await journal.waitDurable(cut, signal);
      for (const hour of hours) {
        await this.#publish(hour, signal);
        left.delete(hour);
      }
      await this.#recompute(signal);
      const publishedOffset = this.#publishedOffset(cut);
      await publishStatus(publishedOffset);
      pipeline.candles.forget();
      this.#succeeded(publishedOffset, clock.monotonicMs() - startedMs);
      return true;
    } catch (error) {
      pipeline.candles.returnChangedHours(
        [...left].map(({ segment, hourMicros }) => ({ segment, hourMicros })),
      );
      // The end of the run interrupted this cycle; the last one takes its hours along.
      if (signal.aborted) return false;
      this.health.failures += 1;
      this.health.lastError = error instanceof Error ? error.message : String(error);
      if (this.health.state === 'ok') {
        log.warn(
          { error: this.health.lastError },
          'candles could not be published; trying again at every cycle',
        );
      }
      this.health.state = 'failing';
      return false;
    }
  }

  /** Copies what changed, at one offset; nothing of it waits for a file. */
  #snapshot(): { cut: number; hours: HourRows[]; publishStatus: PublishStatus } {
    const { pipeline } = this.#options;
    const cut = pipeline.settle();
    const { candles, gaps } = pipeline;
    // Both ends of a gap belong to it: one that ends with the first microsecond of a minute overlaps that minute.
    for (const { instrument, fromMicros, toMicros, since } of gaps.changedSpans())
      candles.touch(instrument, { fromMicros, toMicros: toMicros + 1, offset: cut - 1, since });
    const isComplete = (instrument: number, openTime: number, closeTime: number): boolean =>
      !gaps.overlaps(instrument, openTime, closeTime);
    const hours = candles.takeChangedHours().map(({ segment, hourMicros }) => ({
      segment,
      hourMicros,
      rows: candles.hourRows(segment, hourMicros, isComplete),
    }));
    this.#owed.add(candles.takeUnloaded());
    return { cut, hours, publishStatus: this.#options.statusNow() };
  }

  #publish(hour: HourRows, signal: AbortSignal): Promise<void> {
    const { candleFiles, clock } = this.#options;
    return retry(() => candleFiles.publishHour(hour.segment, hour.hourMicros, hour.rows), {
      schedule: SCHEDULES.aggregate,
      clock,
      signal,
      onFailure: ({ retryInMs }) => {
        if (retryInMs !== undefined) this.health.retries += 1;
      },
    });
  }

  /** Hour by hour, so that an hour of now never waits for many old ones, such as those of a long fill. */
  async #recompute(signal: AbortSignal): Promise<void> {
    const { tickFile, recompute, clock } = this.#options;
    const untilMs = clock.monotonicMs() + this.#oldHoursMs;
    for (const hour of this.#owed.stored(tickFile.appliedOffset)) {
      signal.throwIfAborted();
      const startedMs = clock.monotonicMs();
      await recompute(hour);
      this.#owed.computed(hour);
      const endedMs = clock.monotonicMs();
      // The next one is likely to take as long.
      if (endedMs + (endedMs - startedMs) >= untilMs) return;
    }
  }

  /** Up to where the candle files stand for ticks and gaps: not beyond what touched a candle that still waits. */
  #publishedOffset(cut: number): number {
    return Math.min(cut, this.#owed.since);
  }

  #succeeded(publishedOffset: number, durationMs: number): void {
    if (this.health.state !== 'ok')
      this.#options.log.info({ offset: publishedOffset }, 'candles are published again');
    Object.assign(this.health, {
      state: 'ok',
      lastPublishMs: this.#options.clock.monotonicMs(),
      lastDurationMs: durationMs,
      publishedOffset,
      cycles: this.health.cycles + 1,
      lastError: undefined,
    });
  }
}
