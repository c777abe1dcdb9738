export { openDatabase } from './open-database.ts';
export type { DatabaseOptions } from './open-database.ts';
export { openReopeningDatabase } from './reopening-database.ts';
export type { ReopeningOptions } from './reopening-database.ts';
export { settleDatabase, tryDatabases } from './database-trial.ts';
export type { TableSum, Trial, TrialOptions, TrialResult, TrialRow } from './database-trial.ts';
export type { Database, DatabaseStats, Spans } from './database.ts';
export { CLOSE_MAX_MS } from './engine-database.ts';
export { databaseReasons, registerDatabaseMetrics } from './database-metrics.ts';
export { abandonDatabases, openDatabases } from './open-files.ts';
export { watchLocks } from './lock-watch.ts';
export type { LockWatchOptions } from './lock-watch.ts';
export { requireClosed } from './ownership.ts';
export { WAL_LIMIT_BYTES } from './wal-watch.ts';
export type { WalStats } from './wal-watch.ts';
export { DatabaseHeldError } from './backup.ts';
export type { HeldFile } from './backup.ts';
export { tableRows } from './table-rows.ts';
export type { Transaction } from './transaction.ts';
export type { AppendColumn } from './chunk-writer.ts';
export type { Columns } from './chunk-reader.ts';
export type { Row, SqlValue } from './sql-value.ts';
export { READ_DEADLINE_MS, READS_WAITING_MAX } from './read-connections.ts';
export type { ReadOptions } from './read-connections.ts';
export { WRITES_WAITING_MAX } from './write-queue.ts';
export {
  CommitInDoubtError,
  DatabaseBusyError,
  DatabaseCloseError,
  DatabaseClosedError,
  DatabaseDamagedError,
  DatabaseFullError,
  DatabaseInvalidError,
  DatabaseLockLostError,
  DatabaseLockedError,
  DatabaseMemoryError,
  DatabaseOpenError,
  DatabaseOptionsError,
  DatabaseOwnedError,
  DatabaseQueryError,
  DatabaseTrialError,
  DatabaseValueError,
  QueryDeadlineError,
} from './errors.ts';
export type { Holder } from './errors.ts';
