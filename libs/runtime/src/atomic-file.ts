import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { retry } from './retry/retry.ts';

/** Windows refuses to replace a file while a reader has it open; it lets go after a moment. */
const REPLACE_SCHEDULE = [10, 20, 50, 100, 200, 500];
const REFUSALS: ReadonlySet<unknown> = new Set(['EPERM', 'EACCES', 'EBUSY']);

/**
 * Writes a whole file so that every reader, and whoever comes after a crash, sees the old content or the new one and
 * nothing between. The temporary file lies beside the target as `.<name>.<uuid>.tmp`, so no pattern that finds targets
 * finds it. `fsync` (default true) makes the content durable before the name changes and the name durable after.
 * `mode` holds for the new file (default 0o644, less the umask).
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: { mode?: number; fsync?: boolean } = {},
): Promise<void> {
  const { mode = 0o644, fsync = true } = options;
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(data);
      if (fsync) await file.sync();
    } finally {
      await file.close();
    }
    await replaceFile({ from: temporary, to: path, fsync });
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Renames a finished file over another of the same directory. On Windows it tries again for up to about a second while
 * a reader holds the old one open. `fsync` (default true) makes the change of name durable.
 */
export async function replaceFile(files: { from: string; to: string; fsync?: boolean }): Promise<void> {
  await retry(async () => await rename(files.from, files.to), {
    schedule: process.platform === 'win32' ? REPLACE_SCHEDULE : [],
    shouldRetry: (error) => REFUSALS.has((error as NodeJS.ErrnoException).code),
  });
  if (files.fsync ?? true) await syncDirectory(dirname(files.to));
}

/** Makes names created, changed or removed in a directory durable. Windows has no such call and does without. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
