import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InstrumentTable, calendars } from '@tickwright/market';
import type { TickBatch } from '@tickwright/market';
import { fileSum, openTickFile, partPath, partSumPath, tickPaths, writePartSum } from '@tickwright/store';
import type { TickPart } from '@tickwright/store';
import { syncDirectory } from '@tickwright/runtime';
import type { Venue } from '@tickwright/venues';
import type { Core } from '../core.ts';
import { TickBuffer } from '../ticks/tick-buffer.ts';
import { foldJournal } from './journal-fold.ts';

/** Ticks that a rebuild holds before it writes them. */
const PORTION_ROWS = 200_000;

export interface RebuildPartOptions {
  /** The part as it was named. */
  readonly part: Omit<TickPart, 'path'>;
  readonly venues: readonly Venue[];
}

/**
 * Makes a sealed part anew from the journal, as far as that reaches, by the way that every part is made: a tick file of
 * its own, sealed. The damaged part must be out of the way. What the live file holds is left to it. Returns the ticks.
 */
export async function rebuildPart(core: Core, options: RebuildPartOptions): Promise<number> {
  const { part } = options;
  const { parts } = tickPaths(core.dataDir);
  await rm(partSumPath(partPath(parts, part)), { force: true });
  if (part.firstOffset >= core.tickFile.stats.sealedOffset) return 0;
  await mkdir(parts, { recursive: true });
  const scratch = await mkdtemp(join(parts, '.rebuilt-'));
  try {
    return await rebuildIn(scratch, core, options);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function rebuildIn(scratch: string, core: Core, { part, venues }: RebuildPartOptions): Promise<number> {
  const { log, clock, tickFile, dataDir } = core;
  const instruments = new InstrumentTable();
  await using file = await openTickFile({ dataDir: scratch, instruments, log, clock });
  const to = Math.min(part.lastOffset + 1, tickFile.stats.sealedOffset);
  const buffer = new TickBuffer({ maxRows: PORTION_ROWS * 8 });
  const write = async (): Promise<void> => {
    const chunks = buffer.take();
    const last = chunks.at(-1);
    if (last === undefined) return;
    const appliedOffset = last.offset[last.count - 1] + 1;
    await file.append(chunks, { appliedOffset, receiveMicros: last.receiveTime[last.count - 1] });
    buffer.recycle(chunks);
  };
  await foldJournal(
    {
      dataDir,
      tickFile,
      venues,
      calendars,
      to,
      onTicks: (batch) => {
        keepPart(batch, part, instruments);
        if (batch.count > 0) buffer.append(batch);
      },
      onBlock: async () => {
        if (buffer.rows >= PORTION_ROWS) await write();
      },
    },
    instruments,
  );
  await write();
  const made = (await file.seal()).parts.filter(({ date }) => date === part.date);
  for (const one of made) await putInPlace(one, tickPaths(dataDir).parts);
  return made.reduce((sum, { ticks }) => sum + ticks, 0);
}

async function putInPlace(made: TickPart & { readonly ticks: number }, parts: string): Promise<void> {
  const path = partPath(parts, made);
  await mkdir(dirname(path), { recursive: true });
  await writePartSum(path, { ...(await fileSum(made.path)), ticks: made.ticks });
  await rename(made.path, path);
  await syncDirectory(dirname(path));
}

/** Keeps the rows of a part, in place. */
function keepPart(batch: TickBatch, part: Omit<TickPart, 'path'>, instruments: InstrumentTable): void {
  let kept = 0;
  for (let row = 0; row < batch.count; row += 1) {
    const offset = batch.offset[row];
    if (offset < part.firstOffset || offset > part.lastOffset) continue;
    if (instruments.at(batch.instrument[row]).segment !== part.segment) continue;
    if (kept !== row) batch.moveRow(row, kept);
    kept += 1;
  }
  batch.count = kept;
}
