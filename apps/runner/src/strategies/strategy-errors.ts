import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** A strategy's file cannot be compiled, loaded, or holds no strategy. The message has file and line. */
export class StrategyFileError extends TickwrightError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'strategy-file', exitCode: ExitCode.configuration, cause });
  }
}

/** What the configuration wants to run cannot be: an unknown strategy, wrong parameters, unknown fees. */
export class PlanError extends TickwrightError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'runner-plan', exitCode: ExitCode.configuration, cause });
  }
}
