import { link, mkdir, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { syncDirectory } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { RestoreError } from './backup-errors.ts';
import { backupName } from './backup-list.ts';
import { checkBackup } from './checking.ts';
import { kindOf } from './file-tree.ts';
import { FileWork } from './file-work.ts';
import { journalRest } from './journal-mark.ts';
import type { JournalRest } from './journal-mark.ts';
import type { BackupFile, BackupManifest } from './manifest.ts';
import { STAGE, carryOut, finishRestore, writePlan } from './restore-plan.ts';
import type { OnRestoreStep, RestorePlan } from './restore-plan.ts';

export interface RestoreOptions {
  /** Whose data it is, and whose instance lock the caller holds. */
  readonly owner: string;
  /** The backup's folder. */
  readonly folder: string;
  readonly dataDir: string;
  /** Where what waits and the plan lie; the data directory unless given, the runner's own folder for its ledger. */
  readonly home?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after each step; what it throws interrupts the restore there. */
  readonly onStep?: OnRestoreStep;
}

export interface RestoreReport {
  readonly manifest: BackupManifest;
  /** Where what was replaced lies; undefined when nothing was there. */
  readonly setAside: { readonly folder: string; readonly roots: readonly string[] } | undefined;
  /** What the journal that is there has behind the backup; undefined when the backup has no journal offset. */
  readonly journal: JournalRest | undefined;
}

/**
 * Puts a backup in the place of what a data directory holds. The caller holds the owner's instance lock. In this order:
 * check every file; refuse the journal of another history; stage copies beside; write the plan, until which nothing is
 * changed; carry it out, which an interruption does not undo: the next restore or start finishes it. The journal stays
 * as it is, and the next start applies what it has behind the backup. Errors: BackupDamagedError, RestoreError.
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const { owner, dataDir, home = dataDir, clock, log, onStep } = options;
  const folder = resolve(options.folder);
  if ((await kindOf(folder)) !== 'folder') throw new RestoreError(`there is no backup ${folder}`);
  await finishRestore(dataDir, log, home);
  const manifest = await checkBackup(folder, log);
  checkFits(folder, owner, manifest);
  const journal = await journalBehind(dataDir, manifest);
  await stage(folder, home, manifest);
  await onStep?.('staged');
  const plan = await planned({ folder, home, manifest, clock });
  await writePlan(home, plan);
  await onStep?.('planned');
  const roots = await carryOut({ dataDir, home }, plan, onStep);
  const setAside = roots.length === 0 ? undefined : { folder: join(dataDir, plan.quarantine), roots };
  return { manifest, setAside, journal };
}

function checkFits(folder: string, owner: string, manifest: BackupManifest): void {
  if (manifest.owner !== owner)
    throw new RestoreError(`${folder} is a backup of the ${manifest.owner}, not of the ${owner}`);
  const outside = manifest.roots.find((path) => isAbsolute(path) || path.split('/').includes('..'));
  if (outside !== undefined)
    throw new RestoreError(`${folder} names ${outside}, outside of a data directory`);
}

async function journalBehind(dataDir: string, manifest: BackupManifest): Promise<JournalRest | undefined> {
  if (manifest.journal === undefined) return undefined;
  const directory = join(dataDir, 'journal');
  const rest = await journalRest(directory, manifest.journal);
  if (rest.isSame) return rest;
  throw new RestoreError(
    `the journal in ${directory} is not the one that goes on from this backup: its frame ${manifest.journal.offset - 1} differs. Nothing was changed; move that journal away, then restore again`,
  );
}

async function planned(parts: {
  folder: string;
  home: string;
  manifest: BackupManifest;
  clock: Clock;
}): Promise<RestorePlan> {
  const { folder, home, manifest, clock } = parts;
  const now = clock.nowMicros();
  const roots: { path: string; isStaged: boolean }[] = [];
  for (const path of manifest.roots) {
    roots.push({ path, isStaged: (await kindOf(join(home, STAGE, path))) !== undefined });
  }
  const quarantine = `quarantine/${backupName(now)}-before-restore`;
  return { backup: folder, time: new Date(now / 1_000).toISOString(), quarantine, roots };
}

async function stage(folder: string, home: string, manifest: BackupManifest): Promise<void> {
  const to = join(home, STAGE);
  await rm(to, { recursive: true, force: true });
  const folders = new Set<string>([to]);
  await using work = new FileWork();
  for (const file of manifest.files) {
    const target = join(to, file.path);
    await mkdir(dirname(target), { recursive: true });
    for (let at = dirname(target); at.startsWith(to); at = dirname(at)) folders.add(at);
    await stageFile({ from: join(folder, file.path), to: target, file, work });
  }
  for (const each of folders) if ((await kindOf(each)) !== undefined) await syncDirectory(each);
}

/** A database is going to be written, and so is always a copy; other files are replaced as a whole and may be shared. */
async function stageFile(options: {
  from: string;
  to: string;
  file: BackupFile;
  work: FileWork;
}): Promise<void> {
  const { from, to, file, work } = options;
  if (file.kind === 'file') {
    try {
      return await link(from, to);
    } catch {
      // Another file system, or one without links: then it is a copy, too.
    }
  }
  const { sha256 } = await work.copy({ from, to });
  if (sha256 !== file.sha256) {
    throw new RestoreError(`the copy of ${from} differs from it: check the disk. Nothing was changed`);
  }
}
