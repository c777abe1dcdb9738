import { join } from 'node:path';
import type { InstrumentTable, UnloadedCandle } from '@tickwright/market';
import { readJournal } from '@tickwright/journal';
import type { FileLayer, Journal, JournalDamage } from '@tickwright/journal';
import type { OffsetRange } from '@tickwright/upkeep';
import type { Log } from '@tickwright/runtime';
import type { CandleFiles, GapStore, LedgerMemoryStore, Status } from '@tickwright/store';
import { restoreCoverage } from './ticks/catch-up.ts';
import type { Flusher } from './ticks/flusher.ts';
import type { TickStore } from './ticks/tick-store.ts';
import { loadCandles } from './candles/load-candles.ts';
import type { Pipeline } from './intake/pipeline.ts';
import { touchUnpublishedGaps } from './candles/unpublished-gaps.ts';

/** Rows that are written at a time while the journal is applied at a start. */
const CATCH_UP_ROWS = 200_000;

export interface RestoreParts {
  readonly pipeline: Pipeline;
  readonly instruments: InstrumentTable;
  readonly tickFile: TickStore;
  readonly gapStore: Pick<GapStore, 'load'>;
  readonly ledgerMemory: LedgerMemoryStore;
  readonly candleFiles: Pick<CandleFiles, 'list' | 'read'>;
  /** What the last publication said of itself; undefined when there was none. */
  readonly status: Status | undefined;
  readonly memoryHours: number;
}

/**
 * Sets a new pipeline to the state as of the tick file's offset: covered ids, gaps, candles in memory. Returns candles
 * out of memory that the files do not stand for yet.
 */
export async function restoreState(parts: RestoreParts): Promise<UnloadedCandle[]> {
  const { pipeline, tickFile, gapStore, ledgerMemory, instruments } = parts;
  const { appliedOffset } = tickFile;
  await restoreCoverage(tickFile, pipeline.deduplicator);
  const gaps = await gapStore.load({ asOf: appliedOffset });
  pipeline.gaps.load(gaps, await ledgerMemory.load(appliedOffset));
  const { status } = parts;
  const publishedOffset = status?.offset ?? 0;
  const unpublished = await loadCandles({
    ...parts,
    candles: pipeline.candles,
    newestMicros: newestEvent(pipeline, instruments),
    publishedOffset,
    closedBeforeMicros: (segment) => Date.parse(status?.segments[segment]?.watermark ?? '1970-01-01') * 1_000,
  });
  touchUnpublishedGaps({
    candles: pipeline.candles,
    instruments,
    published: await gapStore.load({ asOf: publishedOffset }),
    stored: gaps,
    publishedOffset,
  });
  return unpublished;
}

export interface ApplyJournalParts {
  readonly dataDir: string;
  readonly pipeline: Pipeline;
  readonly journal: Journal;
  readonly flusher: Flusher;
  readonly tickFile: Pick<TickStore, 'appliedOffset'>;
  /** Where the journal's files are; the real ones unless told. */
  readonly files?: FileLayer;
  readonly log: Log;
}

/** Takes the frames after the tick file's offset through the same fold as live ones. Returns what could not be read. */
export async function applyJournal(parts: ApplyJournalParts): Promise<OffsetRange[]> {
  const { dataDir, pipeline, journal, flusher, tickFile, log } = parts;
  const from = pipeline.nextOffset;
  const lost: OffsetRange[] = [];
  const onDamage = (damage: JournalDamage): void => {
    log.error({ ...damage }, 'the journal is damaged; these frames are lost');
    const { firstOffset, endOffset } = damage;
    if (endOffset > firstOffset) lost.push({ firstOffset, endOffset });
  };
  const directory = join(dataDir, 'journal');
  const quarantine = join(dataDir, 'quarantine');
  const files = parts.files === undefined ? {} : { files: parts.files };
  const wanted = { directory, from, to: journal.nextOffset, quarantine, onDamage, ...files };
  for await (const block of readJournal(wanted)) {
    pipeline.block(block);
    if (pipeline.buffer.rows >= CATCH_UP_ROWS) await flusher.flush();
  }
  if (pipeline.nextOffset === from) return lost;
  await flusher.flush();
  const frames = pipeline.nextOffset - from;
  log.info({ frames, offset: tickFile.appliedOffset }, 'applied the rest of the journal');
  return lost;
}

function newestEvent(pipeline: Pipeline, instruments: InstrumentTable): number {
  return Math.max(0, ...instruments.list().map((_, index) => pipeline.deduplicator.lastEventMicros(index)));
}
