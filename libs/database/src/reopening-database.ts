import { backoff, systemClock } from '@tickwright/runtime';
import type { Backoff, Clock } from '@tickwright/runtime';
import type { HeldFile } from './backup.ts';
import type { Columns } from './chunk-reader.ts';
import type { Database, DatabaseStats } from './database.ts';
import {
  CommitInDoubtError,
  DatabaseCloseError,
  DatabaseClosedError,
  DatabaseInvalidError,
  DatabaseLockedError,
} from './errors.ts';
import { openDatabase } from './open-database.ts';
import type { DatabaseOptions } from './open-database.ts';
import type { ReadOptions } from './read-connections.ts';
import type { Row, SqlValue } from './sql-value.ts';
import type { Transaction } from './transaction.ts';

/** Between two tries nobody has the lock of the file, so that they follow soon on each other. */
const RETRY = { minMs: 100, maxMs: 1_000 };
/** An engine that stops again so soon after its opening is left as it is for a while, its lock held. */
const STEADY_MS = 5_000;

export interface ReopeningOptions extends DatabaseOptions {
  /** What each new engine needs before its first call: settings that end with it. */
  readonly prepare?: (database: Database) => Promise<void>;
  /**
   * Called once, when another process had the file as it was to be opened again. It may write already what this one
   * writes: end the process at once. All calls fail from then on.
   */
  readonly onTaken?: (error: DatabaseLockedError) => void;
}

/**
 * Opens a database whose engine is closed and opened again by itself when a fatal error (a full disk in a checkpoint) has
 * stopped it. The call that met the error fails with it, so that its caller decides what to repeat; calls that come later
 * wait for the try that is under way, and fail with its error. Errors: as `openDatabase`.
 */
export async function openReopeningDatabase(options: ReopeningOptions): Promise<Database> {
  return new ReopeningDatabase(options, await openPrepared(options));
}

async function openPrepared(options: ReopeningOptions): Promise<Database> {
  const database = await openDatabase(options);
  try {
    await options.prepare?.(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Whether nothing can be done any more with the engine that a call failed in. */
function hasEngineStopped(error: unknown): boolean {
  return (
    error instanceof DatabaseInvalidError ||
    (error instanceof CommitInDoubtError && error.cause instanceof DatabaseInvalidError)
  );
}

class ReopeningDatabase implements Database {
  readonly path: string;
  readonly owner: string;
  readonly callsMax: number;
  readonly #options: ReopeningOptions;
  readonly #clock: Clock;
  readonly #backoff: Backoff = backoff(RETRY);
  readonly #stop = new AbortController();
  /** The handle that works, or the last one that did. */
  #database: Database;
  /** While there is none that works: the try under way, or the last one. */
  #attempt: Promise<Database> | undefined;
  #openedMs = Number.NEGATIVE_INFINITY;
  #reopening: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ReopeningOptions, database: Database) {
    this.path = database.path;
    this.owner = database.owner;
    this.callsMax = database.callsMax;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#database = database;
  }

  get stats(): DatabaseStats {
    return this.#database.stats;
  }

  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#call((database) => database.write(work));
  }

  read(sql: string, params?: readonly SqlValue[], options?: ReadOptions): Promise<Row[]> {
    return this.#call((database) => database.read(sql, params, options));
  }

  readColumns(sql: string, params?: readonly SqlValue[], options?: ReadOptions): Promise<Columns> {
    return this.#call((database) => database.readColumns(sql, params, options));
  }

  stream(sql: string, params?: readonly SqlValue[], options?: ReadOptions): AsyncIterable<Row[]> {
    return this.#stream((database) => database.stream(sql, params, options));
  }

  streamColumns(sql: string, params?: readonly SqlValue[], options?: ReadOptions): AsyncIterable<Columns> {
    return this.#stream((database) => database.streamColumns(sql, params, options));
  }

  checkpoint(): Promise<void> {
    return this.#call((database) => database.checkpoint());
  }

  hold(): Promise<HeldFile> {
    return this.#call((database) => database.hold());
  }

  cancelReads(reason: Error): void {
    this.#database.cancelReads(reason);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#stop.abort(new DatabaseClosedError(this.path));
    await this.#reopening;
    await this.#database.close();
  }

  /** With a handle that works the call is made at once: a close that is asked for after it waits for it. */
  async #call<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const database = this.#attempt === undefined ? this.#database : await this.#reopened(this.#attempt);
    try {
      return await work(database);
    } catch (error) {
      this.#look(database, error);
      throw error;
    }
  }

  async *#stream<T>(work: (database: Database) => AsyncIterable<T>): AsyncGenerator<T> {
    const database = this.#attempt === undefined ? this.#database : await this.#reopened(this.#attempt);
    try {
      yield* work(database);
    } catch (error) {
      this.#look(database, error);
      throw error;
    }
  }

  async #reopened(attempt: Promise<Database>): Promise<Database> {
    if (this.#closed !== undefined) throw new DatabaseClosedError(this.path);
    return await attempt;
  }

  #look(database: Database, error: unknown): void {
    // A call on an engine before this one says nothing about this one.
    if (database !== this.#database || this.#attempt !== undefined || !hasEngineStopped(error)) return;
    const { path, owner } = this;
    this.#options.log.error(
      { path, owner, err: error },
      'the engine has stopped: the database is opened again',
    );
    this.#reopening = this.#reopen(error);
  }

  /** Tries until it succeeds, the file is another process's, or the database is closed. Never rejects. */
  async #reopen(cause: unknown): Promise<void> {
    const isSteady = this.#clock.monotonicMs() - this.#openedMs > STEADY_MS;
    if (isSteady) this.#backoff.reset();
    else if (!(await this.#waited(Promise.reject(cause)))) return;
    for (let tries = 1; ; tries += 1) {
      const attempt = this.#try();
      this.#attempt = attempt;
      try {
        await attempt;
        return;
      } catch (error) {
        if (this.#isFinal(error)) return;
        const { log } = this.#options;
        const fields = { path: this.path, owner: this.owner, tries, err: error };
        if (tries === 1) log.error(fields, 'the database cannot be opened again; it is tried on');
        else log.debug(fields, 'the database still cannot be opened');
        if (!(await this.#waited(attempt))) return;
      }
    }
  }

  async #try(): Promise<Database> {
    // Its lock goes with it: two engines on one file would drop each other's.
    await this.#database.close();
    const database = await openPrepared(this.#options);
    this.#database = database;
    this.#attempt = undefined;
    this.#openedMs = this.#clock.monotonicMs();
    this.#options.log.info({ path: this.path, owner: this.owner }, 'the database is open again');
    return database;
  }

  #isFinal(error: unknown): boolean {
    if (error instanceof DatabaseLockedError) {
      this.#options.onTaken?.(error);
      return true;
    }
    // The engine hangs: no other may be opened beside it.
    return error instanceof DatabaseCloseError;
  }

  /** Waits for the next try, calls failing meanwhile with what has been found; false when the database is closed. */
  async #waited(failure: Promise<Database>): Promise<boolean> {
    this.#attempt = failure;
    failure.catch(() => {
      // For those who call meanwhile.
    });
    return this.#clock.sleep(this.#backoff.nextMs(), this.#stop.signal).then(
      () => true,
      () => false,
    );
  }
}
