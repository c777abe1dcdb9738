import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseDamagedError } from './errors.ts';
import { classifyOpening } from './error-classification.ts';
import { runTrial } from './trial-process.ts';

// Opens read-only: replays the log in memory and leaves the files as they are.
const TRIAL = `
const { DuckDBInstance } = require(process.argv[1]);
DuckDBInstance.create(process.argv[2], { access_mode: 'READ_ONLY', threads: '1' }).then(
  () => process.exit(0),
  (error) => process.stderr.write(String(error.message), () => process.exit(1)),
);`;

/**
 * Tries, in a child process, whether the write-ahead log beside a database can be replayed. A failed replay spoils the
 * heap of the process it happens in (duckdb-node-neo#393), so it must not happen in ours. Costs a process start (about
 * 0.1 s), and only where a log is left: after a crash. Throws what opening would throw.
 * Resolves to whether there is one.
 */
export async function tryWriteAheadLog(path: string): Promise<boolean> {
  if (!(await hasLog(path))) return false;
  const { code, message } = await runTrial(TRIAL, [path]);
  if (code === 0) return true;
  if (message === '')
    throw new DatabaseDamagedError({ path, found: `replaying its log ended the trial process (${code})` });
  throw classifyOpening(path, new Error(message));
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
