import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** The path without links, so that two names of one file are one. The file itself may not exist yet; its folder must. */
export function realPath(path: string): string {
  const full = resolve(path);
  try {
    return realpathSync.native(full);
  } catch {
    return join(realpathSync.native(dirname(full)), basename(full));
  }
}
