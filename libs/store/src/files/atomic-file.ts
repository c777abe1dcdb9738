import { open, rename, rm } from 'node:fs/promises';
import { TickwrightError } from '@tickwright/runtime';
import type { Clock } from '@tickwright/runtime';

/** Ends every temporary name: readers list `*.parquet` and `*.json` and so never see a file that is being written. */
export const TEMPORARY_SUFFIX = '.tmp';

/** How often a refused rename is tried again, and how long the first wait is; each wait is one step longer. */
const RENAME_RETRIES_MAX = 10;
const RENAME_RETRY_STEP_MS = 20;

/** What Windows says while a reader has the old file open. */
const REFUSED = new Set(['EPERM', 'EACCES', 'EBUSY']);

/** A file that could not be put in the place of another. */
export class FileReplaceError extends TickwrightError {}

export interface ReplaceOptions {
  /** The finished temporary file. */
  readonly from: string;
  /** The name that readers know. */
  readonly to: string;
  readonly clock: Clock;
  /** Called for each refused try. */
  readonly onRefused?: () => void;
  /** The system's rename. */
  readonly rename?: (from: string, to: string) => Promise<void>;
}

/**
 * Renames a finished file over the one that readers know. Where the platform refuses while a reader has the old one
 * open, tries again; when the tries are used up the temporary file is removed, the old one stays, and a retryable
 * FileReplaceError tells so.
 */
export async function replaceByRename(options: ReplaceOptions): Promise<void> {
  const move = options.rename ?? rename;
  for (let attempt = 0; ; attempt++) {
    try {
      return await move(options.from, options.to);
    } catch (cause) {
      if (!isRefusal(cause) || attempt === RENAME_RETRIES_MAX) {
        await rm(options.from, { force: true });
        throw replaceError(options.to, cause);
      }
      options.onRefused?.();
      await options.clock.sleep(RENAME_RETRY_STEP_MS * (attempt + 1));
    }
  }
}

/** Makes a file's content durable, whoever wrote it. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder durable. Windows cannot open a folder and keeps names durable by itself. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export interface WriteOptions {
  readonly path: string;
  readonly text: string;
  readonly clock: Clock;
  readonly onRefused?: () => void;
  /** Whether the content must outlive a power loss, or may be lost with it because it is written again soon. */
  readonly durability: 'synced' | 'lazy';
}

/** Writes a whole text file so that a reader sees the old one or the new one, never a part. One writer a path. */
export async function writeWhole(options: WriteOptions): Promise<void> {
  const temporary = `${options.path}${TEMPORARY_SUFFIX}`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(options.text);
    if (options.durability === 'synced') await file.sync();
  } finally {
    await file.close();
  }
  const { clock, onRefused } = options;
  await replaceByRename({ from: temporary, to: options.path, clock, ...(onRefused && { onRefused }) });
}

function isRefusal(error: unknown): boolean {
  return REFUSED.has(errorCode(error));
}

/** The code of a system error (`ENOENT`), or an empty string for anything else. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function replaceError(path: string, cause: unknown): FileReplaceError {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new FileReplaceError(
    `could not put a new file in place of ${path}: ${found}; the old one stands. Close what keeps it open, or check the folder's permissions`,
    { code: 'file-replace-refused', canRetry: true, exitCode: 4, cause },
  );
}
