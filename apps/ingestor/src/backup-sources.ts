import { join } from 'node:path';
import { GAP_ANCHOR, LEDGER_ANCHOR, anchorPath } from '@tickwright/store';
import { BackupError, frameSum } from '@tickwright/upkeep';
import type { BackupJournal, BackupTaking } from '@tickwright/upkeep';
import type { Core } from './core.ts';

/**
 * All of the data directory that the ingestor's backups stand for. The journal is none of it: it goes on by itself.
 * Anchors are named and not taken, as those in `live` are: what is restored has none until its first commit, and what
 * a later state claimed is not asked of it.
 */
export const BACKUP_ROOTS: readonly string[] = [
  'live',
  'ticks',
  'candles',
  'gaps.parquet',
  'state.duckdb',
  'state.duckdb.wal',
  ...[GAP_ANCHOR, LEDGER_ANCHOR].map((part) => anchorPath('state.duckdb', part)),
];

/** Files that are replaced as a whole with each publication. */
const PUBLISHED = ['candles', 'live/candles', 'live/status.json', 'live/instruments.json', 'gaps.parquet'];

/**
 * Takes everything at one journal offset A: candle files between two publications, then what they were made of is
 * stored, then both databases between two flushes. So the candles are never ahead of the ticks, the gaps and covered
 * ids are those of A, and a start from here needs no journal to be consistent; what a journal has behind A is applied.
 * Sealing and finished days do not happen meanwhile: call it within the core's `fileGate`.
 */
export async function takeSources(
  core: Core,
  taking: BackupTaking,
): Promise<{ readonly journal: () => Promise<BackupJournal> }> {
  if (core.flusher.health.state !== 'ok') throw behindError(core);
  // Sealed parts never change: not even a publication waits for them.
  await taking.files('ticks');
  const marks = await core.aggregator.still(async () => {
    for (const path of PUBLISHED) await taking.files(path);
    core.flusher.askCoverage();
    await core.flusher.flush();
    // Twice: a flush that ran when it was asked for does not contain the newest frames that are published.
    if (!(await core.flusher.flush())) throw behindError(core);
    return core.flusher.still(() => takeDatabases(core, taking));
  });
  return {
    journal: async () => {
      const lastFrame = await frameSum(join(core.dataDir, 'journal'), marks.offset - 1);
      return lastFrame === undefined ? marks : { ...marks, lastFrame };
    },
  };
}

async function takeDatabases(core: Core, taking: BackupTaking): Promise<BackupJournal> {
  const { tickFile, journal } = core;
  const offset = tickFile.appliedOffset;
  await taking.database('state.duckdb', core.stateDatabase);
  await taking.database('live/ticks_today.duckdb', tickFile.database, tickRanges);
  // What an interrupted sealing has left; its ticks are nowhere else.
  await taking.restingDatabase('live/ticks_sealing.duckdb', tickRanges);
  return { offset, nextOffset: journal.nextOffset, durableOffset: journal.durableOffset };
}

function tickRanges(catalog: string): string {
  return `SELECT i.key AS name, count(*) AS rows, min(t.event_time) AS firstTime, max(t.event_time) AS lastTime,
      min(t.trade_id) FILTER (t.trade_id >= 0) AS firstId, max(t.trade_id) FILTER (t.trade_id >= 0) AS lastId
    FROM ${catalog}.ticks t JOIN ${catalog}.instruments i ON i.number = t.instrument GROUP BY 1 ORDER BY 1`;
}

function behindError(core: Core): BackupError {
  const found = core.flusher.health.lastError ?? 'frames wait for the disk';
  return new BackupError(
    `cannot back up ${core.dataDir} now: its tick file is behind the published candles (${found}); the next backup tries again`,
    { canRetry: true },
  );
}
