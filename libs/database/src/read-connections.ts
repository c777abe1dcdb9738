import type { DuckDBConnection } from '@duckdb/node-api';
import type { Clock } from '@tickwright/runtime';
import { startDeadline } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { DatabaseBusyError, DatabaseClosedError, QueryDeadlineError } from './errors.ts';
import { classifyQuery, isInterrupt, shownSql } from './error-classification.ts';

/** Reads that may wait for a free connection; beyond it a read is refused with a retryable error. */
export const READS_WAITING_MAX = 1024;

/** How long a read may take, its wait for a connection included, unless it asks for another time. */
export const READ_DEADLINE_MS = 30_000;

/** An interrupt that hits between two engine calls is forgotten by the engine, so it is repeated at this distance. */
const INTERRUPT_EVERY_MS = 20;

export interface ReadOptions {
  /** Milliseconds until the read is interrupted. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** A read and the engine calls that make it. */
export interface Read<T> {
  readonly sql: string;
  readonly options: ReadOptions;
  readonly run: (connection: DuckDBConnection) => Promise<T>;
}

interface Waiter {
  readonly resolve: (connection: DuckDBConnection) => void;
  readonly reject: (error: Error) => void;
}

/** A fixed set of connections lent to one read at a time, in order of asking. */
export class ReadConnections {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #all: readonly DuckDBConnection[];
  readonly #idle: DuckDBConnection[];
  readonly #waiting = new Set<Waiter>();
  readonly #running = new Set<DuckDBConnection>();
  readonly #deadlines = new Set<Deadline>();
  #isClosed = false;

  constructor(options: { path: string; clock: Clock; connections: readonly DuckDBConnection[] }) {
    this.#path = options.path;
    this.#clock = options.clock;
    this.#all = options.connections;
    this.#idle = [...options.connections];
  }

  /** Reads that have a connection now, streams between two chunks included. */
  get inFlight(): number {
    return this.#all.length - this.#idle.length;
  }

  /** Reads that wait for a connection. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Connections within an engine call now. */
  get running(): number {
    return this.#running.size;
  }

  /** A whole read within its deadline: waits for a connection, runs, gives the connection back. */
  async lend<T>(read: Read<T>): Promise<T> {
    const deadline = this.#deadline(read);
    try {
      const connection = await this.#acquire(deadline);
      try {
        return await this.#guard(connection, read, deadline);
      } finally {
        this.release(connection);
      }
    } finally {
      deadline.end();
    }
  }

  /** Lends a connection for several steps. Give it back with `release`. */
  async acquire(read: Omit<Read<unknown>, 'run'>): Promise<DuckDBConnection> {
    const deadline = this.#deadline(read);
    try {
      return await this.#acquire(deadline);
    } finally {
      deadline.end();
    }
  }

  /** One step on a lent connection, with a deadline of its own. */
  async step<T>(connection: DuckDBConnection, read: Read<T>): Promise<T> {
    // Between two steps nothing runs, so that the connections may have been closed meanwhile.
    if (this.#isClosed) throw new DatabaseClosedError(this.#path);
    const deadline = this.#deadline(read);
    try {
      return await this.#guard(connection, read, deadline);
    } finally {
      deadline.end();
    }
  }

  /** An engine call on a lent connection that is neither interrupted nor refused. */
  async occupy(connection: DuckDBConnection, call: () => Promise<void>): Promise<void> {
    this.#running.add(connection);
    try {
      await call();
    } finally {
      this.#running.delete(connection);
    }
  }

  release(connection: DuckDBConnection): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#idle.push(connection);
      return;
    }
    this.#waiting.delete(next);
    next.resolve(connection);
  }

  /** Refuses new reads, new steps, and reads that wait. What runs goes on. */
  refuse(): void {
    this.#isClosed = true;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of waiting) waiter.reject(new DatabaseClosedError(this.#path));
  }

  /** Ends the reads that wait or run with this error; new ones are welcome. */
  cancel(reason: Error): void {
    for (const deadline of this.#deadlines) deadline.cancel(reason);
  }

  /** Interrupts what runs. */
  interrupt(): void {
    for (const connection of this.#running) connection.interrupt();
  }

  /** Closes the connections. Nothing may be running: closing under a running query never returns. */
  closeSync(): void {
    for (const connection of this.#all) connection.closeSync();
  }

  async #acquire(deadline: Deadline): Promise<DuckDBConnection> {
    if (this.#isClosed) throw new DatabaseClosedError(this.#path);
    deadline.signal.throwIfAborted();
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#waiting.size >= READS_WAITING_MAX) {
      throw new DatabaseBusyError({ path: this.#path, queue: 'read', max: READS_WAITING_MAX });
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject };
      this.#waiting.add(waiter);
      deadline.signal.addEventListener('abort', () => {
        // A waiter that already got its connection is no longer in the set and keeps it.
        if (this.#waiting.delete(waiter)) reject(deadline.signal.reason as Error);
      });
    });
  }

  /** Settles only after the engine has let go of the connection, so that it can be lent again. */
  async #guard<T>(connection: DuckDBConnection, read: Read<T>, deadline: Deadline): Promise<T> {
    const { signal } = deadline;
    let ticker: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      connection.interrupt();
      ticker = setInterval(() => {
        connection.interrupt();
      }, INTERRUPT_EVERY_MS);
    };
    signal.addEventListener('abort', interrupt, { once: true });
    if (signal.aborted) interrupt();
    this.#running.add(connection);
    try {
      const result = await read.run(connection);
      signal.throwIfAborted();
      return result;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (this.#isClosed && isInterrupt(error)) throw new DatabaseClosedError(this.#path);
      throw classifyQuery(this.#path, read.sql, error);
    } finally {
      this.#running.delete(connection);
      clearInterval(ticker);
      signal.removeEventListener('abort', interrupt);
    }
  }

  #deadline(read: Omit<Read<unknown>, 'run'>): Deadline {
    const deadlineMs = read.options.deadlineMs ?? READ_DEADLINE_MS;
    const deadline = startDeadline({
      clock: this.#clock,
      deadlineMs,
      signal: read.options.signal,
      reason: () => new QueryDeadlineError({ path: this.#path, deadlineMs, sql: shownSql(read.sql) }),
      onEnd: () => this.#deadlines.delete(deadline),
    });
    this.#deadlines.add(deadline);
    return deadline;
  }
}
