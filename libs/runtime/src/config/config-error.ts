import { ExitCode, TickwrightError } from '../errors.ts';

/** More wrong places than this are counted, not listed. */
const MAX_LISTED = 25;

/** The configuration is wrong. Every problem is one line: where it stands, which setting, what is wrong, what was meant. */
export class ConfigError extends TickwrightError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options: { cause?: unknown } = {}) {
    const listed = problems.slice(0, MAX_LISTED);
    if (problems.length > MAX_LISTED) listed.push(`and ${problems.length - MAX_LISTED} more`);
    super(listed.join('\n'), { code: 'config-invalid', exitCode: ExitCode.configuration, ...options });
    this.problems = problems;
  }
}
