import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '@tickwright/runtime';
import { BackupDamagedError } from './backup-errors.ts';
import { readManifest } from './manifest.ts';
import type { BackupManifest } from './manifest.ts';

/** What a backup is called until it is finished and verified, and while it is being removed. */
export const PARTIAL = '.partial';
const NAME = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}Z$/;
const HOUR_MICROS = 3_600_000_000;

export interface ListedBackup {
  readonly name: string;
  readonly folder: string;
  /** Undefined when it cannot be read or was altered; `problem` says how then. */
  readonly manifest: BackupManifest | undefined;
  readonly problem: string | undefined;
}

export interface BackupLimits {
  readonly count: number;
  readonly hours: number;
}

/** A folder name that sorts by time and that every file system takes. */
export function backupName(micros: number): string {
  return new Date(Math.floor(micros / 1_000)).toISOString().replaceAll(':', '-');
}

/** All finished backups, oldest first. Their manifests are read, their files are not. */
export async function listBackups(directory: string): Promise<ListedBackup[]> {
  const names = (await namesIn(directory)).filter((name) => NAME.test(name)).sort();
  return Promise.all(names.map((name) => listed(directory, name)));
}

/** Removes what a crash left of backups that were being made or removed. Nobody else may be making one. */
export async function removePartials(directory: string): Promise<string[]> {
  const partials = (await namesIn(directory)).filter(
    (name) => name.endsWith(PARTIAL) && NAME.test(name.slice(0, -PARTIAL.length)),
  );
  for (const name of partials) await rm(join(directory, name), { recursive: true, force: true });
  return partials;
}

/**
 * Removes backups that are older than the limit or too many, oldest first. The newest good one of each owner always
 * stays; one that is not good does not count for the number kept.
 */
export async function pruneBackups(
  directory: string,
  limits: BackupLimits,
  nowMicros: number,
): Promise<string[]> {
  const all = (await listBackups(directory)).toReversed();
  const keptFrom = backupName(nowMicros - limits.hours * HOUR_MICROS);
  const good = new Map<string, number>();
  const removed: string[] = [];
  for (const { name, manifest } of all) {
    const newer = manifest === undefined ? limits.count : (good.get(manifest.owner) ?? 0);
    if (manifest !== undefined) good.set(manifest.owner, newer + 1);
    const isNewestGood = manifest !== undefined && newer === 0;
    const isDue = manifest === undefined ? name < keptFrom : newer >= limits.count || name < keptFrom;
    if (isDue && !isNewestGood) removed.unshift(name);
  }
  for (const name of removed) await removeBackup(directory, name);
  return removed;
}

/** Renamed first: what a crash leaves does not look finished. */
async function removeBackup(directory: string, name: string): Promise<void> {
  const partial = join(directory, `${name}${PARTIAL}`);
  await rename(join(directory, name), partial);
  await syncDirectory(directory);
  await rm(partial, { recursive: true, force: true });
}

async function listed(directory: string, name: string): Promise<ListedBackup> {
  const folder = join(directory, name);
  try {
    return { name, folder, manifest: await readManifest(folder), problem: undefined };
  } catch (error) {
    if (!(error instanceof BackupDamagedError)) throw error;
    return { name, folder, manifest: undefined, problem: error.problems.join('; ') };
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
