/** Process exit codes, as the command line promises them. */
export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  configuration: 3,
  store: 4,
  port: 5,
  venue: 6,
  unhealthy: 7,
  mismatch: 8,
} as const;

/**
 * An operating error: something outside the program went wrong. `code` is for programs, the message for people (what
 * was tried, on what, what was found, what to do), `canRetry` says whether trying again can help.
 */
export class TickwrightError extends Error {
  readonly code: string;
  readonly canRetry: boolean;
  readonly exitCode: number;

  constructor(
    message: string,
    options: { code: string; canRetry?: boolean; exitCode?: number; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.canRetry = options.canRetry ?? false;
    this.exitCode = options.exitCode ?? ExitCode.failure;
  }
}
