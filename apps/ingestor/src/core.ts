import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InstrumentTable, calendars } from '@tickwright/market';
import type { Instrument, LostSpan } from '@tickwright/market';
import { openReopeningDatabase } from '@tickwright/database';
import type { Database, DatabaseLockedError } from '@tickwright/database';
import { openJournal } from '@tickwright/journal';
import type { Journal } from '@tickwright/journal';
import { SerialGate } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { openCandleFiles, openGapStore, openLedgerMemory, openTickFile, readStatus } from '@tickwright/store';
import type { CandleFiles, GapStore, TickFile } from '@tickwright/store';
import type { OffsetRange } from '@tickwright/upkeep';
import type { Venue } from '@tickwright/venues';
import { Aggregator } from './candles/aggregator.ts';
import type { CycleOptions } from './candles/aggregator.ts';
import { coreOf } from './core-life.ts';
import { catchUp } from './ticks/catch-up.ts';
import { Flusher } from './ticks/flusher.ts';
import { LateOpening } from './ticks/late-opening.ts';
import { OpenedParts } from './opened-parts.ts';
import { Pipeline } from './intake/pipeline.ts';
import { StatusPublisher } from './candles/status-publisher.ts';
import { recomputeCandles } from './candles/recompute.ts';
import { bringUp } from './restore.ts';
import { restoreLedger } from './repair/restored-ledger.ts';
import { StoreLossError, anchoredOffset, lostFrames } from './repair/store-loss.ts';

/** Ticks that may wait for the tick file in memory, about 80 bytes each; past it they wait in the journal alone. */
const MAX_BUFFERED_ROWS = 2_000_000;

export interface CoreOptions {
  readonly dataDir: string;
  /** Changes with every start; receivers of the feed and of status.json tell restarts by it. */
  readonly instance: string;
  readonly version: string;
  readonly venues: readonly Venue[];
  readonly memoryHours: number;
  readonly journal: { readonly fileBytes: number; readonly syncIntervalMs: number };
  /** What to do when another process has the tick file: `throw` unless told, or go on with the journal alone. */
  readonly whenTickFileAway?: 'throw' | 'open-later';
  readonly clock: Clock;
  readonly log: Log;
  /** Called when the data directory is known to be this process's alone, before anything but `state.duckdb` is open. */
  readonly onOwned?: () => Promise<void>;
  /** Called when another process has taken `state.duckdb` while its engine was opened again: end the process at once. */
  readonly onTaken?: (error: DatabaseLockedError) => void;
  readonly onRejected?: (venue: string, bytes: Buffer, offset: number) => void;
  /** Goes on where ticks that were stored are lost for good; whoever asks for it states the loss. */
  readonly acceptsLoss?: boolean;
  /** Called once the fold is up with the journal: while opening, or later where the tick file was away. */
  readonly onUp?: (core: Core) => Promise<void>;
}

/**
 * Everything behind the journal, open and caught up with it: what the live ingestor, a replay and the offline commands
 * share. The caller holds the instance lock of the data directory.
 */
export interface Core extends AsyncDisposable {
  readonly dataDir: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Frames that opening it found to be lost for good: never stored, or stored once and not any more. */
  readonly lost: readonly OffsetRange[];
  readonly instruments: InstrumentTable;
  readonly journal: Journal;
  readonly pipeline: Pipeline;
  readonly tickFile: TickFile;
  readonly gapStore: GapStore;
  /** `state.duckdb`: gaps, and what else outlives a run. */
  readonly stateDatabase: Database;
  readonly candleFiles: CandleFiles;
  readonly flusher: Flusher;
  readonly aggregator: Aggregator;
  /** What moves or removes whole files (sealing, finished days, retention, a backup) does so alone, one after the other. */
  readonly fileGate: SerialGate;
  /** True between `begin` and the end: new frames may come at any moment. */
  readonly isTakingFrames: boolean;
  /** Journals the start of a run that takes frames in; its end is journaled when the core is closed. */
  begin(): Promise<void>;
  /** Registers instruments in the journal and the table; those already known are left as they are. */
  register(instruments: readonly Instrument[]): void;
  /** Journals what is lost for good; it becomes gaps. */
  stateLoss(reason: string, spans: readonly LostSpan[]): void;
  /** One flush; while the tick file is away, a try to open it and to bring the fold up to the journal. */
  store(signal: AbortSignal): Promise<unknown>;
  /** One cycle of publishing; none before the fold is up. */
  publish(options: CycleOptions): Promise<unknown>;
  /**
   * Stores and publishes all that has been taken in; what could not be, or not before the signal, is in the journal and
   * follows at the next start.
   */
  settle(signal?: AbortSignal): Promise<boolean>;
}

