import { CommitInDoubtError } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import { TickBatch, calendars } from '@tickwright/market';
import type {
  CandleStateColumns,
  CoverageRow,
  InstrumentTable,
  VenueMinutes,
  VenueRow,
} from '@tickwright/market';
import type { Clock, Log } from '@tickwright/runtime';
import type { DateOf } from '../tick-storage/sealed-parts.ts';
import type { SealOptions, SealReport } from '../tick-storage/sealing.ts';
import { appendColumnsOf, fillBatch } from './tick-columns.ts';
import { checkContinues } from './tick-continuation.ts';
import { instrumentRows, segmentDate } from './tick-instruments.ts';
import { computeMinutes } from './tick-minutes.ts';
import type { MinutesQuery } from './tick-minutes.ts';
import { isPassing } from '../tick-storage/passing-failure.ts';
import { tickPaths } from '../tick-storage/tick-paths.ts';
import type { TickPart } from '../tick-storage/tick-paths.ts';
import { countTickRows, readTickRows } from './tick-query.ts';
import type { TickQuery, TickRow } from './tick-query.ts';
import { ticksRelation } from './tick-source.ts';
import type { TickFilter } from './tick-source.ts';
import {
  readCoverage,
  readInstruments,
  writeCoverage,
  writeInstruments,
  writeState,
} from '../tick-storage/tick-state.ts';
import type { LoadedState, TickState } from '../tick-storage/tick-state.ts';
import { TickStorage } from '../tick-storage/tick-storage.ts';
import type { StoredTicks } from '../tick-storage/tick-storage.ts';
import { checkVenueRows, venueColumns } from './venue-columns.ts';
import { coverageOf } from './venue-coverage.ts';
import type { VenueCoverage } from './venue-coverage.ts';
import { readNewestVenue, readVenueHours, readVenueMinutes, readVenueSpans } from './venue-minutes.ts';
import type { SpanQuery, VenueQuery } from './venue-minutes.ts';

export interface TickFileOptions {
  readonly dataDir: string;
  /** Stored instruments are added to it at opening; ones added later are stored with the next append. */
  readonly instruments: InstrumentTable;
  readonly log: Log;
  readonly clock: Clock;
  /** The date that a part is filed under; by the calendar of the segment's first instrument unless told. */
  readonly dateOf?: DateOf;
  /** What to do when another process has the file or the disk is full: `throw` unless told, or open it later. */
  readonly whenAway?: 'throw' | 'open-later';
}

/** What is stored together with ticks. */
export interface AppendState {
  /** Journal offset up to which, exclusive, all ticks are now applied. */
  readonly appliedOffset: number;
  /** receiveTime of the last frame, microseconds UTC. */
  readonly receiveMicros: number;
  /** Coverage as of `appliedOffset`: of every instrument that changed since it was given last. */
  readonly coverage?: readonly CoverageRow[];
  /** What the frames told of the venue's own candles, in order of offset and index. */
  readonly venue?: readonly VenueRow[];
}

export interface TickFileStats {
  readonly appliedOffset: number;
  readonly sealedOffset: number;
  /** Ticks before it are in sealed parts that were compared with their source value by value; 0 while that is unknown. */
  readonly verifiedOffset: number;
  readonly ticksAppended: number;
  readonly venueRowsAppended: number;
  readonly flushes: number;
  readonly lastFlushMs: number;
  /** Whether a sealing file waits to become parts. */
  readonly isSealing: boolean;
}

/** Ticks as a batch that `ticksFrom` reuses. */
const BATCH_ROWS = 2048;
/** Reading all that a rebuild needs may take minutes. */
const READ_ALL_MS = 600_000;

/**
 * Opens the tick file as its one owner, after finishing what a crash has interrupted. The caller holds the instance lock
 * of the data directory: the engine's own lock is not held for the moment in which a sealing changes files. With
 * `open-later` a file that another process has, or that a full disk keeps shut, is `away` until a `reload` succeeds.
 * Errors: DatabaseLockedError, DatabaseDamagedError, TickFileError `tick-file-version`.
 */
export async function openTickFile(options: TickFileOptions): Promise<TickFile> {
  const { instruments, log, clock } = options;
  const dateOf = options.dateOf ?? segmentDate(instruments, calendars);
  const storage = new TickStorage({ paths: tickPaths(options.dataDir), log, clock }, { instruments, dateOf });
  const file = new TickFile(instruments, storage);
  try {
    await file.reload();
  } catch (error) {
    if (options.whenAway === 'open-later' && isPassing(error)) return file;
    await storage.close();
    throw error;
  }
  return file;
}

