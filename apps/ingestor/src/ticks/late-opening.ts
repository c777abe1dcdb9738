import type { Journal } from '@tickwright/journal';
import { ExitCode, TickwrightError, backoff } from '@tickwright/runtime';
import type { Backoff, Clock, Log } from '@tickwright/runtime';
import type { TickFile } from '@tickwright/store';
import type { Pipeline } from '../intake/pipeline.ts';
import type { Flusher } from './flusher.ts';

/** Each try opens the file, after a crash in a child process first: soon at the beginning, then rarely. */
const RETRY = { minMs: 500, maxMs: 5_000 };

export interface LateOpeningOptions {
  readonly tickFile: TickFile;
  readonly journal: Journal;
  readonly pipeline: Pipeline;
  /** Its health tells of the tick file's state from the start on. */
  readonly flusher: Flusher;
  readonly clock: Clock;
  readonly log: Log;
  readonly bringUp: (signal: AbortSignal) => Promise<void>;
}

/**
 * Opens a tick file that was away at the start (another process had it, or the disk was full) as soon as it can be, then
 * brings the fold up to the journal as at any start. Until then frames are journaled and nothing else: without the ids
 * that are stored, what is new and what is a duplicate cannot be told.
 */
export class LateOpening {
  readonly #options: LateOpeningOptions;
  readonly #backoff: Backoff = backoff(RETRY);
  readonly #startOffset: number;
  #dueMs = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: LateOpeningOptions) {
    this.#options = options;
    this.#startOffset = options.journal.nextOffset;
    if (options.tickFile.isAway) options.flusher.health.state = 'journal-only';
  }

  /** One try, when it is time. Rejects when the fold could not be brought up: only a new start can then. */
  async round(signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const { clock, log, tickFile, flusher, pipeline } = this.#options;
    if (clock.monotonicMs() < this.#dueMs || !(await this.#open())) return;
    log.info({ offset: tickFile.appliedOffset }, 'the tick file is open: the journal is applied to it');
    try {
      this.#checkOffsets();
      await this.#options.bringUp(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#failure = { error };
      throw error;
    }
    Object.assign(flusher.health, { state: pipeline.buffer.isSpilled ? 'journal-only' : 'ok' });
  }

  async #open(): Promise<boolean> {
    const { tickFile, flusher, clock, log } = this.#options;
    const { health } = flusher;
    try {
      await tickFile.reload();
      health.lastError = undefined;
      return true;
    } catch (error) {
      health.failures += 1;
      const message = error instanceof Error ? error.message : String(error);
      if (health.lastError === undefined)
        log.error(
          { error: message },
          'the tick file cannot be opened: frames go to the journal alone, and to it when it can be',
        );
      health.lastError = message;
      this.#dueMs = clock.monotonicMs() + this.#backoff.nextMs();
      return false;
    }
  }

  /** The journal began this run without knowing how far the tick file is: offsets must not have been given twice. */
  #checkOffsets(): void {
    const { appliedOffset } = this.#options.tickFile;
    if (appliedOffset <= this.#startOffset) return;
    throw new TickwrightError(
      `the tick file holds offsets up to ${appliedOffset}, but the journal was lost before and began this run at ${this.#startOffset}: ` +
        `its frames were given offsets that are taken. Stop, move journal/ aside, start again, then replay the files moved aside.`,
      { code: 'offsets-taken', exitCode: ExitCode.store },
    );
  }
}
