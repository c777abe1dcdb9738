import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** The journal's directory or its last file could not be opened or repaired. */
export class JournalOpenError extends TickwrightError {
  constructor(message: string, options: { code: string; canRetry?: boolean; cause?: unknown }) {
    super(message, { exitCode: ExitCode.store, ...options });
  }
}

/** More frames are waiting for the disk than the hard limit allows: the caller ignored the congestion signal. */
export class JournalFullError extends TickwrightError {
  constructor(options: { directory: string; pendingBytes: number; limitBytes: number }) {
    super(
      `Could not append to the journal in ${options.directory}: ${options.pendingBytes} bytes wait for the disk and ` +
        `the limit is ${options.limitBytes}. Pause the sockets while the journal is congested; free or repair the disk.`,
      { code: 'journal-full', canRetry: true },
    );
  }
}

/** The journal was closed, so nothing can be appended and nothing more becomes durable. */
export class JournalClosedError extends TickwrightError {
  constructor(options: { directory: string; attempted: string }) {
    super(`Could not ${options.attempted}: the journal in ${options.directory} is closed.`, {
      code: 'journal-closed',
    });
  }
}

/** The journal was closed while the disk refused the last frames. */
export class JournalCloseError extends TickwrightError {
  constructor(options: { directory: string; lostFrames: number; waitedMs: number; cause?: unknown }) {
    super(
      `Could not flush the journal in ${options.directory} within ${options.waitedMs} ms: the last ` +
        `${options.lostFrames} frames are not on disk. Check the disk's space and health.`,
      { code: 'journal-not-flushed', exitCode: ExitCode.store, cause: options.cause },
    );
  }
}

/** A recording is missing, cut off, or holds a line that is not a recorded frame. */
export class RecordingError extends TickwrightError {
  constructor(options: { path: string; line?: number; found: string; expected: string; cause?: unknown }) {
    const place = options.line === undefined ? options.path : `${options.path}:${options.line}`;
    super(`Could not read the recording ${place}: found ${options.found}, expected ${options.expected}.`, {
      code: 'recording-broken',
      exitCode: ExitCode.store,
      cause: options.cause,
    });
  }
}

/** The system's code of a failed file operation (`ENOSPC`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
