import { rename, rm, stat } from 'node:fs/promises';
import { syncFolder } from '../files/atomic-file.ts';
import { carriedFrom, createLiveFile, exists } from './live-tick-file.ts';
import type { LiveFile, TickFileContext } from './live-tick-file.ts';
import { moveParts, writeParts } from './sealed-parts.ts';
import type { DateOf } from './sealed-parts.ts';
import type { TickPart } from './tick-paths.ts';
import { SEALING_CATALOG } from '../ticks/tick-source.ts';
import { TickFileError } from './tick-state.ts';

/** What has just been done, in this order. A crash after any of them is finished at the next start. */
export type SealStep = 'closed' | 'renamed' | 'created' | 'written' | 'moved' | 'detached' | 'deleted';

export interface SealOptions {
  /** Called after each step; what it throws interrupts the sealing there. */
  readonly onStep?: (step: SealStep) => void | Promise<void>;
}

export interface SealReport {
  readonly parts: readonly (TickPart & { readonly ticks: number })[];
  /** What was told of time from elsewhere, sealed beside the ticks. */
  readonly venueParts: readonly (TickPart & { readonly rows: number })[];
}

/** Closes the live file, renames it to the sealing file, and puts a new one with its state in its place. */
export async function beginSealing(
  context: TickFileContext,
  sealing: { readonly options: SealOptions; readonly close: () => Promise<void> },
): Promise<void> {
  const { paths } = context;
  await sealing.close();
  await checkNoLog(paths.live);
  await sealing.options.onStep?.('closed');
  if (await exists(paths.sealing)) throw leftError(paths.sealing);
  await rename(paths.live, paths.sealing);
  await syncFolder(paths.liveFolder);
  await sealing.options.onStep?.('renamed');
  await createLiveFile(context, await carriedFrom(context));
  await sealing.options.onStep?.('created');
}

/**
 * Turns the attached sealing file into parts and deletes it. `switchToParts` makes new reads use the parts and resolves
 * once none uses the sealing file any more.
 */
export async function finishSealing(
  context: TickFileContext,
  file: LiveFile,
  sealing: {
    readonly options: SealOptions;
    readonly dateOf: DateOf;
    readonly switchToParts: () => Promise<void>;
  },
): Promise<SealReport> {
  if (file.sealingFrom === undefined) return { parts: [], venueParts: [] };
  const { paths } = context;
  const { onStep } = sealing.options;
  const written = await writeParts(file.database, paths, sealing.dateOf);
  await onStep?.('written');
  await moveParts(paths, written, file.sealingFrom);
  await onStep?.('moved');
  await sealing.switchToParts();
  await file.database.write((tx) => tx.run(`DETACH ${SEALING_CATALOG}`));
  await onStep?.('detached');
  await rm(paths.sealing, { force: true });
  await syncFolder(paths.liveFolder);
  await onStep?.('deleted');
  return {
    parts: written
      .filter(({ kind }) => kind.table === 'ticks')
      .map(({ part, rows }) => ({ ...part, ticks: rows })),
    venueParts: written
      .filter(({ kind }) => kind.table === 'venue_rows')
      .map(({ part, rows }) => ({ ...part, rows })),
  };
}

/** A log that outlives the close would not be renamed with its file, and its rows would be lost to it. */
async function checkNoLog(path: string): Promise<void> {
  if (!(await exists(`${path}.wal`))) return;
  const { size } = await stat(`${path}.wal`);
  throw new TickFileError(
    `cannot seal ${path}: its log still holds ${size} bytes after closing, so its checkpoint failed. Free some disk space, then seal again.`,
    { code: 'seal-checkpoint', canRetry: true },
  );
}

function leftError(path: string): TickFileError {
  return new TickFileError(`cannot seal: ${path} is still there. Seal again, which finishes it first.`, {
    code: 'seal-unfinished',
    canRetry: true,
  });
}
