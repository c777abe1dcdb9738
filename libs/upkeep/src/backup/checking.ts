import { join } from 'node:path';
import type { Log } from '@tickwright/runtime';
import { BackupContents } from './backup-contents.ts';
import { BackupDamagedError } from './backup-errors.ts';
import { filesBelow } from './file-tree.ts';
import { FileWork } from './file-work.ts';
import { MANIFEST, MANIFEST_SUM, readManifest } from './manifest.ts';
import type { BackupManifest } from './manifest.ts';

/**
 * Reads all of a backup and compares it with its manifest: no file missing, added or altered, and as many rows as were
 * counted. Errors: BackupDamagedError with every difference.
 */
export async function checkBackup(folder: string, log: Log): Promise<BackupManifest> {
  const manifest = await readManifest(folder);
  const problems = await nameProblems(folder, manifest);
  if (problems.length === 0) problems.push(...(await sumProblems(folder, manifest)));
  // An engine is not given a file whose bytes are wrong.
  if (problems.length === 0) problems.push(...(await rowProblems(folder, manifest, log)));
  if (problems.length > 0) throw new BackupDamagedError(folder, problems);
  return manifest;
}

async function nameProblems(folder: string, manifest: BackupManifest): Promise<string[]> {
  const told = new Map(manifest.files.map((file) => [file.path, file.bytes]));
  const problems: string[] = [];
  for await (const { path, bytes } of filesBelow(folder)) {
    if (path === MANIFEST || path === MANIFEST_SUM) continue;
    const expected = told.get(path);
    if (expected === undefined) problems.push(`${path} is not in the manifest`);
    else if (expected !== bytes) problems.push(`${path} has ${bytes} bytes, not ${expected}`);
    told.delete(path);
  }
  return [...problems, ...[...told.keys()].map((path) => `${path} is missing`)];
}

async function sumProblems(folder: string, { files }: BackupManifest): Promise<string[]> {
  await using work = new FileWork();
  const problems: string[] = [];
  for (const { path, sha256 } of files) {
    const found = await work.digest(join(folder, path), { sync: false });
    if (found.sha256 !== sha256) problems.push(`${path} was altered: its SHA-256 differs`);
  }
  return problems;
}

async function rowProblems(folder: string, manifest: BackupManifest, log: Log): Promise<string[]> {
  await using contents = await BackupContents.open(log);
  const problems: string[] = [];
  for (const { path, tables } of manifest.databases) {
    const found = JSON.stringify((await contents.database(join(folder, path))).tables);
    const told = JSON.stringify(tables);
    if (found !== told) problems.push(`${path} has rows ${found}, not ${told}`);
  }
  const counted = manifest.files.filter((file) => file.rows !== undefined);
  const rows = await contents.parquetRows(
    folder,
    counted.map((file) => file.path),
  );
  for (const { path, rows: told } of counted) {
    if (rows.get(path) !== told) problems.push(`${path} has ${rows.get(path) ?? 0} rows, not ${told}`);
  }
  return problems;
}
