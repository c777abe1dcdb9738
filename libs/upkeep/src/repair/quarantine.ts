import { cp, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { Clock } from '@tickwright/runtime';
import { syncDirectory } from '@tickwright/runtime';

export interface SetAside {
  readonly dataDir: string;
  readonly clock: Clock;
  /** Files of the data directory; those that are not there are left out. */
  readonly paths: readonly string[];
  /** A word or two for the folder's name: letters, digits, hyphens. */
  readonly reason: string;
  /** What was found, for `why.json`. */
  readonly found: string;
  /** `copy` leaves the originals where they are. */
  readonly how?: 'move' | 'copy';
}

/**
 * Puts files into `quarantine/<time>-<reason>/`, under the names that they had in the data directory, with a `why.json`.
 * Nothing is ever deleted from there by itself. Returns the folder; undefined when none of the files is there.
 */
export async function setAside(request: SetAside): Promise<string | undefined> {
  const { dataDir, clock, paths, reason, how = 'move' } = request;
  const present: { path: string; bytes: number }[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true) present.push({ path, bytes: found.size });
  }
  if (present.length === 0) return undefined;
  const time = new Date(clock.nowMicros() / 1_000).toISOString();
  const folder = await freshFolder(join(dataDir, 'quarantine'), `${time.replaceAll(':', '-')}-${reason}`);
  for (const { path } of present) {
    const to = join(folder, nameWithin(dataDir, path));
    await mkdir(dirname(to), { recursive: true });
    if (how === 'copy') await cp(path, to);
    else await rename(path, to);
    await syncDirectory(dirname(path));
  }
  const files = present.map(({ path, bytes }) => ({ path: nameWithin(dataDir, path), bytes }));
  const why = { time, reason, found: request.found, how, files };
  await writeFile(join(folder, 'why.json'), `${JSON.stringify(why, null, 2)}\n`);
  await syncDirectory(folder);
  return folder;
}

function nameWithin(dataDir: string, path: string): string {
  const name = relative(dataDir, path);
  return name.startsWith('..') || isAbsolute(name) ? name.replaceAll(/[\\/:]|\.\./g, '_') : name;
}

/** Two of one reason may fall into one millisecond. */
async function freshFolder(parent: string, name: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (let turn = 1; ; turn += 1) {
    const folder = join(parent, turn === 1 ? name : `${name}-${turn}`);
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'EEXIST') throw error;
    }
  }
}
