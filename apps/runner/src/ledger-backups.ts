import { join, resolve } from 'node:path';
import type { Config } from '@tickwright/config';
import { LEDGER_ROOTS } from '@tickwright/ledger';
import type { Ledger } from '@tickwright/ledger';
import type { Clock, Log } from '@tickwright/runtime';
import { Backups } from '@tickwright/upkeep';

/** As backups of the ledger name their owner. */
export const LEDGER_BACKUP_OWNER = 'runner';

/** What the runner owns under a data directory: its lock, its ledger, its backups. */
export function runnerFolder(dataDir: string): string {
  return join(dataDir, 'runner');
}

export function ledgerBackupDirectory({ dataDir, backups: { directory } }: Config): string {
  return resolve(
    directory === undefined ? join(runnerFolder(dataDir), 'backups') : join(directory, 'runner'),
  );
}

export function ledgerBackups(options: {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly instance: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}): Backups {
  const { config, ledger, instance, version, clock, log } = options;
  const { keep, command, commandTimeoutMs } = config.backups;
  return new Backups({
    owner: LEDGER_BACKUP_OWNER,
    dataDir: config.dataDir,
    directory: ledgerBackupDirectory(config),
    roots: LEDGER_ROOTS,
    take: async (taking) => {
      await taking.database(LEDGER_ROOTS[0] ?? '', ledger.database);
      return {};
    },
    keep,
    command,
    commandTimeoutMs,
    instance,
    version,
    clock,
    log,
  });
}