/** The stored ticks of one data directory: the live file, which takes appends, and the sealed parts. */
export class TickFile implements AsyncDisposable {
  readonly #instruments: InstrumentTable;
  readonly #storage: TickStorage;
  #isInDoubt = false;
  #isAway = true;
  #ticksAppended = 0;
  #venueRowsAppended = 0;
  #flushes = 0;
  #lastFlushMs = 0;

  /** For `openTickFile`. */
  constructor(instruments: InstrumentTable, storage: TickStorage) {
    this.#instruments = instruments;
    this.#storage = storage;
  }

  /** True from the start until the file could first be opened: what is stored is not known, reads and appends fail. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Journal offset up to which, exclusive, ticks are stored. */
  get appliedOffset(): number {
    return this.#storage.state.appliedOffset;
  }

  /** The live file's database, for SQL of our own. Another one after each sealing: take it anew each time. */
  get database(): Database {
    return this.#storage.database;
  }

  get stats(): TickFileStats {
    const { appliedOffset, sealedOffset } = this.#storage.state;
    return {
      appliedOffset,
      sealedOffset,
      verifiedOffset: this.#storage.verifiedOffset,
      ticksAppended: this.#ticksAppended,
      venueRowsAppended: this.#venueRowsAppended,
      flushes: this.#flushes,
      lastFlushMs: this.#lastFlushMs,
      isSealing: this.#storage.isSealing,
    };
  }

