import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '@tickwright/config';
import { acquireInstanceLock, systemClock } from '@tickwright/runtime';
import type { RestoreReport } from '@tickwright/upkeep';
import { prepareDataDirectory } from '../data-directory.ts';
import { counted } from '../formats.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export interface RestoreFlags extends CommonFlags {
  /** A name that `backup list` prints, `latest`, or a folder. */
  readonly backup: string;
  /** The runner's paper ledger, instead of what the ingestor owns. */
  readonly runner?: boolean;
}

/** Whose backup it is: what it is called, where it is kept, and the folder whose lock must be free. */
interface Owned {
  readonly owner: string;
  readonly directory: string;
  readonly lock: string;
  readonly home: string;
}

/** Refused with exit 4, naming it, while an instance works on what is restored. */
export async function restoreCommand(terminal: Terminal, flags: RestoreFlags): Promise<number> {
  const config = await settings(terminal, flags);
  const owned = flags.runner === true ? await runnersOwn(config) : await ingestorsOwn(config);
  const folder = await backupFolder(flags.backup, owned);
  await prepareDataDirectory(config.dataDir);
  await using _lock = await acquireInstanceLock(owned.lock);
  const { restoreBackup } = await import('@tickwright/upkeep');
  const report = await restoreBackup({
    owner: owned.owner,
    folder,
    dataDir: config.dataDir,
    home: owned.home,
    clock: systemClock,
    log: logOf(terminal, config, 'restore'),
  });
  const text =
    flags.json === true ? `${JSON.stringify(summary(folder, report))}\n` : readable(folder, report);
  await print(terminal.stdout, text);
  return 0;
}

async function ingestorsOwn(config: Config): Promise<Owned> {
  const { BACKUP_OWNER, backupDirectory } = await import('@tickwright/ingestor');
  const { dataDir } = config;
  const directory = backupDirectory(config);
  return { owner: BACKUP_OWNER, directory, lock: join(dataDir, 'ingestor'), home: dataDir };
}

async function runnersOwn(config: Config): Promise<Owned> {
  const { LEDGER_BACKUP_OWNER, ledgerBackupDirectory, runnerFolder } = await import('@tickwright/runner');
  const home = runnerFolder(config.dataDir);
  return { owner: LEDGER_BACKUP_OWNER, directory: ledgerBackupDirectory(config), lock: home, home };
}

async function backupFolder(text: string, { directory, owner }: Owned): Promise<string> {
  if (text !== 'latest') return existsSync(join(directory, text)) ? join(directory, text) : resolve(text);
  const { listBackups } = await import('@tickwright/upkeep');
  const newest = (await listBackups(directory)).findLast(({ manifest }) => manifest?.owner === owner);
  if (newest === undefined) throw new UsageError(`there is no good backup in ${directory}; name a folder`);
  return newest.folder;
}

function summary(folder: string, { manifest, setAside, journal }: RestoreReport): object {
  const { time, bytes } = manifest;
  const offset = manifest.journal?.offset ?? null;
  return { backup: folder, time, offset, bytes, setAside: setAside ?? null, journal: journal ?? null };
}

/** What is there now, where the old is, and what the journal can and cannot add. */
function readable(folder: string, { manifest, setAside, journal }: RestoreReport): string {
  const lines = [
    `restored ${folder}, taken at ${manifest.time}: ${counted(manifest.files.length, 'file')} checked`,
    setAside === undefined ? 'nothing was there before' : `what was there before lies in ${setAside.folder}`,
    ...(journal?.missing ?? []).map(
      ({ firstOffset, endOffset }) =>
        `LOST  frames ${firstOffset} to ${endOffset - 1} are neither in the backup nor in the journal`,
    ),
    ...(journal === undefined ? [] : [journalLine(journal, manifest.time)]),
  ];
  return `${lines.join('\n')}\n`;
}

function journalLine({ frames }: NonNullable<RestoreReport['journal']>, time: string): string {
  return frames > 0
    ? `the journal has ${counted(frames, 'frame')} behind it: the next start applies them`
    : `the journal has nothing behind it: what was received after ${time} is not there`;
}
