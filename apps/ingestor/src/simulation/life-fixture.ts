import { InstrumentTable, calendars } from '@tickwright/market';
import type { ControlEvent } from '@tickwright/market';
import { openJournal, readJournal } from '@tickwright/journal';
import type { Journal } from '@tickwright/journal';
import { Supervisor, loopService } from '@tickwright/runtime';
import type { Status } from '@tickwright/store';
import { catalogue } from '@tickwright/venues';
import { Aggregator } from '../candles/aggregator.ts';
import { recomputeCandles } from '../candles/recompute.ts';
import { KEYS, instrumentsOf, quietLog } from '../core-fixture.ts';
import { JournalSink, recordOwnEvent } from '../intake/journal-sink.ts';
import { Pipeline } from '../intake/pipeline.ts';
import { previousRun } from '../previous-run.ts';
import { bringUp } from '../restore.ts';
import { catchUp } from '../ticks/catch-up.ts';
import { Flusher } from '../ticks/flusher.ts';
import { SimulatedCandleFiles } from './candle-store-fixture.ts';
import type { Machine } from './machine-fixture.ts';
import { SimulatedTickStore } from './tick-store-fixture.ts';

const VENUES = [catalogue.venue('binance')];
const SEGMENT = 'BINANCE';
const DIRECTORY = '/journal';

/** The ingestor's parts while they are up. */
export interface LifeParts {
  readonly journal: Journal;
  readonly pipeline: Pipeline;
  readonly flusher: Flusher;
  readonly aggregator: Aggregator;
  readonly sink: JournalSink;
  readonly instruments: InstrumentTable;
}

/**
 * One run of the ingestor's core, put together as core.ts and ingest.ts do it, with the stores of a simulated machine in
 * the place of files, and the venue's hands in the place of a socket.
 */
export class Life {
  readonly #machine: Machine;
  readonly #abort = new AbortController();
  state: 'opening' | 'up' | 'stopping' | 'ended' = 'opening';
  /** Open, and known to the invariants, though perhaps not up yet. */
  parts: LifeParts | undefined;
  failure: unknown;
  /** Whether the orderly end stored and published everything. */
  isSettled = false;
  /** The journal holds as much as it may: the sockets are not read. */
  isCongested = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Runs until it is stopped, or ends by itself. Never rejects. */
  async run(): Promise<void> {
    try {
      const parts = await this.#open();
      try {
        await this.#serve(parts);
      } finally {
        await this.#close(parts);
      }
    } catch (error) {
      this.failure = error;
    }
    this.state = 'ended';
  }

  stop(): void {
    this.state = 'stopping';
    this.#abort.abort();
  }

  async #serve(parts: LifeParts): Promise<void> {
    const { clock } = this.#machine.world;
    const supervisor = new Supervisor({ clock, log: quietLog, services: this.#services(parts) });
    await supervisor.run(this.#abort.signal, () => {
      if (this.state === 'opening') this.state = 'up';
    });
  }

