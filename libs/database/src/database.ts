import type { Columns } from './chunk-reader.ts';
import type { HeldFile } from './backup.ts';
import type { ReadOptions } from './read-connections.ts';
import type { Row, SqlValue } from './sql-value.ts';
import type { Transaction } from './transaction.ts';
import type { WalStats } from './wal-watch.ts';

/** The last one and the longest so far, milliseconds. */
export interface Spans {
  readonly last: number;
  readonly max: number;
}

/** Read from memory, `walBytes` aside. */
export interface DatabaseStats {
  /** Writes that wait or run. */
  readonly queueDepth: number;
  /** How long writes that started had waited. */
  readonly queueWaitMs: Spans;
  /** How long writes that were committed took, from their turn in the queue to the end of COMMIT. */
  readonly commitMs: Spans;
  readonly readsInFlight: number;
  readonly readsWaiting: number;
  readonly commits: number;
  readonly wal: WalStats;
  /** Size of the write-ahead log at this moment, bytes; 0 when there is none. Asks the file system. */
  walBytes(): Promise<number>;
}

/**
 * One DuckDB file, owned by this process and this thread. Everyone in the process who opens the path gets this same
 * handle; whoever closes it closes it for all, so that its one owner should be the one who does.
 */
export interface Database extends AsyncDisposable {
  readonly path: string;
  /** The name that its first opener gave. */
  readonly owner: string;
  /** Engine calls that it can make at a time, one a connection; each holds a thread of libuv's pool. */
  readonly callsMax: number;
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
  /** Ends all reads that wait or run with this error, so that those asked for next find a free connection. */
  cancelReads(reason: Error): void;
  /**
   * Keeps the file as it is, with all writes queued before this one in it and none after, until it is released: then
   * another process can copy it. Writes go on meanwhile, into the log. One hold at a time: DatabaseHeldError.
   */
  hold(): Promise<HeldFile>;
  /**
   * Refuses new calls, waits for what is in flight (reads are interrupted after a while), checkpoints, closes the
   * connections and then the instance. Idempotent. Bounded by `CLOSE_MAX_MS`: DatabaseCloseError, after which the process
   * should end; what is not in the file by then is in its log.
   */
  close(): Promise<void>;
  readonly stats: DatabaseStats;
}
