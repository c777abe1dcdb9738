import { stat } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { ExitCode, TickwrightError } from '@tickwright/runtime';
import { DatabaseClosedError } from './errors.ts';
import { readAllRows } from './chunk-reader.ts';
import { runQuery } from './connection-query.ts';
import type { Row } from './sql-value.ts';
import { tableRows } from './table-rows.ts';
import type { WriteQueue } from './write-queue.ts';

/**
 * A database file that stays as it is, its log empty at the moment it was held. Read it from ANOTHER process only, a
 * `cp` for example: to open and close it in this one drops the lock that keeps other writers away.
 */
export interface HeldFile extends AsyncDisposable {
  readonly path: string;
  /** Rows of each table in the held file, by name. */
  readonly tables: Readonly<Record<string, number>>;
  /** Aborted when the database is closed under the hold: what was being copied is of no use then. */
  readonly signal: AbortSignal;
  /** Lets checkpoints change the file again. Idempotent. */
  release(): Promise<void>;
}

/** The file is held already, or could not be brought to rest. */
export class DatabaseHeldError extends TickwrightError {
  constructor(path: string, found: string) {
    super(`cannot hold ${path} for a copy: ${found}; try again later`, {
      code: 'database-held',
      canRetry: true,
      exitCode: ExitCode.store,
    });
  }
}

interface Held {
  readonly controller: AbortController;
  readonly released: Promise<void>;
  readonly onReleased: () => void;
  readonly threshold: string;
}

/** More than a log ever has: no commit checkpoints by itself. */
const NEVER = '1TB';

/**
 * Holds checkpoints off. Measured (1.5.6): blocks that a large transaction writes ahead of its commit do touch the file,
 * but never those that the last checkpoint refers to, so that a copy made meanwhile opens as of that checkpoint. Copying
 * so takes 0.4 s for 10 M ticks (120 MB), where ATTACH and COPY FROM DATABASE beside the writes take 2.9-3.7 s and hold
 * commits up for three times as long.
 */
export class FileHold {
  readonly #path: string;
  readonly #writer: DuckDBConnection;
  readonly #queue: WriteQueue;
  #held: Held | undefined;
  #isEnded = false;

  constructor(options: { path: string; writer: DuckDBConnection; queue: WriteQueue }) {
    this.#path = options.path;
    this.#writer = options.writer;
    this.#queue = options.queue;
  }

  hold(checkpointNow: () => Promise<void>): Promise<HeldFile> {
    return this.#queue.run(async () => {
      if (this.#isEnded) throw new DatabaseClosedError(this.#path);
      if (this.#held !== undefined) throw new DatabaseHeldError(this.#path, 'it is being copied already');
      const held = newHeld(await this.#threshold());
      await this.#setThreshold(NEVER);
      try {
        await checkpointNow();
        await this.#checkNoLog();
        this.#held = held;
        return this.#heldFile(held, await tableRows((sql) => this.#run(sql)));
      } catch (error) {
        this.#held = undefined;
        held.onReleased();
        await this.#setThreshold(held.threshold);
        throw error;
      }
    });
  }

  /** A checkpoint that waits for the end of a hold, outside of the write queue. */
  async checkpoint(checkpointNow: () => Promise<void>): Promise<void> {
    for (;;) {
      await this.#held?.released;
      const isDone = await this.#queue.run(async () => {
        if (this.#held !== undefined) return false;
        await checkpointNow();
        return true;
      });
      if (isDone) return;
    }
  }

  /** The database is being closed, which checkpoints. */
  end(): void {
    this.#isEnded = true;
    const held = this.#held;
    this.#held = undefined;
    held?.controller.abort(new DatabaseClosedError(this.#path));
    held?.onReleased();
  }

  #heldFile(held: Held, tables: HeldFile['tables']): HeldFile {
    const release = async (): Promise<void> => {
      if (this.#held !== held) return;
      await this.#queue.run(() => this.#setThreshold(held.threshold));
      this.#held = undefined;
      held.onReleased();
    };
    const { signal } = held.controller;
    return { path: this.#path, tables, signal, release, [Symbol.asyncDispose]: release };
  }

  async #threshold(): Promise<string> {
    const [row] = await this.#run(`SELECT current_setting('wal_autocheckpoint') AS size`);
    return String(row?.['size']);
  }

  async #setThreshold(size: string): Promise<void> {
    await this.#run(`SET GLOBAL wal_autocheckpoint = '${size}'`);
  }

  async #run(sql: string): Promise<Row[]> {
    return readAllRows(await runQuery(this.#writer, { path: this.#path, sql, params: [] }));
  }

  async #checkNoLog(): Promise<void> {
    const { size } = await stat(`${this.#path}.wal`).catch(() => ({ size: 0 }));
    if (size > 0) throw new DatabaseHeldError(this.#path, `its log has ${size} bytes after a checkpoint`);
  }
}

function newHeld(threshold: string): Held {
  let onReleased = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    onReleased = resolve;
  });
  return { controller: new AbortController(), released, onReleased, threshold };
}
