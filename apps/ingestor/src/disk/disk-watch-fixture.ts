// A disk watch over a volume that is as full as a test says. Not exported by the package.
import type { Journal, JournalHealth } from '@tickwright/journal';
import type { Clock } from '@tickwright/runtime';
import type { Stream } from '@tickwright/venues';
import { quietLog } from '../core-fixture.ts';
import { DiskWatch } from './disk-watch.ts';

export const MIB = 1_024 * 1_024;

export interface WatchedDisk {
  readonly watch: DiskWatch;
  /** What the next look finds; undefined: nothing can be told. */
  freeBytes: number | undefined;
}

/** A volume of 100 GiB with a reserve of 1 GiB. */
export function watchedDisk(parts: {
  journal: Pick<Journal, 'health'>;
  streams: readonly Pick<Stream, 'suspend' | 'restart'>[];
  clock: Clock;
}): WatchedDisk {
  const watch = new DiskWatch({
    ...parts,
    look: async () => {
      if (disk.freeBytes === undefined) throw new Error('no such volume');
      return { freeBytes: disk.freeBytes, totalBytes: 102_400 * MIB };
    },
    reserve: { reserveBytes: 1_024 * MIB, reservePercent: 10 },
    log: quietLog,
  });
  const disk: WatchedDisk = { watch, freeBytes: 50_000 * MIB };
  return disk;
}

/** A journal's health that a test sets. */
export function journalHealth(state: JournalHealth['state']): { health: JournalHealth } {
  const health: JournalHealth = {
    state,
    lastSyncMicros: 0,
    lastError: state === 'ok' ? undefined : 'ENOSPC: no space left on device, write',
    nextOffset: 0,
    durableOffset: 0,
    pendingBytes: 0,
    bytes: 0,
    files: 0,
    blocks: 0,
    writes: 0,
    syncs: 0,
    failovers: 0,
  };
  return { health };
}
