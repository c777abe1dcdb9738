import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InstrumentTable, calendars } from '@tickwright/market';
import type { Instrument } from '@tickwright/market';
import { openDatabase } from '@tickwright/database';
import { openJournal, readJournal } from '@tickwright/journal';
import type { Journal, JournalDamage } from '@tickwright/journal';
import type { Clock, Log } from '@tickwright/runtime';
import { openCandleFiles, openGapStore, openLedgerMemory, openTickFile, readStatus } from '@tickwright/store';
import type { CandleFiles, GapStore, TickFile } from '@tickwright/store';
import type { Venue } from '@tickwright/venues';
import { Aggregator } from './aggregator.ts';
import { catchUp, restoreCoverage } from './catch-up.ts';
import { Flusher } from './flusher.ts';
import { addInstrument } from './fold.ts';
import { recordOwnEvent } from './journal-sink.ts';
import { loadCandles } from './load-candles.ts';
import { Pipeline } from './pipeline.ts';
import { previousRun } from './previous-run.ts';
import { StatusPublisher } from './status-publisher.ts';
import { recomputeCandles } from './recompute.ts';
import { touchUnpublishedGaps } from './unpublished-gaps.ts';

/** Ticks that may wait for the tick file in memory, about 80 bytes each; past it they wait in the journal alone. */
const MAX_BUFFERED_ROWS = 2_000_000;
/** Rows that are written at a time while the journal is applied at a start. */
const CATCH_UP_ROWS = 200_000;

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
}

/**
 * Everything behind the journal, open and caught up with it: what the live ingestor, a replay and the offline commands
 * share. The caller holds the instance lock of the data directory.
 */
export interface Core extends AsyncDisposable {
  readonly dataDir: string;
  readonly log: Log;
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
  const stateFile = opened.add(await openDatabase({ path: join(dataDir, 'state.duckdb'), log, clock }));
  const gapStore = opened.add(await openGapStore({ database: stateFile, dataDir, clock }));
  const candleFiles = opened.add(await openCandleFiles({ dataDir, instruments, log, clock }));
  const ledgerMemory = await openLedgerMemory(stateFile);
  const journal = opened.add(
    await openJournal({
      directory: journalDirectory,
      quarantine: join(dataDir, 'quarantine'),
      name: 'ingestor',
      minimumOffset: tickFile.appliedOffset,
      clock,
      log,
      ...options.journal,
    }),
  );
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
  await restoreCoverage(tickFile, pipeline.deduplicator);
  const gaps = await gapStore.load({ asOf: state.appliedOffset });
  pipeline.gaps.load(gaps, await ledgerMemory.load(state.appliedOffset));
  const publishedOffset = (await readStatus(dataDir))?.offset ?? 0;
  const unpublished = await loadCandles({
    candles: pipeline.candles,
    tickFile,
    candleFiles,
    instruments,
    memoryHours: options.memoryHours,
    newestMicros: newestEvent(pipeline, instruments),
    publishedOffset,
  });
  touchUnpublishedGaps({
    candles: pipeline.candles,
    instruments,
    published: await gapStore.load({ asOf: publishedOffset }),
    stored: gaps,
    publishedOffset,
  });
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
  const core = new OpenCore({
    options,
    opened,
    instruments,
    journal,
    pipeline,
    tickFile,
    gapStore,
    candleFiles,
    flusher,
    aggregator,
  });
  await applyJournal({ core, directory: journalDirectory, log });
  return core;
}

function newestEvent(pipeline: Pipeline, instruments: InstrumentTable): number {
  return Math.max(0, ...instruments.list().map((_, index) => pipeline.deduplicator.lastEventMicros(index)));
}

