import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listHours, listPieces } from '@tickwright/store';
import type { CandlePiece } from '@tickwright/store';
import { ExitCode, TickwrightError } from '@tickwright/runtime';
import { checkParts, finishRestore, repairAfterFailure, repairBeforeStart } from '@tickwright/upkeep';
import { openCore } from '../core.ts';
import type { Core, CoreOptions } from '../core.ts';
import { spansOfLoss } from './lost-spans.ts';
import { rebuildHours } from './rebuilt-candles.ts';

/** Openings after a repair: each may show the damage of another file. */
const REPAIRS_MAX = 5;

/** Whether the last run gave its instance lock back. To be asked before the lock is taken. */
export function hasEndedCleanly(lockDirectory: string): boolean {
  return !existsSync(join(lockDirectory, 'instance.json'));
}

/**
 * Opens a core, after an interrupted restore was finished and the short preflight was done, and mends what can be mended
 * without losing anything: logs and databases that
 * are damaged go into quarantine and are made anew from the journal and the sealed parts, candle files from the ticks.
 * Errors: as `openCore`, among them StoreLossError where something would be lost.
 */
export async function openRepairedCore(
  options: CoreOptions & { readonly endedCleanly: boolean },
): Promise<Core> {
  const { dataDir } = options;
  await finishRestore(dataDir, options.log);
  await repairBeforeStart(options);
  const setAside: CandlePiece[] = [];
  const onUp = async (core: Core): Promise<void> => {
    if (options.acceptsLoss !== true && core.lost.length > 0)
      core.stateLoss('the journal is damaged', await spansOfLoss(core, core.lost));
    await rebuildHours(core, setAside);
  };
  for (let tries = 1; ; tries += 1) {
    const pieces = [...(await listPieces({ dataDir })), ...(await listHours({ dataDir }))];
    try {
      return await openCore({ ...options, onUp });
    } catch (error) {
      const { actions, candleFiles } = await repairAfterFailure(options, error);
      if (actions.length === 0 || tries > REPAIRS_MAX) throw await explained(dataDir, error);
      setAside.push(...pieces.filter(({ path }) => candleFiles.includes(path)));
    }
  }
}

/** A sealed part that was altered makes the engine fail in words of its own: then the part is named. */
async function explained(dataDir: string, error: unknown): Promise<unknown> {
  if (error instanceof TickwrightError && error.exitCode === ExitCode.store) return error;
  const damaged = (await checkParts(dataDir, 'whole')).find(({ severity }) => severity === 'error');
  if (damaged === undefined) return error;
  return new TickwrightError(
    `cannot start: the sealed part ${damaged.subject} ${damaged.found}. Run "tickwright doctor --repair", which sets it aside and rebuilds it.`,
    { code: 'part-damaged', exitCode: ExitCode.store, cause: error },
  );
}
