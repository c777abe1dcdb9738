import { ExitCode, TickwrightError } from '@tickwright/runtime';

interface Details {
  readonly path: string;
  readonly cause?: unknown;
}

/** Another process has the file open. `pid` is that process where the engine named it, else -1. */
export class DatabaseLockedError extends TickwrightError {
  readonly path: string;
  readonly pid: number;

  constructor(details: Details & { readonly pid: number }) {
    const holder = details.pid < 0 ? 'another process' : `process ${details.pid}`;
    super(
      `cannot open ${details.path}: ${holder} has it open. A database file has one owner; ask that process, or stop it first.`,
      { code: 'database-locked', exitCode: ExitCode.store, cause: details.cause },
    );
    this.path = details.path;
    this.pid = details.pid;
  }
}

/** The file or its write-ahead log is damaged. Nothing was changed; `tickwright doctor --repair` quarantines it. */
export class DatabaseDamagedError extends TickwrightError {
  readonly path: string;

  constructor(details: Details & { readonly found: string }) {
    super(
      `${details.path} is damaged: ${details.found}. Nothing was changed; run "tickwright doctor --repair", which sets it aside and rebuilds.`,
      { code: 'database-damaged', exitCode: ExitCode.store, cause: details.cause },
    );
    this.path = details.path;
  }
}

/** The file cannot be opened for another reason: permissions, a missing folder, a newer file format. */
export class DatabaseOpenError extends TickwrightError {
  readonly path: string;

  constructor(details: Details & { readonly found: string }) {
    super(`cannot open ${details.path}: ${details.found}`, {
      code: 'database-open',
      exitCode: ExitCode.store,
      cause: details.cause,
    });
    this.path = details.path;
  }
}

/** Who has a database open in this process. */
export interface Holder {
  /** The name that its opener gave. */
  readonly owner: string;
  /** Of `node:worker_threads`: 0 is the main thread. */
  readonly threadId: number;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/**
 * This process has the file open already, in another thread or through an engine that was not opened here. `holder` is
 * absent when it does not say who it is.
 */
export class DatabaseOwnedError extends TickwrightError {
  readonly path: string;
  readonly holder: Holder | undefined;

  constructor(details: Details & { readonly holder: Holder | undefined }) {
    super(
      `cannot open ${details.path}: this process has it open already, ${heldBy(details.holder)}. A second engine on one file would drop the first one's lock; use that one, or close it first.`,
      { code: 'database-owned', exitCode: ExitCode.store },
    );
    this.path = details.path;
    this.holder = details.holder;
  }
}

function heldBy(holder: Holder | undefined): string {
  if (holder === undefined) return 'in a thread or an engine that does not say who it is';
  return `as "${holder.owner}" in thread ${holder.threadId} since ${holder.since}`;
}

/** The path is already open in this thread with other options, which one engine cannot serve. */
export class DatabaseOptionsError extends TickwrightError {
  readonly holder: Holder;

  constructor(details: Details & { readonly differing: readonly string[]; readonly holder: Holder }) {
    super(
      `${details.path} is already open in this process with other options (${details.differing.join(', ')}), ${heldBy(details.holder)}. Use the same options, or close it first.`,
      { code: 'database-options' },
    );
    this.holder = details.holder;
  }
}

/** The kernel no longer has our lock on a file that is open: another process may open it and write. End the process at once. */
export class DatabaseLockLostError extends TickwrightError {
  readonly path: string;

