import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@tickwright/config';
import { acquireInstanceLock } from '@tickwright/runtime';
import type { Clock, InstanceLock, Log } from '@tickwright/runtime';
import { catalogue } from '@tickwright/venues';
import type { Core } from './core.ts';
import { hasEndedCleanly, openRepairedCore } from './repair/repaired-core.ts';

export interface OfflineOptions {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** As for the core: only where the loss is stated. */
  readonly acceptsLoss?: boolean;
}

/** A core and the lock it is opened under; disposing stores what is in hand, then gives the lock back. */
export interface OfflineCore extends AsyncDisposable {
  readonly core: Core;
}

/**
 * Becomes the owner of a data directory in which no ingestor runs: the rest of the journal is applied first, as at any
 * start. Errors: InstanceLockedError (exit 4).
 */
export async function openOffline(options: OfflineOptions): Promise<OfflineCore> {
  const { config, version, clock, log } = options;
  const directory = join(config.dataDir, 'ingestor');
  await mkdir(directory, { recursive: true });
  const instance = randomUUID();
  const endedCleanly = hasEndedCleanly(directory);
  const lock = await acquireInstanceLock(directory, { instanceId: instance, announce: 'later' });
  try {
    const core = await openRepairedCore({
      dataDir: config.dataDir,
      instance,
      version,
      venues: catalogue.names().map((name) => catalogue.venue(name)),
      memoryHours: config.ingestor.memoryHours,
      journal: config.ingestor.journal,
      onOwned: () => lock.publish({}),
      clock,
      log,
      endedCleanly,
      ...(options.acceptsLoss === true ? { acceptsLoss: true } : {}),
    });
    return { core, [Symbol.asyncDispose]: () => close(core, lock) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function close(core: Core, lock: InstanceLock): Promise<void> {
  try {
    await core[Symbol.asyncDispose]();
  } finally {
    await lock.release();
  }
}
