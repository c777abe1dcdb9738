import { ExitCode, TickwrightError } from '../errors.ts';

/** A service failed so often in so short a time that starting it again is no help. */
export class CrashLoopError extends TickwrightError {
  readonly service: string;

  constructor(options: { service: string; failures: number; windowMs: number; cause: unknown }) {
    const { service, failures, windowMs, cause } = options;
    super(
      `service "${service}" failed ${failures} times within ${windowMs / 1_000} s and was given up; ` +
        `the last failure was: ${describeFailure(cause)}`,
      {
        code: 'crash-loop',
        cause,
        exitCode: cause instanceof TickwrightError ? cause.exitCode : ExitCode.failure,
      },
    );
    this.service = service;
  }
}

/** The stop was not clean: what a service still held may not have been brought to safety. */
export class DrainError extends TickwrightError {
  /** Services that had not ended when the time was over, in the order in which they were asked. */
  readonly late: readonly string[];
  /** Services whose drain failed. */
  readonly failed: readonly string[];

  constructor(options: { late: readonly string[]; failures: ReadonlyMap<string, unknown>; limitMs: number }) {
    const { late, failures, limitMs } = options;
    const parts = [...failures].map(
      ([name, error]) => `"${name}" failed to drain: ${describeFailure(error)}`,
    );
    if (late.length > 0) {
      const names = late.map((name) => `"${name}"`).join(', ');
      parts.push(`${names} did not end within ${limitMs / 1_000} s`);
    }
    super(`stopped, but not cleanly: ${parts.join('; ')}`, {
      code: 'drain-incomplete',
      cause: [...failures.values()][0],
    });
    this.late = late;
    this.failed = [...failures.keys()];
  }
}

/** What was thrown, in one line. */
export function describeFailure(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
