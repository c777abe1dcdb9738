import { existsSync } from 'node:fs';
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** Nothing was ever taken in there: mostly another folder was meant. */
export class NoDataError extends TickwrightError {
  constructor(dataDir: string) {
    super(
      `there is no data in ${dataDir}: check --data-dir and the folder you are in, or take data in with "tickwright start"`,
      { code: 'no-data' },
    );
  }
}

/** The data directory cannot be made or written. */
export class DataDirectoryError extends TickwrightError {
  constructor(dataDir: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `cannot use ${dataDir} as the data directory: ${reason}; name one that you may write to with --data-dir`,
      { code: 'data-directory', exitCode: ExitCode.store, cause },
    );
  }
}

/** Reading commands must not make a data directory by looking for one. Errors: NoDataError. */
export function requireData(dataDir: string): void {
  const parts = ['ingestor', 'journal', 'live', 'candles'];
  if (!parts.some((name) => existsSync(join(dataDir, name)))) throw new NoDataError(dataDir);
}

/** Makes the data directory if it is not there, and sees that it can be written. Errors: DataDirectoryError. */
export async function prepareDataDirectory(dataDir: string): Promise<void> {
  try {
    await makeFolder(resolve(dataDir));
    await access(dataDir, constants.W_OK);
  } catch (error) {
    throw new DataDirectoryError(dataDir, error);
  }
}

/** Not mkdir's own recursion: Node's never ends where folders cannot be made and "no such file" is the reason (/proc). */
async function makeFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  if (found !== undefined) throw new Error(`${path} is not a folder`);
  const parent = dirname(path);
  if (parent !== path) await makeFolder(parent);
  await mkdir(path);
}
