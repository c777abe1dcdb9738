import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readInstance } from '@tickwright/runtime';
import type { Process } from '../../system/harness.ts';
import { killWhen } from './moments.ts';

/** What a backup is called while it is being made. */
const UNFINISHED = /\.partial$/;

export interface BackupMade {
  readonly name: string;
  readonly ticks: number;
  /** Frames below it are in the backup; the journal has what follows. */
  readonly offset: number;
}

/** Asks the ingestor that runs on a data directory for a backup, as the command line does; resolves when it is whole. */
export async function askForBackup(dataDir: string): Promise<BackupMade> {
  const instance = await readInstance(join(dataDir, 'ingestor'));
  const url = instance?.addresses['http'];
  if (url === undefined) throw new Error(`no ingestor runs on ${dataDir}`);
  const answer = await fetch(`${url}/api/v1/backup`, {
    method: 'POST',
    headers: { authorization: `Bearer ${instance?.token}` },
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as BackupMade;
}

/**
 * Asks for a backup and kills the ingestor (SIGKILL) so long after its folder has appeared. Gives the backup where it was
 * whole before; an unfinished one is left as it is.
 */
export async function killInBackup(
  ingestor: Process,
  { dataDir, delayMs }: { readonly dataDir: string; readonly delayMs: number },
): Promise<BackupMade | undefined> {
  const killed = killWhen(ingestor, { folders: [folderOf(dataDir)], name: UNFINISHED, delayMs });
  // One that does not live to answer is not a failure here.
  const made = askForBackup(dataDir).catch(() => undefined);
  await killed;
  return made;
}

export function unfinishedBackups(dataDir: string): string[] {
  const folder = folderOf(dataDir);
  return existsSync(folder) ? readdirSync(folder).filter((name) => UNFINISHED.test(name)) : [];
}

function folderOf(dataDir: string): string {
  return join(dataDir, 'backups');
}