/**
 * Opens the stores, rebuilds the state as of the tick file's offset and applies the rest of the journal. For what an
 * interrupted restore has left, or a damaged file, use `openRepairedCore`.
 */
export async function openCore(options: CoreOptions): Promise<Core> {
  const opened = new OpenedParts();
  try {
    return await open(options, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function open(options: CoreOptions, opened: OpenedParts): Promise<Core> {
  const { dataDir, clock, log, venues } = options;
  const journalDirectory = join(dataDir, 'journal');
  await mkdir(journalDirectory, { recursive: true });
  const instruments = new InstrumentTable();
  // First of all: its lock is held as long as the core lives, by one process whatever machine or container it is in, so
  // that the journal has one writer. The tick file's is not: it may be away, and a sealing closes it.
  const stateFile = opened.add(
    await openReopeningDatabase({
      path: join(dataDir, 'state.duckdb'),
      owner: 'state file',
      log,
      clock,
      ...(options.onTaken === undefined ? {} : { onTaken: options.onTaken }),
    }),
  );
  await options.onOwned?.();
  const gapStore = opened.add(await openGapStore({ database: stateFile, dataDir, clock }));
  const ledgerMemory = await openLedgerMemory(stateFile);
  const { whenTickFileAway: whenAway = 'throw' } = options;
  const tickFile = opened.add(await openTickFile({ dataDir, instruments, log, clock, whenAway }));
  const candleFiles = opened.add(await openCandleFiles({ dataDir, instruments, log, clock }));
  const journal = opened.add(
    await openJournal({
      directory: journalDirectory,
      quarantine: join(dataDir, 'quarantine'),
      name: 'ingestor',
      minimumOffset: Math.max(
        tickFile.isAway ? await toldOffset(dataDir) : tickFile.appliedOffset,
        await anchoredOffset(dataDir),
      ),
      clock,
      log,
      ...options.journal,
    }),
  );
  const pipeline = new Pipeline({
    instruments,
    venues,
    calendars,
    memoryHours: options.memoryHours,
    maxBufferedRows: MAX_BUFFERED_ROWS,
    ...(options.onRejected === undefined ? {} : { onRejected: options.onRejected }),
  });
  const { memoryHours } = options;
  const flusher = new Flusher({
    pipeline,
    journal,
    tickFile,
    gapStore,
    ledgerMemory,
    clock,
    log,
    catchUp: (live) =>
      catchUp(
        { journal, journalDirectory, tickFile, gapStore, ledgerMemory, venues, calendars, clock },
        live,
      ),
  });
  const publisher = new StatusPublisher({ ...options, pipeline, journal, instruments, gapStore, flusher });
  const aggregator = new Aggregator({
    pipeline,
    journal,
    tickFile,
    candleFiles,
    instruments,
    clock,
    log,
    recompute: recomputeCandles({
      tickFile,
      candleFiles,
      instruments,
      gaps: pipeline.gaps,
      hasTicked: (instrument) => pipeline.hasTicked(instrument),
      onRecomputed: (rows, gone) => pipeline.recomputed(rows, gone),
    }),
    statusNow: () => publisher.now(),
  });
  const lost: OffsetRange[] = [];
  const parts = {
    lost,
    instruments,
    journal,
    pipeline,
    tickFile,
    gapStore,
    candleFiles,
    flusher,
    aggregator,
  };
  const status = (): ReturnType<typeof readStatus> => readStatus(dataDir);
  const restored = { ...parts, dataDir, ledgerMemory, status, memoryHours, log };
  const comeUp = async (signal?: AbortSignal): Promise<void> => {
    lost.push(...(await missingFrames(options, tickFile)));
    await restoreLedger({ ...restored, path: stateFile.path, venues, clock });
    lost.push(...(await bringUp(restored, signal)));
    await options.onUp?.(core);
  };
  const opening = new LateOpening({ ...parts, clock, log, bringUp: comeUp });
  const gates = { stateDatabase: stateFile, fileGate: new SerialGate() };
  const core = coreOf({ ...parts, ...gates, opening }, options, opened);
  if (!tickFile.isAway) await comeUp();
  return core;
}

/** Frames that were stored once and are lost for good. Errors: StoreLossError, unless that is accepted. */
async function missingFrames(
  { dataDir, acceptsLoss }: CoreOptions,
  tickFile: TickFile,
): Promise<OffsetRange[]> {
  const lost = await lostFrames(dataDir, tickFile);
  if (lost.length > 0 && acceptsLoss !== true) throw new StoreLossError(tickFile.database.path, lost);
  return lost;
}

/** What the published status tells of the journal's end; 0 when there is none. */
async function toldOffset(dataDir: string): Promise<number> {
  return (await readStatus(dataDir))?.durableOffset ?? 0;
}
