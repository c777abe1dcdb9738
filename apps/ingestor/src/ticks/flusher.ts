import type { Gap } from '@tickwright/market';
import { DatabaseCloseError } from '@tickwright/database';
import { SCHEDULES, SerialGate, SharedRun, TickwrightError, backoff, retry } from '@tickwright/runtime';
import type { Backoff, Clock, FailedTry, Log } from '@tickwright/runtime';
import type { Journal } from '@tickwright/journal';
import type { GapStore, LedgerMemoryStore } from '@tickwright/store';
import type { LiveSide } from './catch-up.ts';
import { CoverageSchedule } from './coverage-schedule.ts';
import type { TickStore } from './tick-store.ts';
import type { Pipeline } from '../intake/pipeline.ts';
import { TickFileMovedError } from './portion.ts';
import type { FlusherHealth, Portion } from './portion.ts';

/** Each try to catch up opens the file anew, after a crash in a child process first. */
const RECOVERY_RETRY = { minMs: 500, maxMs: 5_000 };

export interface FlusherOptions {
  readonly pipeline: Pipeline;
  readonly journal: Journal;
  readonly tickFile: TickStore;
  readonly gapStore: Pick<GapStore, 'append'>;
  readonly ledgerMemory: LedgerMemoryStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Brings the tick file up to the live fold from the journal, after the buffer has been given up. */
  readonly catchUp: (live: LiveSide) => Promise<void>;
}

/**
 * Writes what the pipeline has folded to the tick file, up to an offset that the journal holds durably, in one
 * transaction with that offset. When the tries are used up, the ticks stay in the buffer; when the buffer's bound is
 * passed they stay in the journal alone and are read back from it. Nothing is lost either way, and it goes on trying.
 */
export class Flusher {
  readonly health: FlusherHealth = {
    state: 'ok',
    lastFlushMs: undefined,
    lastDurationMs: 0,
    flushes: 0,
    failures: 0,
    retries: 0,
    flushedRows: 0,
    flushedVenueRows: 0,
    gapRows: 0,
    lastError: undefined,
  };
  readonly #options: FlusherOptions;
  readonly #schedule: CoverageSchedule;
  /** Where the buffer begins: up to here the file holds all, as far as is known; -1 before the first flush. */
  #bufferedFrom = -1;
  readonly #gate = new SerialGate();
  /** A snapshot of what changed was taken and not written: the next one has to be of everything, as of its own offset. */
  #isWholeCoverageOwed = false;
  /** Gap rows of portions that were not written: they go with the next. */
  #owedGaps: Gap[] = [];
  #isLedgerOwed = false;
  readonly #recoveryBackoff: Backoff = backoff(RECOVERY_RETRY);
  #recoveryDueMs = 0;
  readonly #shared = new SharedRun((signal) => this.#gate.run(() => this.#flush(signal)));

  constructor(options: FlusherOptions) {
    this.#options = options;
    this.#schedule = new CoverageSchedule(options.clock);
  }

  /**
   * One flush. Resolves to whether all was written. A call during a flush joins it, and its signal interrupts it. Rejects
   * with DatabaseCloseError only: the engine hangs, and no other can be opened in this process; the journal has the ticks.
   * Where the file follows the journal, calls with a signal, which come again and again, wait between their tries.
   */
  flush(signal?: AbortSignal): Promise<boolean> {
    if (signal !== undefined && !this.#shared.isRunning && this.#isPutOff) return Promise.resolve(false);
    return this.#shared.run(signal);
  }

  /** Runs work between two flushes: what is stored belongs together and stays as it is. Flushes wait for its end. */
  still<T>(work: () => Promise<T>): Promise<T> {
    return this.#gate.run(work);
  }

  async #flush(signal: AbortSignal): Promise<boolean> {
    const { pipeline, clock } = this.#options;
    const startedMs = clock.monotonicMs();
    // What is still to be folded may be what the buffer has no room for: a cut made then would hold none of its ticks.
    pipeline.settle();
    if (pipeline.buffer.isSpilled) return this.#recover(signal);
    const portion = this.#cut();
    try {
      await this.#options.journal.waitDurable(portion.cut, signal);
      await this.#write(portion, signal);
      this.#succeeded(portion, clock.monotonicMs() - startedMs);
      return true;
    } catch (error) {
      if (signal.aborted) this.#postpone(portion);
      else this.#failed(portion, error);
      return false;
    }
  }

