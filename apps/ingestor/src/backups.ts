import { resolve } from 'node:path';
import type { Config } from '@tickwright/config';
import type { Clock, Log } from '@tickwright/runtime';
import { Backups } from '@tickwright/upkeep';
import { BACKUP_ROOTS, takeSources } from './backup-sources.ts';
import type { Core } from './core.ts';

export const BACKUP_OWNER = 'ingestor';

export interface IngestorBackupsOptions {
  readonly core: Core;
  readonly config: Pick<Config, 'dataDir' | 'backups'>;
  readonly instance: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export function backupDirectory(config: Pick<Config, 'dataDir' | 'backups'>): string {
  return resolve(config.backups.directory ?? `${config.dataDir}/backups`);
}

/** The ingestor's backups: no sealing and no finished day happens while one is made. */
export function ingestorBackups({ core, config, ...rest }: IngestorBackupsOptions): Backups {
  const { keep, command, commandTimeoutMs } = config.backups;
  return new Backups({
    ...rest,
    owner: BACKUP_OWNER,
    dataDir: config.dataDir,
    directory: backupDirectory(config),
    roots: BACKUP_ROOTS,
    take: (taking) => takeSources(core, taking),
    still: (work) => core.fileGate.run(work),
    keep,
    command,
    commandTimeoutMs,
  });
}
