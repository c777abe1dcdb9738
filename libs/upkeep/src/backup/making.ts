import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { BackupContents } from './backup-contents.ts';
import { BackupError } from './backup-errors.ts';
import { PARTIAL, backupName, listBackups, removePartials } from './backup-list.ts';
import { Taking } from './backup-taking.ts';
import type { BackupTaking, PreviousBackup, TakenDatabase } from './backup-taking.ts';
import { fileAt } from './file-tree.ts';
import { FileWork } from './file-work.ts';
import { MANIFEST_VERSION, writeManifest } from './manifest.ts';
import type { BackupDatabase, BackupFile, BackupJournal, BackupManifest } from './manifest.ts';

/** What has just been done, in this order. */
export type BackupStep = 'begun' | 'taken' | 'copied' | 'verified' | 'described' | 'named';

export interface MakeBackupOptions {
  readonly dataDir: string;
  /** Where backups are kept; best on another disk. */
  readonly directory: string;
  readonly owner: string;
  readonly instance: string;
  readonly release: string;
  readonly reason: string;
  /** Everything of the data directory that a backup of this owner stands for. */
  readonly roots: readonly string[];
  /**
   * Takes all sources at one moment. What it gives tells where the journal was then; asked after the copies are made,
   * for as long as databases are held their logs grow.
   */
  readonly take: (taking: BackupTaking) => Promise<{ readonly journal?: () => Promise<BackupJournal> }>;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** Called after each step; what it throws ends the backup there. */
  readonly onStep?: (step: BackupStep) => void | Promise<void>;
}

export interface MadeBackup {
  readonly name: string;
  readonly folder: string;
  readonly manifest: BackupManifest;
}

/**
 * Makes one backup under a name that ends in `.partial`, verifies it and renames it. Databases are copied by another
 * process; files that never change in place get a second name where the file system can, are kept from the backup
 * before where they are the same, and are copied otherwise. One at a time a directory. Errors: BackupError, or what
 * the sources throw; nothing that looks finished is left.
 */
export async function makeBackup(options: MakeBackupOptions): Promise<MadeBackup> {
  const { directory, clock, log } = options;
  await mkdir(directory, { recursive: true });
  const left = await removePartials(directory);
  if (left.length > 0) log.warn({ left }, 'removed what interrupted backups had left');
  const name = backupName(clock.nowMicros());
  const folder = join(directory, name);
  const partial = `${folder}${PARTIAL}`;
  const links = join(options.dataDir, '.backup-links');
  await rm(links, { recursive: true, force: true });
  await mkdir(partial);
  try {
    await options.onStep?.('begun');
    const manifest = await fill({ ...options, partial, links });
    await rename(partial, folder);
    await syncDirectory(directory);
    await options.onStep?.('named');
    return { name, folder, manifest };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  } finally {
    await rm(links, { recursive: true, force: true });
  }
}