  /** The end of the run interrupted this flush; the last one takes its portion along. */
  #postpone(portion: Portion): void {
    this.#options.pipeline.buffer.putBack(portion.chunks, portion.venue);
    if (portion.coverage !== undefined) this.#isWholeCoverageOwed = true;
    this.#owedGaps = [...portion.gaps];
    this.#isLedgerOwed ||= portion.ledger !== undefined;
  }

  /** Asks for the covered ids to be stored with the next flush. */
  askCoverage(): void {
    this.#schedule.ask();
  }

  #cut(): Portion {
    const { pipeline, tickFile } = this.#options;
    const cut = pipeline.settle();
    if (this.#bufferedFrom < 0) this.#bufferedFrom = tickFile.appliedOffset;
    // Without a new frame nothing is written, and a snapshot that was taken would be lost.
    const hasNews = cut > tickFile.appliedOffset;
    const isCoverageDue = hasNews && this.#schedule.isDue;
    const changedOnly = !this.#isWholeCoverageOwed;
    const isCoverageTaken = isCoverageDue || (hasNews && !changedOnly);
    const coverage = isCoverageTaken ? pipeline.deduplicator.snapshot({ changedOnly }) : [];
    if (isCoverageDue) this.#schedule.taken();
    const gaps = [...this.#owedGaps, ...pipeline.gaps.takeChanges()];
    this.#owedGaps = [];
    const isLedgerDue = pipeline.takeLedgerChange() || this.#isLedgerOwed || isCoverageDue;
    this.#isLedgerOwed = false;
    return {
      from: this.#bufferedFrom,
      cut,
      chunks: pipeline.buffer.take(),
      venue: pipeline.buffer.takeVenue(),
      coverage: coverage.length > 0 ? coverage : undefined,
      gaps,
      ledger: isLedgerDue ? pipeline.gaps.memory() : undefined,
    };
  }

  async #write(portion: Portion, signal: AbortSignal): Promise<void> {
    const { tickFile, gapStore, ledgerMemory, clock } = this.#options;
    // Gaps first: rows newer than the tick file's offset are ignored at a start and derived again from the journal.
    if (portion.gaps.length > 0) {
      await gapStore.append(portion.gaps);
      this.health.gapRows += portion.gaps.length;
    }
    if (portion.ledger !== undefined) await ledgerMemory.save(portion.cut, portion.ledger);
    const receiveMicros = clock.nowMicros();
    await retry(
      async () => {
        const stored = tickFile.appliedOffset;
        if (stored >= portion.cut) return;
        if (stored !== portion.from) throw new TickFileMovedError({ stored, expected: portion.from });
        const state = { appliedOffset: portion.cut, receiveMicros, venue: portion.venue };
        try {
          await tickFile.append(
            portion.chunks,
            portion.coverage === undefined ? state : { ...state, coverage: portion.coverage },
          );
        } catch (error) {
          // Whatever COMMIT said, the stored offset tells whether the portion is in.
          if ((await tickFile.reload()) < portion.cut) throw error;
        }
      },
      {
        schedule: SCHEDULES.flush,
        clock,
        // Trying again is always safe: the stored offset decides what is still to be written.
        shouldRetry: (error) => !signal.aborted && !(error instanceof TickFileMovedError),
        signal,
        onFailure: (failure) => this.#retrying(failure),
      },
    );
  }

  #succeeded(portion: Portion, durationMs: number): void {
    const { pipeline, clock, log } = this.#options;
    const rows = portion.chunks.reduce((sum, chunk) => sum + chunk.count, 0);
    pipeline.buffer.recycle(portion.chunks);
    this.#bufferedFrom = portion.cut;
    this.#schedule.stored(rows);
    if (portion.coverage !== undefined) this.#isWholeCoverageOwed = false;
    if (this.health.state !== 'ok')
      log.info({ offset: portion.cut, rows }, 'the tick file takes ticks again');
    Object.assign(this.health, {
      state: 'ok',
      lastFlushMs: clock.monotonicMs(),
      lastDurationMs: durationMs,
      flushes: this.health.flushes + 1,
      flushedRows: this.health.flushedRows + rows,
      flushedVenueRows: this.health.flushedVenueRows + portion.venue.length,
      lastError: undefined,
    });
  }

  #retrying({ error, retryInMs }: FailedTry): void {
    if (retryInMs === undefined) return;
    this.health.retries += 1;
    this.#options.log.debug({ error: String(error), retryInMs }, 'a flush failed and is tried again');
  }

  #failed(portion: Portion, error: unknown): void {
    const { pipeline, log } = this.#options;
    this.#postpone(portion);
    if (error instanceof DatabaseCloseError) throw error;
    if (error instanceof TickFileMovedError) pipeline.buffer.spill();
    const message = error instanceof Error ? error.message : String(error);
    if (this.health.state === 'ok') {
      log.warn(
        { error: message },
        'the tick file takes no ticks; they are kept in the journal and it is tried again',
      );
    }
    this.health.state = pipeline.buffer.isSpilled ? 'journal-only' : 'retrying';
    this.health.failures += 1;
    this.health.lastError = message;
    if (!(error instanceof TickwrightError)) log.error({ error }, 'a flush failed unexpectedly');
  }

  /** The file follows the journal, and its last try was a moment ago. */
  get #isPutOff(): boolean {
    const { pipeline, clock } = this.#options;
    return pipeline.buffer.isSpilled && clock.monotonicMs() < this.#recoveryDueMs;
  }

  /** The buffer was given up: the tick file follows the journal until it has caught up with the live fold. */
  async #recover(signal: AbortSignal): Promise<boolean> {
    const { pipeline, clock, log, tickFile } = this.#options;
    this.health.state = 'journal-only';
    try {
      await tickFile.reload();
      if (signal.aborted) return false;
      await this.#options.catchUp({
        join: () => {
          // Called near the end: from this offset on the buffer collects again, so the two join without a seam.
          const offset = pipeline.settle();
          pipeline.buffer.resume();
          // What the live fold knows of gaps goes with its next portion.
          this.#isLedgerOwed = true;
          this.#bufferedFrom = offset;
          return offset;
        },
        storedGaps: (rows) => {
          this.health.gapRows += rows;
        },
      });
      this.#recoveryBackoff.reset();
      Object.assign(this.health, { state: 'ok', lastFlushMs: clock.monotonicMs(), lastError: undefined });
      log.info({ offset: tickFile.appliedOffset }, 'the tick file has caught up with the journal');
      return true;
    } catch (error) {
      pipeline.buffer.spill();
      if (error instanceof DatabaseCloseError) throw error;
      this.#recoveryDueMs = clock.monotonicMs() + this.#recoveryBackoff.nextMs();
      this.health.failures += 1;
      this.health.lastError = error instanceof Error ? error.message : String(error);
      log.warn(
        { error: this.health.lastError },
        'the tick file could not catch up with the journal; trying again',
      );
      return false;
    }
  }
}
