import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InstrumentTable, calendars } from '@tickwright/market';
import type { TickBatch, VenueRow } from '@tickwright/market';
import { fileSum, openTickFile, partPath, partSumPath, tickPaths, writePartSum } from '@tickwright/store';
import type { PartExtension, TickPart } from '@tickwright/store';
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
  /** What it held: ticks, or what was told of the venue's candles. */
  readonly extension: PartExtension;
  readonly venues: readonly Venue[];
}

/**
 * Makes a sealed part anew from the journal, as far as that reaches, by the way that every part is made: a tick file of
 * its own, sealed. The damaged part must be out of the way. What the live file holds is left to it. Returns the rows.
 */
export async function rebuildPart(core: Core, options: RebuildPartOptions): Promise<number> {
  const { part, extension } = options;
  const { parts } = tickPaths(core.dataDir);
  await rm(partSumPath(partPath(parts, part, extension)), { force: true });
  if (part.firstOffset >= core.tickFile.stats.sealedOffset) return 0;
  await mkdir(parts, { recursive: true });
  const scratch = await mkdtemp(join(parts, '.rebuilt-'));
  try {
    return await rebuildIn(scratch, core, options);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function rebuildIn(scratch: string, core: Core, options: RebuildPartOptions): Promise<number> {
  const { part, extension, venues } = options;
  const { log, clock, tickFile, dataDir } = core;
  const instruments = new InstrumentTable();
  await using file = await openTickFile({ dataDir: scratch, instruments, log, clock });
  const to = Math.min(part.lastOffset + 1, tickFile.stats.sealedOffset);
  const buffer = new TickBuffer({ maxRows: PORTION_ROWS * 8 });
  const write = async (): Promise<void> => {
    const chunks = buffer.take();
    const venue = buffer.takeVenue();
    const newest = newestOf(chunks, venue);
    if (newest === undefined) return;
    await file.append(chunks, { ...newest, venue });
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
        if (extension !== 'parquet') return;
        keepPart(batch, part, instruments);
        if (batch.count > 0) buffer.append(batch);
      },
      onVenue: (rows) => {
        if (extension === 'venue') buffer.appendVenue(rows.filter((row) => isOf(row, part, instruments)));
      },
      onBlock: async () => {
        if (buffer.size >= PORTION_ROWS) await write();
      },
    },
    instruments,
  );
  await write();
  const { parts, venueParts } = await file.seal();
  const all = extension === 'venue' ? venueParts : parts.map((one) => ({ ...one, rows: one.ticks }));
  const made = all.filter(({ date }) => date === part.date);
  for (const one of made) await putInPlace(one, { parts: tickPaths(dataDir).parts, extension });
  return made.reduce((sum, { rows }) => sum + rows, 0);
}

/** The state that is stored with rows of the newest of these offsets. */
function newestOf(
  chunks: readonly TickBatch[],
  venue: readonly VenueRow[],
): { appliedOffset: number; receiveMicros: number } | undefined {
  const last = chunks.at(-1);
  const told = venue.at(-1);
  if (last !== undefined) {
    const row = last.count - 1;
    return { appliedOffset: last.offset[row] + 1, receiveMicros: last.receiveTime[row] };
  }
  return told === undefined
    ? undefined
    : { appliedOffset: told.offset + 1, receiveMicros: told.receiveMicros };
}

async function putInPlace(
  made: TickPart & { readonly rows: number },
  { parts, extension }: { parts: string; extension: PartExtension },
): Promise<void> {
  const path = partPath(parts, made, extension);
  await mkdir(dirname(path), { recursive: true });
  await writePartSum(path, { ...(await fileSum(made.path)), ticks: made.rows });
  await rename(made.path, path);
  await syncDirectory(dirname(path));
}

function isOf(row: VenueRow, part: Omit<TickPart, 'path'>, instruments: InstrumentTable): boolean {
  const isWithin = row.offset >= part.firstOffset && row.offset <= part.lastOffset;
  return isWithin && instruments.at(row.instrument).segment === part.segment;
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