async function fill(
  options: MakeBackupOptions & { readonly partial: string; readonly links: string },
): Promise<BackupManifest> {
  const { dataDir, partial, links, clock, signal, onStep } = options;
  const startedMs = clock.monotonicMs();
  const previous = await previousBackup(options);
  await using work = new FileWork();
  const stop = (): void => work.stop(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  const taking = new Taking({ dataDir, folder: partial, links, previous, work });
  try {
    signal?.throwIfAborted();
    const taken = await options.take(taking);
    const time = new Date(clock.nowMicros() / 1_000).toISOString();
    await onStep?.('taken');
    const copies = await copyDatabases(taking, work);
    await taking.finishCopies();
    const journal = await taken.journal?.();
    await onStep?.('copied');
    await using contents = await BackupContents.open(options.log);
    const databases = await verifyDatabases(taking, partial, contents);
    const files = [...copies, ...(await describeFiles({ taking, partial, previous, work, contents }))];
    for (const each of taking.folders) await syncDirectory(each);
    await onStep?.('verified');
    signal?.throwIfAborted();
    const { owner, instance, release, reason, roots } = options;
    const manifest: BackupManifest = {
      version: MANIFEST_VERSION,
      owner,
      instance,
      release,
      time,
      durationMs: Math.round(clock.monotonicMs() - startedMs),
      reason,
      roots,
      ...(journal === undefined ? {} : { journal }),
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      databases,
    };
    await writeManifest(partial, manifest);
    await syncDirectory(partial);
    await onStep?.('described');
    return manifest;
  } finally {
    signal?.removeEventListener('abort', stop);
    await taking.release();
  }
}

async function previousBackup({
  directory,
  owner,
}: Pick<MakeBackupOptions, 'directory' | 'owner'>): Promise<PreviousBackup | undefined> {
  const good = (await listBackups(directory)).findLast(({ manifest }) => manifest?.owner === owner);
  if (good?.manifest === undefined) return undefined;
  return { folder: good.folder, files: new Map(good.manifest.files.map((file) => [file.path, file])) };
}

/** Copies what is held, and lets go of all of it as soon as the last copy is there. */
async function copyDatabases(taking: Taking, work: FileWork): Promise<BackupFile[]> {
  const files: BackupFile[] = [];
  for (const { path, source, held } of taking.databases) {
    const to = await taking.targetOf(path);
    const digest = await work.copy({
      from: source,
      to,
      ...(held === undefined ? {} : { signal: held.signal }),
    });
    await held?.release();
    files.push({ path, kind: 'database', ...digest });
  }
  return files;
}

/** Opens each copy: its tables must have as many rows as those of its source had. */
async function verifyDatabases(
  taking: Taking,
  folder: string,
  contents: BackupContents,
): Promise<BackupDatabase[]> {
  const databases: BackupDatabase[] = [];
  for (const taken of taking.databases) {
    const found = await contents.database(join(folder, taken.path), taken.rangesOf);
    checkTables(taken, found.tables);
    databases.push({ path: taken.path, ...found });
  }
  return databases;
}

function checkTables({ path, held }: TakenDatabase, found: Readonly<Record<string, number>>): void {
  if (held === undefined) return;
  const [source, copy] = [JSON.stringify(held.tables), JSON.stringify(found)];
  if (source === copy) return;
  throw new BackupError(
    `the copy of ${path} differs from its source (rows ${copy} of ${source}): it was not kept`,
    {
      canRetry: true,
    },
  );
}

/** Sums and row counts of all files; of one that the backup before had too, as they were found then. */
async function describeFiles(parts: {
  readonly taking: Taking;
  readonly partial: string;
  readonly previous: PreviousBackup | undefined;
  readonly work: FileWork;
  readonly contents: BackupContents;
}): Promise<BackupFile[]> {
  const { taking, partial, previous, work, contents } = parts;
  const files: BackupFile[] = [];
  const fresh: string[] = [];
  for (const path of taking.paths) {
    const known = previous && (await knownFile(path, partial, previous));
    if (known === undefined) fresh.push(path);
    else files.push(known);
  }
  const rows = await contents.parquetRows(
    partial,
    fresh.filter((path) => path.endsWith('.parquet') || path.endsWith('.venue')),
  );
  for (const path of fresh) {
    const digest = await work.digest(join(partial, path), { sync: true });
    const count = rows.get(path);
    files.push({ path, kind: 'file', ...digest, ...(count === undefined ? {} : { rows: count }) });
  }
  return files;
}

/** What the backup before says of the very same file. */
async function knownFile(
  path: string,
  folder: string,
  previous: PreviousBackup,
): Promise<BackupFile | undefined> {
  const known = previous.files.get(path);
  if (known === undefined) return undefined;
  const [now, then] = [
    await fileAt(folder, path),
    await fileAt(previous.folder, path).catch(() => undefined),
  ];
  return then?.identity === now.identity && now.bytes === known.bytes ? known : undefined;
}
