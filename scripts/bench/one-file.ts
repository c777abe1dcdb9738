import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';

/**
 * How programs share a DuckDB file that one process at a time may have open: open, work, close; when another has it,
 * wait a little longer each time and give up after the third retry.
 */
export async function inTurn<T>(
  path: string,
  options: { mode: 'READ_ONLY' | 'READ_WRITE'; delaysMs: readonly number[] },
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await opened(path, options.mode, work);
    } catch (error) {
      const delayMs = options.delaysMs[attempt];
      if (delayMs === undefined) throw error;
      await sleep(delayMs);
    }
  }
}

async function opened<T>(
  path: string,
  mode: string,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(path, { access_mode: mode });
  try {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}
