import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { systemClock } from '@tickwright/runtime';
import { writeWhole } from './atomic-file.ts';
import { isRecord, readJson } from './json-file.ts';

/**
 * What a sealed part was when it was verified. Parquet has no checksums of its own: a flipped bit in a page may be read
 * as another price. Told in `<part>.json` beside the part; readers of `*.parquet` do not see it.
 */
export interface PartSum {
  readonly bytes: number;
  readonly sha256: string;
  /** Rows: ticks, or venue rows in a part of those. */
  readonly ticks: number;
}

const SUFFIX = '.json';
const PART_NAME = /\.(?:parquet|venue)\.json$/;

export function partSumPath(part: string): string {
  return `${part}${SUFFIX}`;
}

/** The sum of a file as it is now. */
export async function fileSum(path: string): Promise<Omit<PartSum, 'ticks'>> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(bytes as Buffer);
  return { bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}

/** Writes the sum of a part, durably. */
export async function writePartSum(part: string, sum: PartSum): Promise<void> {
  const path = partSumPath(part);
  await writeWhole({
    path,
    text: `${JSON.stringify({ ...sum, check: checkOf(sum) })}\n`,
    clock: systemClock,
    durability: 'synced',
  });
}

/** Undefined when a part has none: one that was sealed before sums were written, or whose sum is damaged. */
export async function readPartSum(part: string): Promise<PartSum | undefined> {
  const value = await readJson(partSumPath(part));
  if (!isRecord(value)) return undefined;
  const { bytes, sha256, ticks } = value;
  if (typeof bytes !== 'number' || typeof sha256 !== 'string' || typeof ticks !== 'number') return undefined;
  return value['check'] === checkOf({ bytes, sha256, ticks }) ? { bytes, sha256, ticks } : undefined;
}

/** A damaged sum must not speak against a whole part. */
function checkOf({ bytes, sha256, ticks }: PartSum): number {
  return crc32(`${bytes} ${sha256} ${ticks}`);
}

/** Paths of parts that a sum stands for, whether they are there or not. */
export async function summedParts(parts: string): Promise<string[]> {
  const names = await readdir(parts, { recursive: true }).catch(() => []);
  return names
    .filter((name) => PART_NAME.test(name))
    .map((name) => join(parts, name.slice(0, -SUFFIX.length)))
    .sort();
}
