import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';
import type { Clock, Log } from '@tickwright/runtime';
import { FileHold } from './backup.ts';
import type { HeldFile } from './backup.ts';
import { columnsOf, readAllColumns, readAllRows, rowsOf } from './chunk-reader.ts';
import type { Columns } from './chunk-reader.ts';
import { endStream, runReading, streamReading } from './connection-query.ts';
import { MEMORY } from './engine.ts';
import type { Engine } from './engine.ts';
import type { Database, DatabaseStats, Spans } from './database.ts';
import { databaseStats } from './database-stats.ts';
import { DatabaseCloseError } from './errors.ts';
import { classifyQuery } from './error-classification.ts';
import { ReadConnections } from './read-connections.ts';
import type { ReadOptions } from './read-connections.ts';
import type { Row, SqlValue } from './sql-value.ts';
import { runTransaction } from './transaction.ts';
import type { Transaction } from './transaction.ts';
import { WalWatch } from './wal-watch.ts';
import { WriteQueue } from './write-queue.ts';

/** Reads in flight are interrupted when they have not ended this long after `close`. */
const CLOSE_GRACE_MS = 500;
/** `close` gives up this long after it was asked: a process has 5 s to stop, for this and for all else. */
export const CLOSE_MAX_MS = 3000;
const POLL_MS = 5;
/** An end that takes longer than this is told to the user. */
const CLOSE_USUAL_MS = 500;

export interface EngineDatabaseOptions {
  readonly path: string;
  readonly owner: string;
  readonly engine: Engine;
  readonly walLimitBytes: number;
  readonly log: Log;
  readonly clock: Clock;
  /** Gets the promise of its end, once. */
  readonly onClosing: (closed: Promise<void>) => void;
}

/** A Database over an open engine. */
export class EngineDatabase implements Database {
  readonly path: string;
  readonly owner: string;
  readonly callsMax: number;
  readonly stats: DatabaseStats;
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #onClosing: (closed: Promise<void>) => void;
  readonly #queue: WriteQueue;
  readonly #reads: ReadConnections;
  readonly #wal: WalWatch;
  readonly #hold: FileHold;
  /** Results of streams that have not ended. */
  readonly #streams = new Map<DuckDBConnection, DuckDBResult>();
  #commits = 0;
  #commitMs: Spans = { last: 0, max: 0 };
  #closed: Promise<void> | undefined;

  constructor(options: EngineDatabaseOptions) {
    this.path = options.path;
    this.owner = options.owner;
    this.callsMax = 1 + options.engine.readers.length;
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
    this.#wal = new WalWatch({
      ...options,
      limitBytes: options.walLimitBytes,
      checkpoint: () => this.checkpoint(),
    });
    this.stats = databaseStats({
      queue: this.#queue,
      reads: this.#reads,
      wal: this.#wal,
      commits: () => this.#commits,
      commitMs: () => this.#commitMs,
    });
  }

  async write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      const startedMs = this.#clock.monotonicMs();
      const result = await runTransaction(this.#engine.writer, this.path, work);
      const last = this.#clock.monotonicMs() - startedMs;
      this.#commits += 1;
      this.#commitMs = { last, max: Math.max(this.#commitMs.max, last) };
      if (this.path !== MEMORY) void this.#wal.afterWrite();
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

  cancelReads(reason: Error): void {
    this.#reads.cancel(reason);
  }

  /** Refuses all that is not running and interrupts reads; gives the number of calls that have not ended. */
  abandon(): number {
    this.#reads.refuse();
    this.#queue.abandon();
    this.#reads.interrupt();
    return this.#reads.running + this.#queue.depth;
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
      this.#streams.set(connection, result);
      for (;;) {
        const chunk = await this.#reads.step(connection, { sql, options, run: () => result.fetchChunk() });
        if (chunk === null || chunk.rowCount === 0) {
          this.#streams.delete(connection);
          return;
        }
        yield { chunk, result };
      }
    } finally {
      await this.#endStream(connection);
      this.#reads.release(connection);
    }
  }

  async #endStream(connection: DuckDBConnection): Promise<void> {
    const result = this.#streams.get(connection);
    this.#streams.delete(connection);
    // As an engine call like any other, so that a close waits for it.
    if (result !== undefined) await this.#reads.occupy(connection, () => endStream(connection, result));
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
      if (waitedMs > CLOSE_MAX_MS) throw this.#closeError(this.#inFlight());
      if (waitedMs > CLOSE_GRACE_MS) this.#reads.interrupt();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const leftMs = CLOSE_MAX_MS - (performance.now() - started);
    if (!(await endsWithin(leftMs, this.#settleEngine())))
      throw this.#closeError('its checkpoint was under way');
    this.#reads.closeSync();
    this.#engine.writer.closeSync();
    this.#engine.instance.closeSync();
    this.#logClosed(performance.now() - started);
  }

  /** What has to be over before the connections are closed, which under a running call never returns. */
  async #settleEngine(): Promise<void> {
    // A consumer that pauses between two chunks would keep the engine alive.
    await Promise.all([...this.#streams.keys()].map((connection) => this.#endStream(connection)));
    if (this.path === MEMORY) return;
    try {
      await this.#checkpointNow();
    } catch (error) {
      // What was committed is in the log and is replayed at the next open; closing goes on.
      this.#log.warn({ path: this.path, err: error }, 'the checkpoint at close failed');
    }
  }

  #logClosed(durationMs: number): void {
    if (this.path === MEMORY) return;
    const fields = { path: this.path, owner: this.owner, durationMs: Math.round(durationMs) };
    if (durationMs > CLOSE_USUAL_MS) this.#log.info(fields, 'database closed, which took a while');
    else this.#log.debug(fields, 'database closed');
  }

  #inFlight(): string {
    return `${this.#reads.running} reads and ${this.#queue.depth} writes were still running`;
  }

  #closeError(found: string): DatabaseCloseError {
    const error = new DatabaseCloseError({ path: this.path, waitedMs: CLOSE_MAX_MS, found });
    this.#log.error({ path: this.path, owner: this.owner, found }, 'closing the database did not finish');
    return error;
  }
}

/** Whether the work ended in time; what it throws is thrown. */
async function endsWithin(ms: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms), false);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
