import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InstrumentTable, calendars } from '@tickwright/market';
import type { ControlEvent, Instrument, InstrumentRow, LostSpan } from '@tickwright/market';
import { openDatabase } from '@tickwright/database';
import { openJournal } from '@tickwright/journal';
import type { Journal } from '@tickwright/journal';
import type { Clock, Log } from '@tickwright/runtime';
import { openCandleFiles, openGapStore, openLedgerMemory, openTickFile, readStatus } from '@tickwright/store';
import type { CandleFiles, GapStore, TickFile } from '@tickwright/store';
import type { OffsetRange } from '@tickwright/upkeep';
import type { Venue } from '@tickwright/venues';
import { Aggregator } from './candles/aggregator.ts';
import { catchUp } from './ticks/catch-up.ts';
import { Flusher } from './ticks/flusher.ts';
import { addInstrument } from './intake/fold.ts';
import { recordOwnEvent } from './intake/journal-sink.ts';
import { OpenedParts } from './opened-parts.ts';
import { Pipeline } from './intake/pipeline.ts';
import { previousRun } from './previous-run.ts';
import { StatusPublisher } from './candles/status-publisher.ts';
import { recomputeCandles } from './candles/recompute.ts';
import { applyJournal, restoreState } from './restore.ts';
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
  readonly clock: Clock;
  readonly log: Log;
  readonly onRejected?: (venue: string, bytes: Buffer, offset: number) => void;
  /** Goes on where ticks that were stored are lost for good; whoever asks for it states the loss. */
  readonly acceptsLoss?: boolean;
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
  readonly candleFiles: CandleFiles;
  readonly flusher: Flusher;
  readonly aggregator: Aggregator;
  /** True between `begin` and the end: new frames may come at any moment. */
  readonly isTakingFrames: boolean;
  /** Journals the start of a run that takes frames in; its end is journaled when the core is closed. */
  begin(): Promise<void>;
  /** Registers instruments in the journal and the table; those already known are left as they are. */
  register(instruments: readonly Instrument[]): void;
  /** Journals what is lost for good; it becomes gaps. */
  stateLoss(reason: string, spans: readonly LostSpan[]): void;
  /** Stores and publishes all that has been taken in; what could not be is in the journal and follows at the next start. */
  settle(): Promise<boolean>;
}

/** Opens the stores, rebuilds the state as of the tick file's offset and applies the rest of the journal. */
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
  const tickFile = opened.add(await openTickFile({ dataDir, instruments, log, clock }));
  const stateFile = opened.add(
    await openDatabase({ path: join(dataDir, 'state.duckdb'), owner: 'state file', log, clock }),
  );
  const gapStore = opened.add(await openGapStore({ database: stateFile, dataDir, clock }));
  const candleFiles = opened.add(await openCandleFiles({ dataDir, instruments, log, clock }));
  const ledgerMemory = await openLedgerMemory(stateFile);
  const journal = opened.add(
    await openJournal({
      directory: journalDirectory,
      quarantine: join(dataDir, 'quarantine'),
      name: 'ingestor',
      minimumOffset: Math.max(tickFile.appliedOffset, await anchoredOffset(dataDir)),
      clock,
      log,
      ...options.journal,
    }),
  );
  const lost = await lostFrames(dataDir, tickFile);
  if (lost.length > 0 && options.acceptsLoss !== true) throw new StoreLossError(tickFile.database.path, lost);
  await restoreLedger({
    dataDir,
    path: stateFile.path,
    tickFile,
    gapStore,
    ledgerMemory,
    venues,
    clock,
    log,
  });
  const state = await tickFile.loadState();
  for (const row of state.instruments) addInstrument(instruments, row);
  const pipeline = new Pipeline({
    instruments,
    venues,
    calendars,
    memoryHours: options.memoryHours,
    maxBufferedRows: MAX_BUFFERED_ROWS,
    startOffset: state.appliedOffset,
    ...(options.onRejected === undefined ? {} : { onRejected: options.onRejected }),
  });
  const { memoryHours } = options;
  const status = await readStatus(dataDir);
  const stores = { tickFile, gapStore, ledgerMemory, candleFiles, status };
  const unpublished = await restoreState({ ...stores, pipeline, instruments, memoryHours });
  const flusher = new Flusher({
    pipeline,
    journal,
    tickFile,
    gapStore,
    ledgerMemory,
    clock,
    log,
    catchUp: (live) => catchUp({ journal, journalDirectory, tickFile, venues, calendars, clock }, live),
  });
  const publisher = new StatusPublisher({ ...options, pipeline, journal, instruments, gapStore, flusher });
  const aggregator = new Aggregator({
    pipeline,
    journal,
    tickFile,
    candleFiles,
    clock,
    log,
    recompute: recomputeCandles({ tickFile, candleFiles, instruments, gaps: pipeline.gaps }),
    statusNow: () => publisher.now(),
  });
  aggregator.owe(unpublished);
  lost.push(...(await applyJournal({ pipeline, journal, flusher, tickFile, dataDir, log })));
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
  return coreOf(parts, options, opened);
}

type CoreParts = Omit<
  Core,
  | 'dataDir'
  | 'log'
  | 'clock'
  | 'isTakingFrames'
  | 'begin'
  | 'register'
  | 'stateLoss'
  | 'settle'
  | typeof Symbol.asyncDispose
>;

function coreOf(parts: CoreParts, options: CoreOptions, opened: OpenedParts): Core {
  const { journal, pipeline, flusher, aggregator, instruments } = parts;
  const { dataDir, log, clock, instance } = options;
  let hasBegun = false;
  const record = (event: ControlEvent): void => recordOwnEvent({ journal, pipeline, clock }, event);
  const settle = async (): Promise<boolean> => {
    // Twice: a cycle that was already running when it was asked for does not contain the newest frames.
    await flusher.flush();
    const isFlushed = await flusher.flush();
    await aggregator.cycle();
    const isPublished = await aggregator.cycle();
    return isFlushed && isPublished;
  };
  return {
    ...parts,
    dataDir,
    log,
    clock,
    settle,
    get isTakingFrames() {
      return hasBegun;
    },
    async begin() {
      record({
        type: 'started',
        instance,
        previous: await previousRun(join(dataDir, 'journal'), journal.nextOffset),
      });
      hasBegun = true;
    },
    register(wanted) {
      const rows = wanted.filter(({ key }) => instruments.indexOf(key) < 0).map(instrumentRow);
      if (rows.length > 0) record({ type: 'instruments', rows });
    },
    stateLoss(reason, spans) {
      if (spans.length > 0) record({ type: 'lost', reason, spans });
    },
    /** An event that says so, everything stored and published, then the files closed. */
    async [Symbol.asyncDispose]() {
      if (hasBegun) {
        record({ type: 'stopped', instance });
        flusher.askCoverage();
        await settle();
      }
      await opened.close();
    },
  };
}

function instrumentRow(instrument: Instrument): InstrumentRow {
  const { key, venueSymbol, priceDecimals, quantityDecimals, calendar } = instrument;
  return { key, venueSymbol, priceDecimals, quantityDecimals, calendar };
}
