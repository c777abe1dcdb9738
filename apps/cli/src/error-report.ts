import { TickwrightError } from '@tickwright/runtime';
import { print } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** An operating error is its message; anything else is a defect of ours and comes with its stack. */
export async function reportError(terminal: Terminal, error: unknown): Promise<void> {
  if (error instanceof TickwrightError) {
    await print(terminal.stderr, `tickwright: ${error.message}\n`);
    return;
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  await print(terminal.stderr, `tickwright: unexpected error, please report it\n${details}\n`);
}
