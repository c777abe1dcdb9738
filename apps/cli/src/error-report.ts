import { ExitCode, TickwrightError } from '@tickwright/runtime';
import { OutputClosedError, print } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** Lines of one error on the terminal. */
const MAX_LINES = 3;

/**
 * Says on stderr what failed and returns the exit code for it. An operating error is its message; anything else is a
 * defect of ours and comes with its stack.
 */
export async function reportError(terminal: Terminal, error: unknown): Promise<number> {
  const [first, ...later] = inOrder(error);
  if (first instanceof OutputClosedError) return ExitCode.ok;
  const texts = [textOf(first), ...later.map((one) => `then, while it ended: ${textOf(one)}`)];
  // Nobody may be there to read it; the exit code says it as well.
  const told = texts.map((text) => `tickwright: ${text}\n`).join('');
  await print(terminal.stderr, told).catch(() => undefined);
  return first instanceof TickwrightError ? first.exitCode : ExitCode.failure;
}

/** What failed, and after it what failed in putting things away, which holds the first within it. */
function inOrder(error: unknown): [unknown, ...unknown[]] {
  if (!isSuppressing(error)) return [error];
  const [first, ...later] = inOrder(error.suppressed);
  return [first, ...later, ...inOrder(error.error)];
}

/** Node 20 has no SuppressedError of its own; the compiler's helper makes one. */
function isSuppressing(error: unknown): error is Error & { error: unknown; suppressed: unknown } {
  return (
    error instanceof Error && error.name === 'SuppressedError' && 'error' in error && 'suppressed' in error
  );
}

function textOf(error: unknown): string {
  if (error instanceof TickwrightError) return shortened(error.message);
  // The system refused a file or an address: it says itself what and why, and it is no defect of ours.
  if (error instanceof Error && 'syscall' in error) return error.message;
  // A year that a calendar has no data for: `CalendarYearError`, of which its code is all that must be known here.
  if (error instanceof RangeError && 'code' in error && error.code === 'calendar-year-unknown')
    return error.message;
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `unexpected error, please report it\n${details}`;
}

/** A configuration may be wrong in many places: the first ones are shown, and where the whole list is. */
function shortened(message: string): string {
  const lines = message.split('\n');
  if (lines.length <= MAX_LINES) return message;
  const left = lines.length - MAX_LINES + 1;
  return [...lines.slice(0, MAX_LINES - 1), `and ${left} more; "tickwright config check" lists all`].join(
    '\n',
  );
}
