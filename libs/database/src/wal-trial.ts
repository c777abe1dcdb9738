import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { tryDatabases } from './database-trial.ts';

/**
 * Tries, in a child process, whether the write-ahead log beside a database can be replayed. A failed replay spoils the
 * heap of the process it happens in (duckdb-node-neo#393), so it must not happen in ours. Costs a process start (about
 * 0.1 s) where none is kept from a trial before, and only where a log is left: after a crash. Throws what opening would throw.
 * Resolves to whether there is one.
 */
export async function tryWriteAheadLog(path: string): Promise<boolean> {
  if (!(await hasLog(path))) return false;
  const [trial] = await tryDatabases([{ path, statements: [] }]);
  if (trial !== undefined && 'error' in trial) throw trial.error;
  return true;
}

/** The engine names its logs `<file>.wal` and, while it checkpoints, `<file>.checkpoint.wal` and `<file>.recovery.wal`. */
async function hasLog(path: string): Promise<boolean> {
  const folder = dirname(path);
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(`${basename(path)}.`) && name.endsWith('wal'),
  );
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.some((size) => size > 0);
}
