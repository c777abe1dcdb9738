// A file that may not grow, in this very process: the engine gets EFBIG where a full disk gives ENOSPC. Linux, with
// prlimit(1). Not exported by the package.
import { execFileSync, spawnSync } from 'node:child_process';
import type { Database } from './index.ts';

export const canLimit = spawnSync('prlimit', ['--pid', String(process.pid)]).status === 0;

const FILE_BYTES_MAX = 3_000_000;

// Without it the signal ends the process; with it the write fails.
process.on('SIGXFSZ', () => undefined);

function limitFiles(bytes: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
}

export function freeDisk(): void {
  limitFiles('unlimited');
}

/** Fills a table until a checkpoint ends the engine; the disk stays full. Gives the rows whose commit was acknowledged. */
export async function fillUntilStopped(database: Database): Promise<number> {
  await database.write((tx) => tx.run('CREATE TABLE IF NOT EXISTS filler(a DOUBLE)'));
  await database.checkpoint();
  limitFiles(String(FILE_BYTES_MAX));
  for (let rows = 0; ;) {
    try {
      await database.write((tx) => tx.run('INSERT INTO filler SELECT random() FROM range(60000)'));
      rows += 60_000;
      await database.checkpoint();
    } catch {
      return rows;
    }
  }
}
