import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rm } from 'node:fs/promises';
import type { Clock } from '../clock/clock.ts';
import { ExitCode, TickwrightError } from '../errors.ts';
import { instanceFilePath, parseIdentity, readInstanceFile, writeInstanceFile } from './instance-info.ts';
import type { InstanceIdentity, InstanceInfo } from './instance-info.ts';
import { lockAddress } from './lock-address.ts';
import { holdLock } from './lock-holding.ts';
import type { LockHolding } from './lock-holding.ts';
import { askSocket } from './lock-server.ts';
import type { Answer } from './lock-server.ts';
import { systemClock } from '../clock/system-clock.ts';

/** Another process holds the lock. `pid` is absent when the holder did not say who it is. */
export class InstanceLockedError extends TickwrightError {
  readonly pid: number | undefined;

  constructor(options: {
    directory: string;
    holder: InstanceIdentity | undefined;
    /** From the file, which may be stale. */
    lastKnownPid?: number | undefined;
  }) {
    const { directory, holder, lastKnownPid } = options;
    const known = lastKnownPid === undefined ? '' : ` (its file names process ${lastKnownPid})`;
    super(
      `cannot take the instance lock of ${directory}: ` +
        (holder === undefined
          ? `a process holds it that does not answer${known}. Wait for it, or find and stop it.`
          : `process ${holder.pid} has held it since ${holder.startedAt}. ` +
            `Stop that process first (kill ${holder.pid}), or use another data directory.`),
      { code: 'instance-locked', exitCode: ExitCode.store },
    );
    this.pid = holder?.pid;
  }
}

/** Holds a directory for this process until it is released or the process ends. */
export interface InstanceLock extends AsyncDisposable {
  readonly directory: string;
  readonly identity: InstanceIdentity;
  /** Adds to what `instance.json` tells others; a later call replaces what an earlier one said of the same name. */
  publish(content: { addresses?: Readonly<Record<string, string>>; token?: string }): Promise<void>;
  /** Removes the file, where it is this holder's, and gives the lock back. Idempotent. */
  release(): Promise<void>;
}

/** How long a holder is given to say who it is: a busy event loop may take a moment. */
const ASK_TIMEOUT_MS = 2_000;
/** Asked so often before it counts as one that does not answer: of fifty that start at once most wait for a processor. */
const MAX_ASKS = 5;
const ASK_AGAIN_MS = 200;
/** A holder may come or go between our two questions; then the lock is tried again, so often and after so long. */
const MAX_TAKES = 20;
const RETAKE_MS = 25;

/**
 * Makes sure that one process works in a directory (created if absent): everyone else gets an InstanceLockedError that
 * names it. The lock is the kernel's, so one whose holder was killed is free at once and a stale file means nothing.
 * Linux: processes in different network namespaces (containers) do not see each other's lock. Who has another one that
 * they do see takes this one with `announce: 'later'`: then the file is left as it is until the first `publish`, and a
 * process that the other lock refuses has not touched what the true holder wrote.
 */
export async function acquireInstanceLock(
  directory: string,
  options: { instanceId?: string; clock?: Clock; announce?: 'at-once' | 'later' } = {},
): Promise<InstanceLock> {
  const { instanceId = randomUUID(), clock = systemClock, announce = 'at-once' } = options;
  await mkdir(directory, { recursive: true });
  const real = await realpath(directory);
  const startedAt = new Date(clock.nowMicros() / 1_000).toISOString();
  const identity: InstanceIdentity = { pid: process.pid, instanceId, startedAt };
  const holding = await takeLock(real, identity);
  const lock = heldLock({ directory: real, identity, holding });
  try {
    if (announce === 'at-once') await lock.publish({});
  } catch (error) {
    await lock.release();
    throw error;
  }
  return lock;
}

async function takeLock(directory: string, identity: InstanceIdentity): Promise<LockHolding> {
  const address = await lockAddress(directory);
  let asks = 0;
  for (let take = 1; take <= MAX_TAKES; take += 1) {
    const holding = await holdLock(address, JSON.stringify(identity));
    if (holding !== undefined) return holding;
    const answer = await askSocket(address.path, ASK_TIMEOUT_MS);
    asks += 1;
    const isSilent = answer.kind === 'silent' && asks < MAX_ASKS;
    if (answer.kind !== 'nobody' && !isSilent) throw await lockedBy(directory, answer);
    await systemClock.sleep(isSilent ? ASK_AGAIN_MS : RETAKE_MS);
  }
  throw new InstanceLockedError({ directory, holder: undefined });
}

async function lockedBy(directory: string, answer: Answer): Promise<InstanceLockedError> {
  const holder = answer.kind === 'text' ? parseIdentity(answer.text) : undefined;
  const lastKnownPid = holder === undefined ? (await readInstanceFile(directory))?.pid : undefined;
  return new InstanceLockedError({ directory, holder, lastKnownPid });
}

function heldLock(held: {
  directory: string;
  identity: InstanceIdentity;
  holding: LockHolding;
}): InstanceLock {
  const { directory, identity, holding } = held;
  let info: InstanceInfo = { ...identity, addresses: {} };
  let lastWrite: Promise<void> = Promise.resolve();
  let released: Promise<void> | undefined;

  function write(): Promise<void> {
    const written = writeAfter(lastWrite, info);
    lastWrite = written.catch(() => undefined);
    return written;
  }

  async function writeAfter(previous: Promise<void>, content: InstanceInfo): Promise<void> {
    await previous;
    await writeInstanceFile(directory, content);
  }

  async function giveBack(): Promise<void> {
    await lastWrite;
    // In this order: once the lock is free, the file is the next holder's.
    const isOurs = (await readInstanceFile(directory))?.instanceId === identity.instanceId;
    if (isOurs) await rm(instanceFilePath(directory), { force: true });
    await holding.release();
  }

  const release = async (): Promise<void> => {
    released ??= giveBack();
    await released;
  };

  return {
    directory,
    identity,
    publish: async ({ addresses = {}, token }) => {
      if (released !== undefined) throw new RangeError(`the instance lock of ${directory} was released`);
      info = {
        ...info,
        addresses: { ...info.addresses, ...addresses },
        ...(token === undefined ? {} : { token }),
      };
      await write();
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}

/**
 * Who holds the directory's lock at this moment, with what it published; undefined when nobody does. The socket is
 * asked, not the file: a file that a killed process left behind counts for nothing. Throws an InstanceLockedError
 * (without a pid) when someone holds the lock and does not answer.
 */
export async function readInstance(directory: string): Promise<InstanceInfo | undefined> {
  const real = await realpath(directory).catch(() => undefined);
  if (real === undefined) return undefined;
  const address = await lockAddress(real);
  const answer = await askSocket(address.path, ASK_TIMEOUT_MS);
  if (answer.kind === 'nobody') return undefined;
  const holder = answer.kind === 'text' ? parseIdentity(answer.text) : undefined;
  if (holder === undefined) throw await lockedBy(real, answer);
  const published = await readInstanceFile(real);
  return published?.instanceId === holder.instanceId ? published : { ...holder, addresses: {} };
}