  /**
   * Stores ticks and venue rows of whole frames, new instruments, coverage and the new offset in one transaction. The batches may be
   * reused once it resolves. Errors: TickFileError `tick-file-offset` when the ticks do not continue what is stored;
   * CommitInDoubtError, after which appends are refused until `reload` has told what is stored.
   */
  append(batches: readonly TickBatch[], state: AppendState): Promise<void> {
    return this.#storage.change(async (database) => {
      if (this.#isInDoubt) throw this.#storage.unusable('is in doubt after a failed commit: reload first');
      const span = { from: this.appliedOffset, to: state.appliedOffset };
      checkContinues(batches, span);
      checkVenueRows(state.venue ?? [], span);
      const started = performance.now();
      try {
        const next = await this.#write(database, batches, state);
        this.#ticksAppended += batches.reduce((sum, batch) => sum + batch.count, 0);
        this.#venueRowsAppended += state.venue?.length ?? 0;
        this.#flushes += 1;
        this.#lastFlushMs = performance.now() - started;
        return next;
      } catch (error) {
        this.#isInDoubt = error instanceof CommitInDoubtError;
        throw error;
      }
    });
  }

  /** Reads anew what is stored, opening the file again where its engine has stopped. Gives `appliedOffset`. */
  async reload(): Promise<number> {
    await this.#storage.reload();
    this.#isInDoubt = false;
    if (this.#isAway) {
      await this.#storage.finishInterruptedSealing();
      this.#isAway = false;
    }
    return this.appliedOffset;
  }

  /** What a restart needs, apart from the ticks after `coverageOffset`: those gives `ticksFrom`. */
  loadState(): Promise<LoadedState> {
    return this.#storage.read(async ({ database }) => ({
      appliedOffset: this.appliedOffset,
      instruments: await readInstruments(database),
      ...(await readCoverage(database)),
    }));
  }

  /** Ticks with this journal offset or a later one, sealed ones included, in order. The batch is reused: copy what stays. */
  ticksFrom(offset: number): AsyncIterable<TickBatch> {
    return this.#storage.stream((stored) => this.#batches(stored, offset));
  }

  /** Stored ticks by eventTime, tradeId, offset, index, over the live file and the sealed parts, each once. */
  readTicks(query: TickQuery): AsyncIterable<TickRow[]> {
    return this.#storage.stream(({ database, sources }) => readTickRows(database, sources, query));
  }

  countTicks(query: TickQuery): Promise<number> {
    return this.#storage.read(({ database, sources }) => countTickRows(database, sources, query));
  }

  /**
   * 1m candle states folded by SQL from all stored ticks that pass the query, equal to the candle builder's but for
   * sessions: minutes outside of one are the caller's to leave out. In order of instrument and openTime.
   */
  minutes(query: MinutesQuery): Promise<CandleStateColumns> {
    return this.#storage.read(({ database, sources }) =>
      computeMinutes(database, sources, { query, numberOf: this.#tableNumber }),
    );
  }

  /** The venue's own 1m candles, each as it was told last, over the live file and the sealed parts. */
  venueMinutes(query: VenueQuery): Promise<VenueMinutes> {
    return this.#storage.read(({ database, sources }) =>
      readVenueMinutes(database, sources, { query, numberOf: this.#tableNumber }),
    );
  }

  /** Open time of the newest of the venue's own 1m candles, microseconds UTC; 0 when there is none. */
  newestVenueMicros(): Promise<number> {
    return this.#storage.read(({ database, sources }) => readNewestVenue(database, sources));
  }

  /** The UTC hours, microseconds, of which a venue told 1m candles. */
  venueHours(): Promise<number[]> {
    return this.#storage.read(({ database, sources }) => readVenueHours(database, sources));
  }

  /** What is known of spans of time beside candles: where the venue's stand in, what was unseen, what answers told. */
  venueSpans(query: SpanQuery): Promise<VenueRow[]> {
    return this.#storage.read(({ database, sources }) =>
      readVenueSpans(database, sources, { query, numberOf: this.#tableNumber }),
    );
  }

  /**
   * What the venue has told of each minute of [fromMicros, toMicros) of an instrument: by its candles, and by what its
   * answers left out. Only what is stored counts: flush first. Bounds are whole minutes.
   */
  async venueCoverage(asked: {
    readonly instrument: string;
    readonly fromMicros: number;
    readonly toMicros: number;
  }): Promise<VenueCoverage> {
    const { instrument, fromMicros, toMicros } = asked;
    const query = { instruments: [instrument], fromMicros, toMicros };
    const minutes = await this.venueMinutes(query);
    return coverageOf({ fromMicros, toMicros }, { minutes, spans: await this.venueSpans(query) });
  }

  /**
   * Calls `read` with the live file's database and all stored ticks that pass the filter as an SQL relation for it, with
   * the columns of a part: `instrument` is the key.
   */
  withTicks<T>(
    filter: TickFilter,
    read: (source: { readonly database: Database; readonly relation: string }) => Promise<T>,
  ): Promise<T> {
    return this.#storage.read(({ database, sources }) =>
      read({ database, relation: ticksRelation(sources, filter, 'keys') }),
    );
  }

  /**
   * Turns the live file into Parquet parts. Appends wait only while a new live file takes its place. A read that is
   * still running some seconds later ends with DatabaseClosedError. A failure loses nothing: the next call, or the next
   * start, goes on from there.
   */
  seal(options: SealOptions = {}): Promise<SealReport> {
    return this.#storage.seal(options);
  }

  /** From when on ticks of a segment are kept, microseconds UTC of eventTime; 0 when none was removed. */
  keptFromMicros(segment: string): number {
    return this.#storage.kept.get(segment) ?? 0;
  }

  /** Removes sealed parts of calendar dates (`YYYY-MM-DD`) before this one; candles stay. Gives the parts removed. */
  forget(beforeDate: string): Promise<TickPart[]> {
    return this.#storage.forget(beforeDate);
  }

  /** Waits for what is in flight and closes the file; a sealing that runs is interrupted and goes on at the next start. */
  close(): Promise<void> {
    return this.#storage.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #write(database: Database, batches: readonly TickBatch[], state: AppendState): Promise<TickState> {
    const { numbers, state: stored } = this.#storage;
    const added = numbers.missing();
    const next = { ...stored, appliedOffset: state.appliedOffset, receiveMicros: state.receiveMicros };
    await database.write(async (tx) => {
      await writeInstruments(tx, instrumentRows(this.#instruments, added), numbers.stored);
      for (const batch of batches) {
        await tx.append(
          'ticks',
          appendColumnsOf(batch, numbers.toFile(batch.instrument, added)),
          batch.count,
        );
      }
      const { venue = [] } = state;
      if (venue.length > 0) {
        const numberOf = (table: Int32Array): Int32Array => numbers.toFile(table, added);
        await tx.append('venue_rows', venueColumns(venue, numberOf), venue.length);
      }
      await writeCoverage(tx, state.coverage ?? [], state.appliedOffset);
      await writeState(tx, next);
    });
    numbers.confirm(added);
    return next;
  }

  readonly #tableNumber = (fileNumber: number): number => this.#storage.numbers.toTable(fileNumber);

  async *#batches({ database, sources }: StoredTicks, offset: number): AsyncGenerator<TickBatch> {
    const relation = ticksRelation(sources, { fromOffset: offset }, 'numbers');
    const sql = `SELECT * FROM ${relation} ORDER BY frame_offset, frame_index`;
    const batch = new TickBatch(BATCH_ROWS);
    for await (const columns of database.streamColumns(sql, [], { deadlineMs: READ_ALL_MS })) {
      fillBatch(batch, columns, this.#tableNumber);
      yield batch;
    }
  }
}
