import { stat } from 'node:fs/promises';
import type { DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';
import type { Clock, Log } from '@tickwright/runtime';
import { columnsOf, readAllColumns, readAllRows, rowsOf } from './chunk-reader.ts';
import type { Columns } from './chunk-reader.ts';
import { FileHold } from './backup.ts';
import type { HeldFile } from './backup.ts';
import { runReading, streamReading } from './connection-query.ts';
import { MEMORY } from './engine.ts';
import type { Engine } from './engine.ts';
import { DatabaseCloseError } from './errors.ts';
import { classifyQuery } from './error-classification.ts';
import { ReadConnections } from './read-connections.ts';
import type { ReadOptions } from './read-connections.ts';
import type { Row, SqlValue } from './sql-value.ts';
import { runTransaction } from './transaction.ts';
import type { Transaction } from './transaction.ts';
import { WriteQueue } from './write-queue.ts';

export interface DatabaseStats {
  /** Writes that wait or run. */
  readonly queueDepth: number;
  /** How long the last write that started had waited, and the longest wait so far, milliseconds. */
  readonly queueWaitMs: { readonly last: number; readonly max: number };
  readonly readsInFlight: number;
  readonly commits: number;
  /** Size of the write-ahead log, bytes; 0 when there is none. */
  walBytes(): Promise<number>;
}

/**
 * One DuckDB file, owned by this process and this thread. Everyone in the process who opens the path gets this same
 * handle; whoever closes it closes it for all, so that its one owner should be the one who does.
 */
export interface Database extends AsyncDisposable {
  readonly path: string;
  /**
   * Runs work in one transaction on the single write connection, after all writes queued before it. Rolls back when work
   * throws. Errors: CommitInDoubtError from COMMIT; DatabaseBusyError when too many wait; any of `errors.ts` from work.
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Reads on a connection of its own, never behind the write queue. Interrupted at its deadline: QueryDeadlineError. */
  read(sql: string, params?: readonly SqlValue[], options?: ReadOptions): Promise<Row[]>;
  /**
   * Reads large results chunk by chunk (up to 2,048 rows); holds a read connection until ended. The deadline is for each
   * chunk, since the consumer's own time is not the engine's.
   */
  stream(sql: string, params?: readonly SqlValue[], options?: ReadOptions): AsyncIterable<Row[]>;
  /** As `stream`, each chunk as typed arrays of its own. */
  streamColumns(sql: string, params?: readonly SqlValue[], options?: ReadOptions): AsyncIterable<Columns>;
  /** Reads a whole result as typed arrays: the fast way for ticks and candles. */
  readColumns(sql: string, params?: readonly SqlValue[], options?: ReadOptions): Promise<Columns>;
  /** Moves the write-ahead log into the file, after all writes queued before it; waits while the file is held. */
  checkpoint(): Promise<void>;
  /**
   * Keeps the file as it is, with all writes queued before this one in it and none after, until it is released: then
   * another process can copy it. Writes go on meanwhile, into the log. One hold at a time: DatabaseHeldError.
   */
  hold(): Promise<HeldFile>;
  /**
   * Refuses new calls, waits for what is in flight (reads are interrupted after a while), checkpoints, closes the
   * connections and then the instance. Idempotent. Bounded in time: DatabaseCloseError, after which the process should end.
   */
  close(): Promise<void>;
  readonly stats: DatabaseStats;
}

/** Reads in flight are interrupted when they have not ended this long after `close`. */
const CLOSE_GRACE_MS = 1000;
/** `close` gives up this long after it was asked. */
export const CLOSE_MAX_MS = 15_000;
const POLL_MS = 5;

/** A Database over an open engine. `onClosing` gets the promise of its end, once. */
export class EngineDatabase implements Database {
  readonly path: string;
  readonly stats: DatabaseStats;
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #onClosing: (closed: Promise<void>) => void;
  readonly #queue: WriteQueue;
  readonly #reads: ReadConnections;
  readonly #hold: FileHold;
  #commits = 0;
  #closed: Promise<void> | undefined;

  constructor(options: {
    path: string;
    engine: Engine;
    log: Log;
    clock: Clock;
    onClosing: (closed: Promise<void>) => void;
  }) {
    this.path = options.path;
    this.#engine = options.engine;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#onClosing = options.onClosing;
    this.#queue = new WriteQueue({ path: this.path, clock: this.#clock });
    this.#reads = new ReadConnections({
      path: this.path,
      clock: this.#clock,
      connections: options.engine.readers,
    });
    this.#hold = new FileHold({ path: this.path, writer: options.engine.writer, queue: this.#queue });
    this.stats = this.#statistics();
  }

  async write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      const result = await runTransaction(this.#engine.writer, this.path, work);
      this.#commits += 1;
      return result;
    });
  }

  async read(sql: string, params: readonly SqlValue[] = [], options: ReadOptions = {}): Promise<Row[]> {
    const query = { path: this.path, sql, params };
    return this.#reads.lend({
      sql,
      options,
      run: async (connection) => readAllRows(await runReading(connection, query)),
    });
  }

  async readColumns(
    sql: string,
    params: readonly SqlValue[] = [],
    options: ReadOptions = {},
  ): Promise<Columns> {
    const query = { path: this.path, sql, params };
    const run = async (connection: Engine['writer']): Promise<Columns> =>
      readAllColumns(await runReading(connection, query));
    return this.#reads.lend({ sql, options, run });
  }

  async *stream(
    sql: string,
    params: readonly SqlValue[] = [],
    options: ReadOptions = {},
  ): AsyncGenerator<Row[]> {
    for await (const { chunk, result } of this.#chunks(sql, params, options)) {
      yield rowsOf(chunk, result.deduplicatedColumnNames());
    }
  }

  async *streamColumns(
    sql: string,
    params: readonly SqlValue[] = [],
    options: ReadOptions = {},
  ): AsyncGenerator<Columns> {
    for await (const { chunk, result } of this.#chunks(sql, params, options)) yield columnsOf(chunk, result);
  }

  checkpoint(): Promise<void> {
    return this.#hold.checkpoint(() => this.#checkpointNow());
  }

  hold(): Promise<HeldFile> {
    return this.#hold.hold(() => this.#checkpointNow());
  }

  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = this.#closeOnce();
      this.#onClosing(this.#closed);
    }
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#chunks(
    sql: string,
    params: readonly SqlValue[],
    options: ReadOptions,
  ): AsyncGenerator<{ chunk: DuckDBDataChunk; result: DuckDBResult }> {
    const connection = await this.#reads.acquire({ sql, options });
    try {
      const start = (): Promise<DuckDBResult> => streamReading(connection, { path: this.path, sql, params });
      const result = await this.#reads.step(connection, { sql, options, run: start });
      for (;;) {
        const chunk = await this.#reads.step(connection, { sql, options, run: () => result.fetchChunk() });
        if (chunk === null || chunk.rowCount === 0) return;
        yield { chunk, result };
      }
    } finally {
      this.#reads.release(connection);
    }
  }

  async #checkpointNow(): Promise<void> {
    try {
      await this.#engine.writer.run('CHECKPOINT');
    } catch (error) {
      throw classifyQuery(this.path, 'CHECKPOINT', error);
    }
  }

  async #closeOnce(): Promise<void> {
    this.#reads.refuse();
    this.#queue.refuse();
    this.#hold.end();
    const started = performance.now();
    while (this.#reads.running > 0 || this.#queue.depth > 0) {
      const waitedMs = performance.now() - started;
      if (waitedMs > CLOSE_MAX_MS) throw this.#closeError(waitedMs);
      if (waitedMs > CLOSE_GRACE_MS) this.#reads.interrupt();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    await this.#closeEngine();
  }

  async #closeEngine(): Promise<void> {
    this.#reads.closeSync();
    try {
      if (this.path !== MEMORY) await this.#checkpointNow();
    } catch (error) {
      // What was committed is in the log and is replayed at the next open; closing goes on.
      this.#log.warn({ path: this.path, err: error }, 'the checkpoint at close failed');
    }
    this.#engine.writer.closeSync();
    this.#engine.instance.closeSync();
  }

  #closeError(waitedMs: number): DatabaseCloseError {
    const inFlight = this.#reads.running + this.#queue.depth;
    this.#log.error({ path: this.path, inFlight, waitedMs }, 'closing the database did not finish');
    return new DatabaseCloseError({ path: this.path, waitedMs: Math.round(waitedMs), inFlight });
  }

  #statistics(): DatabaseStats {
    const queue = this.#queue;
    const reads = this.#reads;
    const commits = (): number => this.#commits;
    const wal = `${this.path}.wal`;
    return {
      get queueDepth() {
        return queue.depth;
      },
      get queueWaitMs() {
        return queue.waitMs;
      },
      get readsInFlight() {
        return reads.inFlight;
      },
      get commits() {
        return commits();
      },
      walBytes: async () => (await stat(wal).catch(() => ({ size: 0 }))).size,
    };
  }
}
