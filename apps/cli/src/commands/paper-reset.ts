import { resetPaperBook } from '@tickwright/runner';
import { systemClock } from '@tickwright/runtime';
import { settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export interface PaperResetFlags extends CommonFlags {
  readonly yes?: boolean;
}

/** Begins with a new account. The runner must not run: it holds the ledger's lock. */
export async function paperResetCommand(terminal: Terminal, flags: PaperResetFlags): Promise<number> {
  const config = await settings(terminal, flags);
  if (flags.yes !== true)
    throw new UsageError('paper reset begins with a new, empty account: say --yes if you mean it');
  const kept = await resetPaperBook({ dataDir: config.dataDir, clock: systemClock });
  const text =
    kept === undefined
      ? 'there was no paper account yet'
      : `a new paper account begins; the old ledger is kept: ${kept}`;
  await print(terminal.stdout, `${text}\n`);
  return 0;
}
