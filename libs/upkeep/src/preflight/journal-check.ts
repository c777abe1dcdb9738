import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inspectJournal } from '@tickwright/journal';
import type { InspectedFile } from '@tickwright/journal';
import { TickwrightError } from '@tickwright/runtime';
import { damaged, fault, note, ok } from './finding.ts';
import type { Finding, OffsetRange } from './finding.ts';

/** Damage that a repair has dealt with: told as a note as long as the file is the same. */
export interface KnownDamage extends OffsetRanges {
  readonly file: string;
  readonly sha256: string;
  /** ISO 8601 UTC. */
  readonly stated: string;
}

interface OffsetRanges {
  readonly missing: readonly OffsetRange[];
}

export interface CheckedJournal {
  readonly findings: readonly Finding[];
  readonly files: readonly InspectedFile[];
  /** All that is missing between the first offset and the last, whether known before or not. */
  readonly missing: readonly OffsetRange[];
}

/** Reads every file of the journal: headers, checksums, the offsets across files, and the file before of each. */
export async function checkJournal(dataDir: string): Promise<CheckedJournal> {
  const directory = join(dataDir, 'journal');
  try {
    const files = await inspectJournal(directory);
    const known = await readKnownDamage(dataDir);
    const findings: Finding[] = [];
    for (const file of files) findings.push(...(await findingsOf(file, known)));
    if (files.length > 0 && findings.length === 0) findings.push(summary(directory, files));
    return { findings, files, missing: files.flatMap((file) => file.missing) };
  } catch (error) {
    if (!(error instanceof TickwrightError)) throw error;
    const toDo = 'use the release that wrote it';
    const finding = fault({
      check: 'journal',
      subject: directory,
      severity: 'error',
      found: error.message,
      toDo,
    });
    return { findings: [finding], files: [], missing: [] };
  }
}

async function findingsOf(file: InspectedFile, known: readonly KnownDamage[]): Promise<Finding[]> {
  if (file.state === 'whole') return [];
  if (file.state === 'torn') {
    return [note('journal', file.path, 'ends within a block, as after a crash; the next start cuts it off')];
  }
  const sha256 = await hashOf(file.path);
  const before = known.find((one) => isSameDamage(one, file, sha256));
  const ranges = file.missing.map(rangeText).join(', ');
  const lost = ranges === '' ? 'no frame is lost with it' : `frames ${ranges} cannot be read`;
  if (before !== undefined)
    return [note('journal', file.path, `damage known since ${before.stated}: ${lost}`)];
  const found = file.state === 'changed' ? 'is not what the next file says it was' : 'is damaged';
  return [
    damaged('journal', { kind: 'journal', path: file.path, missing: file.missing }, `${found}; ${lost}`),
  ];
}

/** The same bytes, or the same frames missing from a file that was compressed since. */
function isSameDamage(known: KnownDamage, { path, missing }: InspectedFile, sha256: string): boolean {
  if (known.sha256 === sha256) return true;
  const isSameFile = basename(path, '.gz') === basename(known.file, '.gz');
  return isSameFile && missing.length > 0 && JSON.stringify(known.missing) === JSON.stringify(missing);
}

export function rangeText({ firstOffset, endOffset }: OffsetRange): string {
  return endOffset - firstOffset === 1 ? String(firstOffset) : `${firstOffset} to ${endOffset - 1}`;
}

function summary(directory: string, files: readonly InspectedFile[]): Finding {
  const frames = files.reduce((sum, file) => sum + file.frames, 0);
  const [first, last] = [files[0]?.firstOffset ?? 0, files.at(-1)?.endOffset ?? 0];
  return ok('journal', directory, `${files.length} files, ${frames} frames, offsets ${first} to ${last - 1}`);
}

const FILE = 'known-damage.json';

/** What repairs have dealt with; empty when there is no such file, or it cannot be read: then it is found anew. */
export async function readKnownDamage(dataDir: string): Promise<readonly KnownDamage[]> {
  try {
    const value: unknown = JSON.parse(await readFile(join(dataDir, 'journal', FILE), 'utf8'));
    return Array.isArray(value) ? value.filter(isKnownDamage) : [];
  } catch {
    return [];
  }
}

function isKnownDamage(value: unknown): value is KnownDamage {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['file', 'sha256', 'stated'].every((name) => name in value) &&
    'missing' in value &&
    Array.isArray(value.missing)
  );
}

/** Remembers damage, so that it is told as known from now on. */
export async function addKnownDamage(dataDir: string, damage: readonly KnownDamage[]): Promise<void> {
  const all = [...(await readKnownDamage(dataDir)), ...damage];
  await writeFile(join(dataDir, 'journal', FILE), `${JSON.stringify(all, null, 2)}\n`);
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}
