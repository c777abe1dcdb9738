import type { DuckDBConnection } from '@duckdb/node-api';
import { readAllRows } from './chunk-reader.ts';
import { appendColumns } from './chunk-writer.ts';
import type { AppendColumn } from './chunk-writer.ts';
import { runQuery } from './connection-query.ts';
import { CommitInDoubtError, DatabaseQueryError } from './errors.ts';
import { classifyQuery, foundIn } from './error-classification.ts';
import type { Row, SqlValue } from './sql-value.ts';

/** What a write may do within its transaction. Calls run one after the other; none after the work has ended. */
export interface Transaction {
  run(sql: string, params?: readonly SqlValue[]): Promise<Row[]>;
  /** Appends rows 0..count-1, in the table's column order. The arrays may be reused once it resolves. */
  append(table: string, columns: readonly AppendColumn[], count: number): Promise<void>;
}

/** Runs work in one transaction: COMMIT when it resolves, ROLLBACK when it throws. Only one at a time a connection. */
export async function runTransaction<T>(
  connection: DuckDBConnection,
  path: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  await command(connection, path, 'BEGIN TRANSACTION');
  const tx = new OpenTransaction(connection, path);
  let result: T;
  try {
    result = await work(tx);
    await tx.end();
  } catch (error) {
    await tx.end().catch(() => {
      // The work's own error says what went wrong; this is the same one, or one that followed from it.
    });
    await rollBack(connection);
    throw error;
  }
  await commit(connection, path);
  return result;
}

async function command(connection: DuckDBConnection, path: string, sql: string): Promise<void> {
  try {
    await connection.run(sql);
  } catch (error) {
    throw classifyQuery(path, sql, error);
  }
}

async function commit(connection: DuckDBConnection, path: string): Promise<void> {
  try {
    await connection.run('COMMIT');
  } catch (error) {
    await rollBack(connection);
    throw new CommitInDoubtError({
      path,
      cause: classifyQuery(path, 'COMMIT', error),
      found: foundIn(error),
    });
  }
}

async function rollBack(connection: DuckDBConnection): Promise<void> {
  try {
    await connection.run('ROLLBACK');
  } catch {
    // The engine has already ended the transaction, or has stopped: either way nothing of it is left to undo.
  }
}

class OpenTransaction implements Transaction {
  readonly #connection: DuckDBConnection;
  readonly #path: string;
  #tail: Promise<unknown> = Promise.resolve();
  #isEnded = false;

  constructor(connection: DuckDBConnection, path: string) {
    this.#connection = connection;
    this.#path = path;
  }

  run(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    return this.#next(sql, async () =>
      readAllRows(await runQuery(this.#connection, { path: this.#path, sql, params })),
    );
  }

  append(table: string, columns: readonly AppendColumn[], count: number): Promise<void> {
    const sql = `append to ${table}`;
    return this.#next(sql, async () => {
      try {
        await appendColumns(this.#connection, { table, columns, count });
      } catch (error) {
        throw classifyQuery(this.#path, sql, error);
      }
    });
  }

  /** Waits for what was asked, and fails if any of it failed, even where the work did not look. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#tail;
  }

  #next<T>(sql: string, call: () => Promise<T>): Promise<T> {
    if (this.#isEnded) {
      const found = 'its transaction has ended';
      return Promise.reject(new DatabaseQueryError({ path: this.#path, sql, found }));
    }
    // A failed statement has ended the engine's transaction, so what follows it must not run: it would commit by itself.
    const result = this.#tail.then(call);
    this.#tail = result;
    result.catch(() => {
      // Told to the caller by `result`, and to the transaction by `end`.
    });
    return result;
  }
}
