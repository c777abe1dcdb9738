import { dirname } from 'node:path';
import { stat } from 'node:fs/promises';
import { threadId } from 'node:worker_threads';
import { claimInProcess } from '@tickwright/runtime';
import type { Clock } from '@tickwright/runtime';
import { DatabaseOwnedError } from './errors.ts';
import type { Holder } from './errors.ts';
import { realPath } from './real-path.ts';
import { fileIdentity, ownLocks } from './lock-table.ts';

/** A path that this thread has for itself within the process. */
export interface Ownership {
  readonly holder: Holder;
  release(): Promise<void>;
}

/** This thread as the holder of a file from now on. */
export function holderNow(owner: string, clock: Clock): Holder {
  return { owner, threadId, since: new Date(clock.nowMicros() / 1_000).toISOString() };
}

/**
 * Takes a real path for this thread, before anything touches the file: a second engine in the process would succeed, and
 * its closing would drop the first one's lock. Throws DatabaseOwnedError when another thread has it, or when an engine
 * of this process has the file that was not opened here. Another process is the engine's own lock's business.
 */
export async function takeOwnership(path: string, holder: Holder): Promise<Ownership> {
  const claim = await claimInProcess({ name: await nameOf(path), text: JSON.stringify(holder) });
  if (claim.kind === 'held') throw new DatabaseOwnedError({ path, holder: holderIn(claim.text) });
  try {
    if (await isLockedHere(path)) throw new DatabaseOwnedError({ path, holder: undefined });
  } catch (error) {
    await claim.release();
    throw error;
  }
  return { holder, release: () => claim.release() };
}

/** Whether the kernel says that this process has the file locked; false where the kernel cannot be asked. */
export async function isLockedHere(path: string): Promise<boolean> {
  const identity = await fileIdentity(path);
  return identity !== undefined && (ownLocks()?.has(identity) ?? false);
}

/**
 * Makes sure that no thread of this process has a database open, before its file is read, copied or replaced by other
 * means: closing it afterwards would drop the engine's lock. Throws DatabaseOwnedError. Take the instance lock of the
 * data directory first, so that nobody opens it meanwhile.
 */
export async function requireClosed(path: string): Promise<void> {
  if ((await fileIdentity(dirname(path))) === undefined) return;
  const ownership = await takeOwnership(realPath(path), {
    owner: 'a check that it is closed',
    threadId,
    since: new Date().toISOString(),
  });
  await ownership.release();
}

/** Names the file by its folder's identity too: containers that share pids and network may mean different volumes. */
async function nameOf(path: string): Promise<string> {
  const { dev, ino } = await stat(dirname(path), { bigint: true });
  return `${dev}:${ino} ${path}`;
}

function holderIn(text: string | undefined): Holder | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}
