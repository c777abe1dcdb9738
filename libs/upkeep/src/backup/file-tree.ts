import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file below a folder: its path relative to it, with `/`, and what tells one version of it from another. */
export interface TreeFile {
  readonly path: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  /** Device and inode: equal for two names of one file. */
  readonly identity: string;
}

/** All files below a folder, in no order. `isWanted` is asked with the name of each file and folder. */
export async function* filesBelow(
  folder: string,
  isWanted: (name: string) => boolean = () => true,
  prefix = '',
): AsyncGenerator<TreeFile> {
  for await (const entry of await opendir(join(folder, prefix))) {
    if (!isWanted(entry.name)) continue;
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(folder, isWanted, path);
    else yield await fileAt(folder, path);
  }
}

export async function fileAt(folder: string, path: string): Promise<TreeFile> {
  const { size, mtimeMs, dev, ino } = await stat(join(folder, path));
  return {
    path,
    bytes: size, // A copy gets its time through a float of seconds, which can come out a hair short of the millisecond.
    mtimeMs: Math.round(mtimeMs),
    identity: `${dev} ${ino}`,
  };
}

/** What is being written, or belongs to the one who writes, and not to readers. */
export function isPublished(name: string): boolean {
  return !name.startsWith('.') && !name.endsWith('.tmp');
}

/** The kind of what has this name, or undefined when there is nothing. */
export async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  return found.isDirectory() ? 'folder' : 'file';
}