  constructor(details: Details & { readonly owner: string }) {
    super(
      `the lock of ${details.path} ("${details.owner}") is gone: something in this process opened and closed the file. The process ends before another one writes to it; start it again.`,
      { code: 'database-lock-lost', exitCode: ExitCode.store },
    );
    this.path = details.path;
  }
}

/** The database was closed, or is being closed. */
export class DatabaseClosedError extends TickwrightError {
  constructor(path: string) {
    super(`${path} is closed: open it again before using it`, { code: 'database-closed' });
  }
}

/** `close` could not finish in time. The process should end; nothing committed is lost: the next start reads it from the log. */
export class DatabaseCloseError extends TickwrightError {
  constructor(details: Details & { readonly waitedMs: number; readonly found: string }) {
    super(
      `closing ${details.path} did not finish within ${details.waitedMs} ms: ${details.found}. End the process; what was committed stays in the file and its log (${details.path}.wal), which the next start applies.`,
      { code: 'database-close', exitCode: ExitCode.store, cause: details.cause },
    );
  }
}

/** A queue in front of the database is full. Retrying later can help; nothing was done. */
export class DatabaseBusyError extends TickwrightError {
  constructor(details: Details & { readonly queue: 'write' | 'read'; readonly max: number }) {
    super(
      `${details.path} is too busy: ${details.max} ${details.queue}s are already waiting. Try again later.`,
      {
        code: 'database-busy',
        canRetry: true,
      },
    );
  }
}

/** COMMIT failed: whether the transaction is stored is unknown. Read the stored state and go on from it; never repeat blindly. */
export class CommitInDoubtError extends TickwrightError {
  readonly path: string;

  constructor(details: Details & { readonly found: string }) {
    super(
      `COMMIT failed on ${details.path} (${details.found}): it may or may not be stored. Read the stored state and go on from there.`,
      { code: 'commit-in-doubt', exitCode: ExitCode.store, cause: details.cause },
    );
    this.path = details.path;
  }
}

/** A fatal error ended the engine for this file, a full disk during a checkpoint for example. Close it and open it again. */
export class DatabaseInvalidError extends TickwrightError {
  readonly path: string;

  constructor(details: Details & { readonly found: string }) {
    super(
      `the engine of ${details.path} has stopped after a fatal error: ${details.found}. Close it and open it again.`,
      {
        code: 'database-invalid',
        exitCode: ExitCode.store,
        cause: details.cause,
      },
    );
    this.path = details.path;
  }
}

/** A database could not be tried in a child process: none could be started, or its program did not run. It may be whole. */
export class DatabaseTrialError extends TickwrightError {
  constructor(details: Details & { readonly found: string }) {
    super(
      `cannot try ${details.path} in a child process: ${details.found}. Nothing was changed; see that node can be started here, and try again.`,
      { code: 'database-trial', canRetry: true, cause: details.cause },
    );
  }
}

/** The disk, or the space allowed on it, is full. */
export class DatabaseFullError extends TickwrightError {
  constructor(details: Details & { readonly found: string }) {
    super(`no space left for ${details.path}: ${details.found}. Free some space; nothing stored is lost.`, {
      code: 'database-full',
      canRetry: true,
      exitCode: ExitCode.store,
      cause: details.cause,
    });
  }
}

/** The statement needs more memory or temporary space than the limits allow. */
export class DatabaseMemoryError extends TickwrightError {
  constructor(details: Details & { readonly found: string }) {
    super(
      `${details.path}: a statement exceeds the memory limit: ${details.found}. Ask for less, or raise the limit.`,
      {
        code: 'database-memory',
        canRetry: true,
        cause: details.cause,
      },
    );
  }
}

/** A read took longer than its deadline and was interrupted. */
export class QueryDeadlineError extends TickwrightError {
  constructor(details: Details & { readonly deadlineMs: number; readonly sql: string }) {
    super(
      `a read of ${details.path} was interrupted after its deadline of ${details.deadlineMs} ms: ${details.sql}. Ask for less, or allow more time.`,
      { code: 'query-deadline', canRetry: true, cause: details.cause },
    );
  }
}

/** The engine refused a statement: wrong SQL, wrong types, a missing table or file. */
export class DatabaseQueryError extends TickwrightError {
  constructor(details: Details & { readonly sql: string; readonly found: string }) {
    super(`${details.path} refused "${details.sql}": ${details.found}`, {
      code: 'database-query',
      cause: details.cause,
    });
  }
}

/** A value cannot be told exactly in the shape that was asked for: a NULL among numbers' flags, an integer beyond 2^53. */
export class DatabaseValueError extends TickwrightError {
  constructor(message: string) {
    super(message, { code: 'database-value' });
  }
}
