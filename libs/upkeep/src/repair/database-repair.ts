import { copyFile, readdir, rm, truncate } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { requireClosed, settleDatabase } from '@tickwright/database';
import type { Clock } from '@tickwright/runtime';
import { checkDatabases, sizeOf } from '../preflight/database-check.ts';
import type { TrialDepth } from '../preflight/database-check.ts';
import type { StoreDatabase } from '../preflight/store-databases.ts';
import { setAside } from './quarantine.ts';

/** What was done about one subject. */
export interface Action {
  readonly subject: string;
  readonly did: string;
  /** Where the original is. */
  readonly quarantine: string | undefined;
}

export interface DatabaseRepairOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly database: StoreDatabase;
  /** What was found. */
  readonly found: string;
  /** How much must be readable for a database to stay. */
  readonly depth: TrialDepth;
}

/** The engine's words for the place up to which a log is whole. */
const BYTE = /entry at byte position (\d+)/i;

/**
 * Makes a database openable that nobody has open: its log is salvaged up to the last whole entry, or goes into
 * quarantine; where that is not enough the database goes as well, to be made anew. What is missing then is for its owner
 * to fetch from the journal.
 */
export async function repairDatabase(options: DatabaseRepairOptions): Promise<Action[]> {
  const { database, found } = options;
  const { path } = database;
  await requireClosed(path);
  const actions: Action[] = [];
  const logs = await logsOf(path);
  if (logs.length > 0 && (await sizeOf(path)) !== undefined) {
    const copied = await aside(options, { paths: logs, reason: 'damaged-log', how: 'copy' });
    const did = await settled(path, found, join(copied ?? '', relativeTo(options, `${path}.wal`)));
    if (did !== undefined) actions.push({ subject: path, did, quarantine: copied });
  }
  if (await isWhole(options)) return actions;
  const along = await Promise.all(database.takesAlong.map(async (one) => [one, ...(await logsOf(one))]));
  const files = [path, ...(await logsOf(path)), ...along.flat()];
  const quarantine = await aside(options, { paths: files, reason: 'damaged-database', how: 'move' });
  if (quarantine !== undefined)
    actions.push({ subject: path, did: 'set the database aside; it is made anew', quarantine });
  return actions;
}

/** Tries the log as it is, then up to its last whole entry, then without it. Undefined when nothing helps. */
async function settled(path: string, found: string, original: string): Promise<string | undefined> {
  const log = `${path}.wal`;
  const first = await settle(path);
  if (first === undefined) return 'brought what is whole of its log into the file';
  const byte = BYTE.exec(`${found} ${first.message}`)?.[1];
  if (byte !== undefined && (await sizeOf(original)) !== undefined) {
    await copyFile(original, log);
    await truncate(log, Number(byte));
    if ((await settle(path)) === undefined)
      return `salvaged its log up to the last whole entry, byte ${byte}`;
  }
  for (const each of await logsOf(path)) await rm(each, { force: true });
  return (await settle(path)) === undefined ? 'set its log aside' : undefined;
}

async function settle(path: string): Promise<Error | undefined> {
  try {
    await settleDatabase(path);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/**
 * Whether it may stay. It may be behind what was stored, then its owner goes on from where it is; but not behind what
 * was sealed: such a file is an older one, and the sealed parts know more.
 */
async function isWhole({ database, depth }: DatabaseRepairOptions): Promise<boolean> {
  if ((await sizeOf(database.path)) === undefined) return true;
  const [checked] = await checkDatabases([database], depth, (name) => name === 'sealedOffset');
  return checked === undefined || checked.findings.every(({ target }) => target === undefined);
}

function aside(
  { dataDir, clock, found }: DatabaseRepairOptions,
  what: { paths: readonly string[]; reason: string; how: 'move' | 'copy' },
): Promise<string | undefined> {
  return setAside({ dataDir, clock, found, ...what });
}

function relativeTo({ dataDir }: DatabaseRepairOptions, path: string): string {
  return path.startsWith(dataDir) ? path.slice(dataDir.length) : path;
}

/** Whether a log is left beside a database, as a crash leaves it. */
export async function hasLog(path: string): Promise<boolean> {
  return (await logsOf(path)).length > 0;
}

/** The engine names its logs `<file>.wal`, and `.checkpoint.wal` and `.recovery.wal` while it checkpoints. */
async function logsOf(path: string): Promise<string[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  const own = names.filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith('wal'));
  return own.map((name) => join(dirname(path), name));
}
