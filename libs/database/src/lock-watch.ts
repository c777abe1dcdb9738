import type { Clock, Log } from '@tickwright/runtime';
import { DatabaseLockLostError } from './errors.ts';
import { ownLocks } from './lock-table.ts';
import { abandonDatabases, openFiles } from './open-files.ts';

/** The kernel's lock table is compared with the open files this often. */
const EVERY_MS = 500;
/** A lock that is missing is looked for again so often, after so long: the table is not read in one piece. */
const CONFIRMATIONS = 2;
const CONFIRM_AFTER_MS = 20;
/**
 * What runs is given so long to end before `onLost`: Node cannot exit while an engine call is under way, and a process that
 * ends by force has no exit code. Nothing new begins meanwhile. On a machine that has much to do 300 ms were not enough.
 */
const ABANDON_MAX_MS = 1_000;

export interface LockWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Called once, when nothing new can begin on any database and what ran was interrupted. Another process may have the file by now: end
   * the process at once, closing nothing, since closing writes. `isStuck`: a call does not return, which
   * `process.exit` would wait for.
   */
  readonly onLost: (error: DatabaseLockLostError, state: { readonly isStuck: boolean }) => void;
  readonly everyMs?: number;
}

/**
 * Watches over the locks of all database files that this thread has open (Linux; elsewhere it says once that it cannot).
 * Files opened and closed later are included. Dispose it to end.
 */
export function watchLocks(options: LockWatchOptions): AsyncDisposable {
  const { log } = options;
  const stopping = new AbortController();
  let ended = Promise.resolve();
  if (ownLocks() === undefined) {
    log.info(
      { platform: process.platform },
      'this system does not tell which locks are held: a lost lock of a database would not be noticed',
    );
  } else {
    ended = watch(options, stopping.signal);
  }
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort(new Error('the watch has ended'));
      await ended;
    },
  };
}

async function watch(options: LockWatchOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, everyMs = EVERY_MS } = options;
  while (await slept(clock, everyMs, signal)) {
    let lost = lostFiles();
    for (let i = 0; lost.length > 0 && i < CONFIRMATIONS; i += 1) {
      if (!(await slept(clock, CONFIRM_AFTER_MS, signal))) return;
      lost = lostFiles();
    }
    const [first] = lost;
    if (first === undefined) continue;
    const error = new DatabaseLockLostError(first);
    log.error(
      { lost, err: error },
      'the lock of a database file is gone; the process ends before harm is done',
    );
    const isStuck = !(await abandonDatabases(ABANDON_MAX_MS));
    options.onLost(error, { isStuck });
    return;
  }
}

/** Open files whose lock the kernel does not know (any more). */
function lostFiles(): { path: string; owner: string }[] {
  const held = ownLocks();
  if (held === undefined) return [];
  return openFiles()
    .filter(({ identity }) => identity !== undefined && !held.has(identity))
    .map(({ path, owner }) => ({ path, owner }));
}

async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(ms, signal).then(
    () => true,
    () => false,
  );
}
