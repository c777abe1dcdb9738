import { stat } from 'node:fs/promises';
import type { Clock, Log } from '@tickwright/runtime';
import { DatabaseClosedError } from './errors.ts';

/** Size of the write-ahead log that is no longer usual: the engine checkpoints by itself at 16 MiB. */
export const WAL_LIMIT_BYTES = 100 * 1024 * 1024;

/** The log is looked at after a write, but no more often than this. */
const LOOK_EVERY_MS = 1_000;
/** A forced checkpoint that did not help is tried again after this long. */
const FORCE_AGAIN_MS = 30_000;

export interface WalStats {
  /** As of the last look, at most a second before the last write's end. */
  readonly bytes: number;
  readonly limitBytes: number;
  readonly isOverLimit: boolean;
  /** Checkpoints that this watch asked for since opening. */
  readonly forcedCheckpoints: number;
}

/** Watches one database's write-ahead log: above its limit it warns and asks for a checkpoint through the write queue. */
export class WalWatch {
  readonly #path: string;
  readonly #owner: string;
  readonly #limitBytes: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #checkpoint: () => Promise<void>;
  #bytes = 0;
  #isOver = false;
  #forced = 0;
  #nextLookMs = Number.NEGATIVE_INFINITY;
  #nextForceMs = Number.NEGATIVE_INFINITY;

  constructor(options: {
    path: string;
    owner: string;
    limitBytes: number;
    clock: Clock;
    log: Log;
    checkpoint: () => Promise<void>;
  }) {
    this.#path = options.path;
    this.#owner = options.owner;
    this.#limitBytes = options.limitBytes;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#checkpoint = options.checkpoint;
  }

  get stats(): WalStats {
    return {
      bytes: this.#bytes,
      limitBytes: this.#limitBytes,
      isOverLimit: this.#isOver,
      forcedCheckpoints: this.#forced,
    };
  }

  /** Size of the log at this moment, bytes; 0 when there is none. */
  async size(): Promise<number> {
    return (await stat(`${this.#path}.wal`).catch(() => ({ size: 0 }))).size;
  }

  /** To be called after each write. Never rejects, and nobody has to wait for it. */
  async afterWrite(): Promise<void> {
    const now = this.#clock.monotonicMs();
    if (now < this.#nextLookMs) return;
    this.#nextLookMs = now + LOOK_EVERY_MS;
    await this.#look();
    if (this.#isOver && now >= this.#nextForceMs) {
      this.#nextForceMs = now + FORCE_AGAIN_MS;
      await this.#force();
    }
  }

  async #look(): Promise<void> {
    this.#bytes = await this.size();
    const isOver = this.#bytes > this.#limitBytes;
    if (isOver === this.#isOver) return;
    this.#isOver = isOver;
    const fields = { ...this.#fields(), limitBytes: this.#limitBytes };
    if (isOver) this.#log.warn(fields, 'the write-ahead log is over its limit; a checkpoint is asked for');
    else this.#log.info(fields, 'the write-ahead log is within its limit again');
  }

  async #force(): Promise<void> {
    this.#forced += 1;
    try {
      await this.#checkpoint();
      await this.#look();
    } catch (error) {
      // A close that came meanwhile checkpoints by itself.
      if (error instanceof DatabaseClosedError) return;
      const fields = { ...this.#fields(), err: error, againInMs: FORCE_AGAIN_MS };
      this.#log.warn(fields, 'the checkpoint of a log over its limit failed');
    }
  }

  #fields(): object {
    return { path: this.#path, owner: this.#owner, walBytes: this.#bytes };
  }
}
