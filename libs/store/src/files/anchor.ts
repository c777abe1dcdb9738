import { crc32 } from 'node:zlib';
import type { Clock } from '@tickwright/runtime';
import { writeWhole } from './atomic-file.ts';
import { isRecord, readJson } from './json-file.ts';

/**
 * How far a database is, told outside of it: a log that was deleted, emptied or overwritten with zeros opens silently
 * without its rows, and only a number kept elsewhere tells that they are missing.
 */
export type Anchor = Readonly<Record<string, number>>;

/** Where the anchor of a part of a database stands. */
export function anchorPath(database: string, part: string): string {
  return `${database}.${part}.anchor`;
}

/**
 * Replaces an anchor, after a commit: it never claims more than is stored. Not synced, since an older one is as true; for
 * the same reason a failure to write it is none of the commit. A database in memory has none.
 */
export async function writeAnchor(options: {
  readonly database: string;
  readonly part: string;
  readonly anchor: Anchor;
  readonly clock: Clock;
}): Promise<void> {
  if (options.database === ':memory:') return;
  const path = anchorPath(options.database, options.part);
  const text = `${JSON.stringify({ ...options.anchor, check: checkOf(options.anchor) })}\n`;
  await writeWhole({ path, text, clock: options.clock, durability: 'lazy' }).catch(() => undefined);
}

/** The anchor as last written; undefined when there is none, or a power loss left it in pieces. */
export async function readAnchor(database: string, part: string): Promise<Anchor | undefined> {
  const value = await readJson(anchorPath(database, part));
  if (!isRecord(value)) return undefined;
  const { check, ...rest } = value;
  const numbers = Object.entries(rest).filter((entry): entry is [string, number] =>
    Number.isSafeInteger(entry[1]),
  );
  const anchor = Object.fromEntries(numbers);
  return check === checkOf(anchor) ? anchor : undefined;
}

/** A flipped bit must not make it claim more than is stored. */
function checkOf(anchor: Anchor): number {
  return crc32(JSON.stringify(Object.entries(anchor)));
}