/** The frames after the tick file's offset, through the same fold as live ones. */
async function applyJournal(parts: { core: Core; directory: string; log: Log }): Promise<void> {
  const { core, directory, log } = parts;
  const { pipeline, journal, flusher, tickFile } = core;
  const from = pipeline.nextOffset;
  const quarantine = join(core.dataDir, 'quarantine');
  const onDamage = (damage: JournalDamage): void =>
    log.error({ ...damage }, 'the journal is damaged; these frames are lost');
  for await (const block of readJournal({ directory, from, to: journal.nextOffset, quarantine, onDamage })) {
    pipeline.block(block);
    if (pipeline.buffer.rows >= CATCH_UP_ROWS) await flusher.flush();
  }
  if (pipeline.nextOffset === from) return;
  await flusher.flush();
  log.info(
    { frames: pipeline.nextOffset - from, offset: tickFile.appliedOffset },
    'applied the rest of the journal',
  );
}

interface CoreParts {
  readonly options: CoreOptions;
  readonly opened: OpenedParts;
  readonly instruments: InstrumentTable;
  readonly journal: Journal;
  readonly pipeline: Pipeline;
  readonly tickFile: TickFile;
  readonly gapStore: GapStore;
  readonly candleFiles: CandleFiles;
  readonly flusher: Flusher;
  readonly aggregator: Aggregator;
}

class OpenCore implements Core {
  readonly dataDir: string;
  readonly log: Log;
  readonly instruments: InstrumentTable;
  readonly journal: Journal;
  readonly pipeline: Pipeline;
  readonly tickFile: TickFile;
  readonly gapStore: GapStore;
  readonly candleFiles: CandleFiles;
  readonly flusher: Flusher;
  readonly aggregator: Aggregator;
  readonly #options: CoreOptions;
  readonly #opened: OpenedParts;
  readonly #journalDirectory: string;
  #hasBegun = false;

  constructor(parts: CoreParts) {
    this.dataDir = parts.options.dataDir;
    this.log = parts.options.log;
    this.instruments = parts.instruments;
    this.journal = parts.journal;
    this.pipeline = parts.pipeline;
    this.tickFile = parts.tickFile;
    this.gapStore = parts.gapStore;
    this.candleFiles = parts.candleFiles;
    this.flusher = parts.flusher;
    this.aggregator = parts.aggregator;
    this.#options = parts.options;
    this.#opened = parts.opened;
    this.#journalDirectory = join(parts.options.dataDir, 'journal');
  }

  get isTakingFrames(): boolean {
    return this.#hasBegun;
  }

  async begin(): Promise<void> {
    const previous = await previousRun(this.#journalDirectory, this.journal.nextOffset);
    this.#record({ type: 'started', instance: this.#options.instance, previous });
    this.#hasBegun = true;
  }

  register(instruments: readonly Instrument[]): void {
    const fresh = instruments.filter((instrument) => this.instruments.indexOf(instrument.key) < 0);
    if (fresh.length === 0) return;
    const rows = fresh.map(({ key, venueSymbol, priceDecimals, quantityDecimals, calendar }) => ({
      key,
      venueSymbol,
      priceDecimals,
      quantityDecimals,
      calendar,
    }));
    this.#record({ type: 'instruments', rows });
  }

  async settle(): Promise<boolean> {
    // Twice: a cycle that was already running when it was asked for does not contain the newest frames.
    await this.flusher.flush();
    const isFlushed = await this.flusher.flush();
    await this.aggregator.cycle();
    const isPublished = await this.aggregator.cycle();
    return isFlushed && isPublished;
  }

  /** Ends in order: an event that says so, everything stored and published, the stores closed, the journal last. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasBegun) {
      this.#record({ type: 'stopped', instance: this.#options.instance });
      this.flusher.askCoverage();
      await this.settle();
    }
    await this.#opened.close();
  }

  #record(event: Parameters<typeof recordOwnEvent>[1]): void {
    recordOwnEvent({ journal: this.journal, pipeline: this.pipeline, clock: this.#options.clock }, event);
  }
}

/** What has been opened, closed in the reverse order; one that fails to close does not keep the others open. */
class OpenedParts {
  readonly #parts: AsyncDisposable[] = [];

  add<T extends AsyncDisposable>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const part of this.#parts.splice(0).toReversed()) {
      try {
        await part[Symbol.asyncDispose]();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
