import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import type { Clock, Log } from '@tickwright/runtime';

const MEMORY = ':memory:';

/** A database for jobs alone, and its end. */
export interface JobDatabase extends AsyncDisposable {
  readonly database: Database;
  readonly path: string;
}

/**
 * Opens a database for a queue that has none of its owner's. `:memory:` for more than one worker is moved to a temporary
 * file, with a line in the log, unless it is forced: memory takes writes of many workers without a limit on its growth,
 * and is gone with the process when one of them brings it down.
 */
export async function openJobDatabase(options: {
  readonly path: string;
  readonly workers: number;
  readonly forceMemory?: boolean;
  readonly log: Log;
  readonly clock?: Clock;
}): Promise<JobDatabase> {
  const { path, workers, log, clock } = options;
  const common = { log, ...(clock === undefined ? {} : { clock }) };
  if (path !== MEMORY || workers <= 1 || options.forceMemory === true) {
    const database = await openDatabase({ path, ...common });
    return { database, path, [Symbol.asyncDispose]: () => database.close() };
  }
  const folder = await mkdtemp(join(tmpdir(), 'tickwright-jobs-'));
  const moved = join(folder, 'jobs.duckdb');
  log.warn(
    { workers, path: moved },
    'a job queue in memory for several workers was moved to a temporary file',
  );
  const database = await openDatabase({ path: moved, ...common });
  return {
    database,
    path: moved,
    async [Symbol.asyncDispose]() {
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
