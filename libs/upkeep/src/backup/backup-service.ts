import { loopService } from '@tickwright/runtime';
import type { Clock, Service } from '@tickwright/runtime';
import type { Backups } from './backups.ts';
import { BackupSchedule } from './backup-schedule.ts';

/** The schedule is asked this often. */
const LOOK_MS = 5_000;

/** Makes a backup when one is due. One that fails is told by `Backups` and tried again; nothing else stops for it. */
export function backupService(options: {
  readonly backups: Backups;
  readonly everyMinutes: number;
  readonly clock: Clock;
  readonly isSessionOpen: () => boolean;
  /** Who sees to the backup after a close; `here` unless told. */
  readonly closing?: 'here' | 'elsewhere';
}): Service {
  const { backups, clock } = options;
  const schedule = new BackupSchedule({ ...options, lastMicros: () => backups.health.lastMicros });
  return loopService({
    name: 'backups',
    clock,
    intervalMs: LOOK_MS,
    work: async (signal) => {
      const reason = schedule.due();
      if (reason === undefined) return;
      await backups.make(reason, signal).catch(() => undefined);
    },
  });
}
