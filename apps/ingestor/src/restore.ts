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
import type { Aggregator } from './candles/aggregator.ts';
import { addInstrument } from './intake/fold.ts';
import { loadCandles } from './candles/load-candles.ts';
import type { Pipeline } from './intake/pipeline.ts';
import { touchUnpublishedGaps } from './candles/unpublished-gaps.ts';

/** Rows that are written at a time while the journal is applied at a start. */
const CATCH_UP_ROWS = 200_000;
/** When so few frames are left, those that come meanwhile are kept for the join. */
const JOIN_WITHIN_FRAMES = 50_000;

export interface RestoreParts {
  readonly pipeline: Pipeline;
  readonly instruments: InstrumentTable;
  readonly tickFile: TickStore;
  readonly gapStore: Pick<GapStore, 'load'>;
  readonly ledgerMemory: LedgerMemoryStore;
  readonly candleFiles: Pick<CandleFiles, 'list' | 'read'>;
  /** What the last publication said of itself; undefined when there was none. */
  readonly status: () => Promise<Status | undefined>;
  readonly memoryHours: number;
}

/**
 * Sets a new pipeline to the state as of the tick file's offset: covered ids, gaps, candles in memory. Returns candles
 * out of memory that the files do not stand for yet.
 */
async function restoreState(parts: RestoreParts): Promise<UnloadedCandle[]> {
  const { pipeline, tickFile, gapStore, ledgerMemory, instruments } = parts;
  const { appliedOffset } = tickFile;
  await restoreCoverage(tickFile, pipeline.deduplicator);
  const gaps = await gapStore.load({ asOf: appliedOffset });
  pipeline.gaps.load(gaps, await ledgerMemory.load(appliedOffset));
  for (const number of instruments.list().keys())
    if (pipeline.hasTicked(number)) pipeline.candles.see(number);
  const status = await parts.status();
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

export interface BringUpParts extends RestoreParts {
  readonly journal: Journal;
  readonly flusher: Flusher;
  readonly aggregator: Aggregator;
  readonly dataDir: string;
  /** Where the journal's files are; the real ones unless told. */
  readonly files?: FileLayer;
  readonly log: Log;
}

/**
 * Brings a new pipeline to the state as of the tick file's offset, then to the end of the journal, beside frames that
 * may keep coming; it is live then. After a failure the pipeline cannot be used any more. Gives the frames that the
 * journal has lost.
 */
export async function bringUp(parts: BringUpParts, signal?: AbortSignal): Promise<OffsetRange[]> {
  const { pipeline, tickFile, instruments, aggregator } = parts;
  const state = await tickFile.loadState();
  for (const row of state.instruments) addInstrument(instruments, row);
  pipeline.fold.startAt(state.appliedOffset);
  aggregator.owe(await restoreState(parts));
  return followJournal(parts, signal);
}

/** Takes the frames after the tick file's offset through the same fold as live ones. */
async function followJournal(parts: BringUpParts, signal: AbortSignal | undefined): Promise<OffsetRange[]> {
  const { pipeline, journal, flusher, tickFile, log } = parts;
  const from = pipeline.nextOffset;
  const lost: OffsetRange[] = [];
  let reached = from;
  do {
    const isNear = journal.nextOffset - reached < JOIN_WITHIN_FRAMES;
    // In one step with naming the end: frames from there on are kept, those before are read.
    if (isNear) pipeline.unfolded.keep();
    const to = isNear ? journal.nextOffset : journal.durableOffset;
    await journal.waitDurable(to, signal);
    if (to > reached) lost.push(...(await applyFrames(parts, to, signal)));
    reached = Math.max(reached, to);
  } while (!pipeline.goLive());
  if (reached === from) return lost;
  await flusher.flush();
  const frames = pipeline.nextOffset - from;
  log.info({ frames, offset: tickFile.appliedOffset }, 'applied the rest of the journal');
  return lost;
}

/** Gives the frames that could not be read. */
async function applyFrames(
  parts: BringUpParts,
  to: number,
  signal: AbortSignal | undefined,
): Promise<OffsetRange[]> {
  const { dataDir, pipeline, flusher, log } = parts;
  const lost: OffsetRange[] = [];
  const onDamage = (damage: JournalDamage): void => {
    log.error({ ...damage }, 'the journal is damaged; these frames are lost');
    const { firstOffset, endOffset } = damage;
    if (endOffset > firstOffset) lost.push({ firstOffset, endOffset });
  };
  const directory = join(dataDir, 'journal');
  const quarantine = join(dataDir, 'quarantine');
  const from = pipeline.nextOffset;
  const files = parts.files === undefined ? {} : { files: parts.files };
  for await (const block of readJournal({ directory, from, to, quarantine, onDamage, ...files })) {
    signal?.throwIfAborted();
    pipeline.block(block);
    if (pipeline.buffer.size >= CATCH_UP_ROWS) await flusher.flush();
  }
  return lost;
}

function newestEvent(pipeline: Pipeline, instruments: InstrumentTable): number {
  return Math.max(0, ...instruments.list().map((_, index) => pipeline.deduplicator.lastEventMicros(index)));
}