  async #open(): Promise<LifeParts> {
    const machine = this.#machine;
    const { world, files, plan } = machine;
    const { clock } = world;
    const instruments = new InstrumentTable();
    const tickFile = await SimulatedTickStore.open(machine.ticks, instruments);
    await machine.state.store.reopen();
    await machine.candles.store.reopen();
    const gapStore = machine.state;
    const ledgerMemory = machine.state;
    const candleFiles = new SimulatedCandleFiles(machine.candles, instruments);
    const journal = await openJournal({
      directory: DIRECTORY,
      name: 'ingestor',
      minimumOffset: tickFile.appliedOffset,
      clock,
      log: quietLog,
      files,
      // Streams and zlib work on threads of their own, which no seed can order.
      compression: 'none',
      ...plan.journal,
    });
    await machine.compareJournal(journal, readJournal({ directory: DIRECTORY, files }));
    machine.record(journal);
    const { memoryHours, maxBufferedRows } = plan;
    const pipeline = new Pipeline({
      instruments,
      venues: VENUES,
      calendars,
      memoryHours,
      maxBufferedRows,
    });
    const journalDirectory = DIRECTORY;
    const flusher = new Flusher({
      pipeline,
      journal,
      tickFile,
      gapStore,
      ledgerMemory,
      clock,
      log: quietLog,
      catchUp: (live) =>
        catchUp(
          {
            journal,
            journalDirectory,
            files,
            tickFile,
            gapStore,
            ledgerMemory,
            venues: VENUES,
            calendars,
            clock,
          },
          live,
        ),
    });
    const aggregator = new Aggregator({
      pipeline,
      journal,
      tickFile,
      candleFiles,
      instruments,
      clock,
      log: quietLog,
      recompute: recomputeCandles({
        tickFile,
        candleFiles,
        instruments,
        gaps: pipeline.gaps,
        hasTicked: (instrument) => pipeline.hasTicked(instrument),
      }),
      statusNow: () => this.#statusNow({ pipeline, journal, instruments }),
    });
    await bringUp({
      tickFile,
      gapStore,
      ledgerMemory,
      candleFiles,
      pipeline,
      instruments,
      memoryHours,
      journal,
      flusher,
      aggregator,
      dataDir: '/',
      files,
      log: quietLog,
      status: async () => machine.status,
    });
    const sink = new JournalSink({ venue: 'binance', journal, pipeline, clock, log: quietLog });
    journal.onCongestion((isCongested) => {
      this.isCongested = isCongested;
    });
    const record = (event: ControlEvent): void => recordOwnEvent({ journal, pipeline, clock }, event);
    const previous = await previousRun(DIRECTORY, journal.nextOffset, files);
    record({ type: 'started', instance: 'simulated', previous });
    const rows = instrumentsOf(KEYS).filter(({ key }) => instruments.indexOf(key) < 0);
    if (rows.length > 0) record({ type: 'instruments', rows });
    this.parts = { journal, pipeline, flusher, aggregator, sink, instruments };
    return this.parts;
  }

  #services({ journal, pipeline, flusher, aggregator }: LifeParts): ReturnType<typeof loopService>[] {
    const { clock } = this.#machine.world;
    return [
      loopService({ name: 'flush', clock, intervalMs: 500, work: (signal) => flusher.flush(signal) }),
      loopService({
        name: 'publish',
        clock,
        intervalMs: 1_500,
        early: pipeline.closings,
        work: (signal) => aggregator.cycle({ signal, oldHoursMs: 500 }),
      }),
      loopService({
        name: 'clock',
        clock,
        intervalMs: 250,
        work: async () => {
          if (!journal.isCongested) recordOwnEvent({ journal, pipeline, clock }, { type: 'clock' });
        },
      }),
    ];
  }

  /** As status-publisher.ts, into memory; on the way the candles in memory are compared at an offset that is known. */
  #statusNow(parts: {
    pipeline: Pipeline;
    journal: Journal;
    instruments: InstrumentTable;
  }): (offset: number) => Promise<void> {
    const machine = this.#machine;
    const { pipeline, journal } = parts;
    machine.compareMemory({ ...parts, segment: SEGMENT });
    const micros = pipeline.candles.closedBeforeMicros(SEGMENT);
    const watermark = micros > 0 ? new Date(Math.floor(micros / 1_000)).toISOString() : null;
    const segments: Status['segments'] = { [SEGMENT]: { watermark, openGaps: pipeline.gaps.open().length } };
    return async (offset) => {
      await machine.candles.store.transaction(`status of ${offset}`, () => {
        machine.published({
          epoch: 'simulated',
          offset,
          durableOffset: journal.durableOffset,
          time: new Date(machine.world.clock.nowMicros() / 1_000).toISOString(),
          segments,
          ingestor: { pid: 1, instance: 'simulated', version: '0.0.0' },
        });
      });
    };
  }

  async #close({ journal, pipeline, flusher, aggregator }: LifeParts): Promise<void> {
    const { clock } = this.#machine.world;
    if (!journal.isCongested)
      recordOwnEvent({ journal, pipeline, clock }, { type: 'stopped', instance: 'simulated' });
    flusher.askCoverage();
    await flusher.flush();
    const isFlushed = await flusher.flush();
    await aggregator.cycle();
    const isPublished = await aggregator.cycle();
    this.isSettled = isFlushed && isPublished;
    await journal.close();
  }
}
