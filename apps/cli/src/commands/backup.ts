import type { Config } from '@tickwright/config';
import { readableBytes, systemClock } from '@tickwright/runtime';
import type { BackupJson } from '@tickwright/upkeep';
import { counted, duration, jsonRows, table } from '../formats.ts';
import { ownerOf } from '../owner.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';

export interface BackupFlags extends CommonFlags {
  readonly action: 'now' | 'list';
}

/** Makes a backup, or lists those there are. The list needs no owner: what is finished never changes. */
export async function backupCommand(terminal: Terminal, flags: BackupFlags): Promise<number> {
  const config = await settings(terminal, flags);
  if (flags.action === 'list') await listBackupsCommand(terminal, flags, config);
  else await makeBackupCommand(terminal, flags, config);
  return 0;
}

async function makeBackupCommand(terminal: Terminal, flags: BackupFlags, config: Config): Promise<void> {
  const made = await backedUp(terminal, config);
  const { name, folder, bytes, files, ticks, durationMs } = made;
  const text =
    flags.json === true
      ? `${JSON.stringify(made)}\n`
      : `backup ${name}: ${counted(ticks ?? 0, 'tick')}, ${counted(files ?? 0, 'file')}, ${readableBytes(bytes ?? 0)} in ${duration(durationMs ?? 0)}, verified\n${folder}\n`;
  await print(terminal.stdout, text);
}

async function backedUp(terminal: Terminal, config: Config): Promise<BackupJson> {
  const owner = await ownerOf(config, terminal);
  if (owner.kind === 'running') {
    const answer = await owner.ask('/api/v1/backup', { method: 'POST' });
    return (await answer.json()) as BackupJson;
  }
  await using owned = await owner.open('backup');
  const { ingestorBackups } = await import('@tickwright/ingestor');
  const { core } = owned;
  const log = logOf(terminal, config, 'backup');
  const backups = ingestorBackups({
    core,
    config,
    instance: `offline ${process.pid}`,
    version: VERSION,
    clock: systemClock,
    log,
  });
  // Awaited here: the core must not be closed before the backup has ended.
  return await backups.make('asked for', terminal.signal);
}

async function listBackupsCommand(terminal: Terminal, flags: BackupFlags, config: Config): Promise<void> {
  const { backupDirectory } = await import('@tickwright/ingestor');
  const { backupJson, listBackups } = await import('@tickwright/upkeep');
  const directory = backupDirectory(config);
  const rows = (await listBackups(directory)).map(backupJson);
  if (flags.json === true) return print(terminal.stdout, jsonRows(rows));
  if (rows.length === 0) return print(terminal.stderr, `no backups in ${directory}\n`);
  const cells = rows.map(({ name, reason, ticks, bytes, offset, problem }) => [
    name,
    reason ?? '',
    counted(ticks ?? 0, 'tick'),
    readableBytes(bytes ?? 0),
    offset === null ? '' : String(offset),
    problem === null ? 'good' : `DAMAGED: ${problem}`,
  ]);
  await print(terminal.stdout, table(['backup', 'made', 'ticks', 'size', 'offset', 'state'], cells));
}
