export { openDatabase } from './open-database.ts';
export type { DatabaseOptions } from './open-database.ts';
export type { Database, DatabaseStats } from './database.ts';
export { DatabaseHeldError } from './backup.ts';
export type { HeldFile } from './backup.ts';
export { tableRows } from './table-rows.ts';
export { CLOSE_MAX_MS } from './database.ts';
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
  DatabaseLockedError,
  DatabaseMemoryError,
  DatabaseOpenError,
  DatabaseOptionsError,
  DatabaseQueryError,
  DatabaseValueError,
  QueryDeadlineError,
} from './errors.ts';
