import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** The command line itself is wrong. */
export class UsageError extends TickwrightError {
  constructor(message: string) {
    super(message, { code: 'usage', exitCode: ExitCode.usage });
  }
}
