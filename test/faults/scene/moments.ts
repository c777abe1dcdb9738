import { mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../system/harness.ts';
import type { Process } from '../../system/harness.ts';
import { LIMIT_MS } from './scene.ts';

/**
 * Kills a process (SIGKILL) a little after a name that matches has appeared, changed or gone in one of the folders: in
 * the middle of the work that makes such names. Resolves to the name, or to undefined when the process ended before.
 */
export async function killWhen(
  process: Process,
  at: { readonly folders: readonly string[]; readonly name: RegExp; readonly delayMs: number },
): Promise<string | undefined> {
  let seen: string | undefined;
  const watchers = at.folders.map((folder) => {
    mkdirSync(folder, { recursive: true });
    return watch(folder, (_event, name) => {
      if (seen !== undefined || name === null || !at.name.test(name)) return;
      seen = name;
      // Without a delay in this very turn: what is under way takes a millisecond or two.
      if (at.delayMs < 1) process.kill('SIGKILL');
      else setTimeout(() => process.kill('SIGKILL'), at.delayMs);
    });
  });
  try {
    await eventually(() => (seen !== undefined || process.child.exitCode !== null ? true : undefined), {
      limitMs: LIMIT_MS,
      what: `${at.name} in ${at.folders.join(', ')}; the process said:\n${process.stderr}`,
    });
    if (seen !== undefined) await process.ended;
    return process.child.signalCode === 'SIGKILL' ? seen : undefined;
  } finally {
    for (const each of watchers) each.close();
  }
}

/** Where candle files of the current and the next hour are written. */
export function candleFolders(dataDir: string): string[] {
  const days = [0, 60_000].map((aheadMs) => new Date(Date.now() + aheadMs).toISOString().slice(0, 10));
  return [...new Set(days)].map((date) => join(dataDir, 'live', 'candles', 'segment=SIM', `date=${date}`));
}
