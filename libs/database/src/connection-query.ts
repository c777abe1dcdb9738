import { StatementType } from '@duckdb/node-api';
import type {
  DuckDBConnection,
  DuckDBMaterializedResult,
  DuckDBPreparedStatement,
  DuckDBResult,
} from '@duckdb/node-api';
import { DatabaseQueryError } from './errors.ts';
import { classifyQuery, shownSql } from './error-classification.ts';
import { bindValues } from './sql-value.ts';
import type { SqlValue } from './sql-value.ts';

/** One statement with its parameters, on the file it is for (named in errors). */
export interface Query {
  readonly path: string;
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

/** What may run outside the write queue: it changes no table. COPY is for writing Parquet files. */
const READING = new Set<StatementType>([
  StatementType.SELECT,
  StatementType.COPY,
  StatementType.EXPLAIN,
  StatementType.PRAGMA,
]);

/** Runs a statement to its end. Engine errors become classes. */
export async function runQuery(
  connection: DuckDBConnection,
  query: Query,
): Promise<DuckDBMaterializedResult> {
  return prepared(connection, query, (statement) => statement.run());
}

/** Runs a statement that only reads, to its end. */
export async function runReading(
  connection: DuckDBConnection,
  query: Query,
): Promise<DuckDBMaterializedResult> {
  return prepared(connection, query, (statement) => {
    checkReading(statement, query);
    return statement.run();
  });
}

/** Starts a statement that only reads; its rows come chunk by chunk, on this connection. */
export async function streamReading(connection: DuckDBConnection, query: Query): Promise<DuckDBResult> {
  return prepared(connection, query, (statement) => {
    checkReading(statement, query);
    return statement.stream();
  });
}

/**
 * Ends a stream that was left before its end. The engine lives as long as such a result does, closed or not, until it is
 * garbage collected some time later, and its end then drops the lock of an engine that has been opened since. So what
 * it has ready is read and thrown away, and what it has not is interrupted: a few dozen chunks.
 */
export async function endStream(connection: DuckDBConnection, result: DuckDBResult): Promise<void> {
  try {
    for (;;) {
      connection.interrupt();
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
    }
  } catch {
    // An interrupt, or the error that made its reader leave: it has ended.
  }
}

async function prepared<T>(
  connection: DuckDBConnection,
  query: Query,
  run: (statement: DuckDBPreparedStatement) => Promise<T>,
): Promise<T> {
  try {
    const statement = await connection.prepare(query.sql);
    try {
      bindValues(statement, query.params);
      return await run(statement);
    } finally {
      statement.destroySync();
    }
  } catch (error) {
    throw classifyQuery(query.path, query.sql, error);
  }
}

function checkReading(statement: DuckDBPreparedStatement, query: Query): void {
  if (READING.has(statement.statementType)) return;
  throw new DatabaseQueryError({
    path: query.path,
    sql: shownSql(query.sql),
    found: 'it is not a read; changes go through write(), which puts them in order',
  });
}
