import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What the files under a folder take. */
export interface FolderUse {
  readonly files: number;
  readonly bytes: number;
  /** When the oldest file was changed last, ms since 1970; undefined without files. */
  readonly oldestMs: number | undefined;
}

/** A folder that is absent has no files; one that goes while it is looked at is not counted. */
export async function folderUse(folder: string): Promise<FolderUse> {
  let use: FolderUse = { files: 0, bytes: 0, oldestMs: undefined };
  for (const path of await filesUnder(folder)) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    use = {
      files: use.files + 1,
      bytes: use.bytes + found.size,
      oldestMs: Math.min(use.oldestMs ?? Infinity, found.mtimeMs),
    };
  }
  return use;
}

/** Paths of all files under a folder, those of its folders included. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
