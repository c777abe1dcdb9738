import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** A backup could not be made; nothing that looks finished is left, and the next one starts anew. */
export class BackupError extends TickwrightError {
  constructor(message: string, options: { canRetry?: boolean; cause?: unknown } = {}) {
    super(message, { code: 'backup-failed', exitCode: ExitCode.store, ...options });
  }
}

/** A backup is not what its manifest says, or has none. `problems` has one line for each difference. */
export class BackupDamagedError extends TickwrightError {
  readonly problems: readonly string[];

  constructor(folder: string, problems: readonly string[]) {
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    super(
      `the backup ${folder} is damaged: ${problems[0]}${more}. Nothing was changed; use another one, "tickwright backup list" names them`,
      { code: 'backup-damaged', exitCode: ExitCode.store },
    );
    this.problems = problems;
  }
}

/** A restore cannot be done here as things are; nothing was changed. */
export class RestoreError extends TickwrightError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'restore-refused', exitCode: ExitCode.store, cause });
  }
}
