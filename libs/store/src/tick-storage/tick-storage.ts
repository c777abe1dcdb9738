import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseInvalidError } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import type { InstrumentTable } from '@tickwright/market';
import { SerialGate } from '@tickwright/runtime';
import { writeAnchor } from '../files/anchor.ts';
import { partSumPath } from '../files/part-sum.ts';
import { InstrumentNumbers } from './instrument-numbers.ts';
import { keptFromDate, readKeptTicks, writeKeptTicks } from './kept-ticks.ts';
import type { KeptTicks } from './kept-ticks.ts';
import { exists, openLiveFile } from './live-tick-file.ts';
import type { LiveFile, TickFileContext } from './live-tick-file.ts';
import { ReadersInFlight } from './readers-in-flight.ts';
import type { Reader } from './readers-in-flight.ts';
import type { DateOf } from './sealed-parts.ts';
import { beginSealing, finishSealing } from './sealing.ts';
import type { SealOptions, SealReport } from './sealing.ts';
import { listParts, listVenueParts } from './tick-paths.ts';
import type { TickPart } from './tick-paths.ts';
import type { TickSources } from '../ticks/tick-source.ts';
import { TickFileError, readCoverage, readInstruments, readState } from './tick-state.ts';
import type { TickState } from './tick-state.ts';

/** Where all stored ticks are at a moment, and the database to ask for them. */
export interface StoredTicks {
  readonly database: Database;
  readonly sources: TickSources;
}

/** The part of the live file's anchor that tells how far its ticks are. */
export const TICK_ANCHOR = 'ticks';

/** Sealing waits this long for reads of what it takes away. */
const READERS_LEAVE_MS = 5000;

/**
 * Holds the live file and takes it through sealings: who appends has it alone, who reads holds nobody up, and both wait
 * only for the moment in which a new live file takes the old one's place.
 */
export class TickStorage {
  readonly #context: TickFileContext;
  readonly #instruments: InstrumentTable;
  readonly #dateOf: DateOf;
  readonly #readers: ReadersInFlight<Database>;
  readonly #gate = new SerialGate();
  readonly #sealGate = new SerialGate();
  #file: LiveFile | undefined;
  #state: TickState = { appliedOffset: 0, sealedOffset: 0, receiveMicros: 0 };
  #numbers: InstrumentNumbers;
  #isClosed = false;
  #kept: KeptTicks = new Map();
  /** Parts that are being removed: new reads leave them out. */
  #forgotten: ReadonlySet<string> = new Set();

  constructor(context: TickFileContext, options: { instruments: InstrumentTable; dateOf: DateOf }) {
    this.#context = context;
    this.#instruments = options.instruments;
    this.#dateOf = options.dateOf;
    this.#readers = new ReadersInFlight(context.clock);
    this.#numbers = new InstrumentNumbers(options.instruments, []);
  }

  /** What is stored, as of the last append or reload. */
  get state(): TickState {
    return this.#state;
  }

  get numbers(): InstrumentNumbers {
    return this.#numbers;
  }

  get isSealing(): boolean {
    return this.#file?.sealingFrom !== undefined;
  }

  get database(): Database {
    if (this.#file === undefined) throw this.unusable('has no open file now: it is closed, or being sealed');
    return this.#file.database;
  }

  /** Runs work that changes what is stored, after all that was asked before; it gives the state that it has reached. */
  change(work: (database: Database) => Promise<TickState>): Promise<void> {
    return this.#gate.run(async () => {
      const { database } = await this.#live();
      this.#state = await work(database);
      await this.#anchor();
    });
  }

  /** Reads anew what is stored, opening the file again where its engine has stopped. */
  reload(): Promise<void> {
    return this.#gate.run(async () => {
      try {
        await this.#refresh(await this.#live());
      } catch (error) {
        if (!(error instanceof DatabaseInvalidError)) throw error;
        const path = this.#context.paths.live;
        this.#context.log.error(
          { path, err: error },
          'the engine of the tick file has stopped: it is opened again',
        );
        await this.#closeFile();
        await this.#live();
      }
    });
  }

  async read<T>(work: (stored: StoredTicks) => Promise<T>): Promise<T> {
    const reader = this.#readers.enter();
    try {
      return await work(await this.#stored(reader));
    } finally {
      this.#readers.leave(reader);
    }
  }

  async *stream<T>(work: (stored: StoredTicks) => AsyncIterable<T>): AsyncGenerator<T> {
    const reader = this.#readers.enter();
    try {
      yield* work(await this.#stored(reader));
    } finally {
      this.#readers.leave(reader);
    }
  }

  seal(options: SealOptions): Promise<SealReport> {
    return this.#sealGate.run(async () => {
      const interrupted = await this.#finishSealing(options);
      await this.#gate.run(() => this.#beginSealing(options));
      const { parts, venueParts } = await this.#finishSealing(options);
      return {
        parts: [...interrupted.parts, ...parts],
        venueParts: [...interrupted.venueParts, ...venueParts],
      };
    });
  }

  /** Finishes what a crash has interrupted. A failure leaves the ticks readable where they are. */
  async finishInterruptedSealing(): Promise<void> {
    try {
      await this.#sealGate.run(() => this.#finishSealing({}));
    } catch (error) {
      const path = this.#context.paths.sealing;
      this.#context.log.warn(
        { path, err: error },
        'an interrupted sealing could not be finished; its ticks stay there',
      );
    }
  }

  /** From when on ticks are kept, by segment. */
  get kept(): KeptTicks {
    return this.#kept;
  }

  /** Offset up to which, exclusive, ticks are in sealed parts that were compared with their source. */
  get verifiedOffset(): number {
    return this.#file === undefined ? 0 : (this.#file.sealingFrom ?? this.#state.sealedOffset);
  }

  /**
   * Removes the parts of dates before this one whose ids are in the stored coverage; others stay until they are. What is
   * kept is written down first: after a crash between, parts are left
   * that the next call removes, and never a candle that seems to have lost its ticks.
   */
  forget(beforeDate: string): Promise<TickPart[]> {
    return this.#sealGate.run(async () => {
      const { paths, clock } = this.#context;
      const { database } = await this.#gate.run(() => this.#live());
      const { coverage, coverageOffset } = await readCoverage(database);
      // The ids of ticks that go must be known from elsewhere, or they would be taken for new when they come again.
      const knownTo = coverage.length === 0 ? 0 : coverageOffset;
      const old = (await listParts(paths.parts)).filter(
        ({ date, lastOffset }) => date < beforeDate && lastOffset < knownTo,
      );
      // What venues told of those days has no ids that must be known.
      const told = (await listVenueParts(paths.parts)).filter(({ date }) => date < beforeDate);
      const gone = [...old, ...told];
      if (gone.length === 0) return [];
      const kept = new Map(this.#kept);
      for (const { segment } of gone)
        kept.set(segment, Math.max(kept.get(segment) ?? 0, keptFromDate(segment, beforeDate, this.#dateOf)));
      await writeKeptTicks(paths.parts, kept, clock);
      this.#kept = kept;
      this.#forgotten = new Set(gone.map(({ path }) => path));
      // Reads that began before still name the parts; those that do not end in time fail and are asked again.
      await this.#readers.left(READERS_LEAVE_MS);
      for (const { path } of gone) {
        // Before its part: a sum without one would tell that the part is lost.
        await rm(partSumPath(path), { force: true });
        await rm(path, { force: true });
        await rmdir(dirname(path)).catch(() => undefined);
      }
      this.#forgotten = new Set();
      return gone;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#gate.run(() => this.#closeFile());
    await this.#sealGate.run(() => Promise.resolve());
  }

  unusable(found: string): TickFileError {
    return new TickFileError(`${this.#context.paths.live} ${found}`, { code: 'tick-file-unusable' });
  }

  async #beginSealing(options: SealOptions): Promise<void> {
    const { database } = await this.#live();
    const [first] = await database.read('SELECT 1 FROM ticks UNION ALL SELECT 1 FROM venue_rows LIMIT 1');
    if (first === undefined) return;
    await beginSealing(this.#context, { options, close: () => this.#closeFile() });
    await this.#live();
  }

  async #finishSealing(options: SealOptions): Promise<SealReport> {
    const file = await this.#gate.run(() => this.#liveWithSealing());
    const switchToParts = async (): Promise<void> => {
      this.#file = { database: file.database, sealingFrom: undefined };
      if (await this.#readers.left(READERS_LEAVE_MS)) return;
      // Parts and sealing file hold the same ticks: reads use the parts, and the file goes with the next try.
      throw this.unusable('is still being read as the sealing file: seal again to delete it');
    };
    return finishSealing(this.#context, file, { options, dateOf: this.#dateOf, switchToParts });
  }

  /** The open file; opened anew where a sealing file is left that is not attached, because its end was interrupted. */
  async #liveWithSealing(): Promise<LiveFile> {
    const file = await this.#live();
    if (file.sealingFrom !== undefined || !(await exists(this.#context.paths.sealing))) return file;
    await this.#closeFile();
    return this.#live();
  }

  /** The open file, opened anew where a sealing or an engine's end has closed it. Only within the gate. */
  async #live(): Promise<LiveFile> {
    if (this.#isClosed) throw this.unusable('is closed: open it again');
    if (this.#file === undefined) {
      const file = await openLiveFile(this.#context);
      this.#file = file;
      await this.#refresh(file);
    }
    return this.#file;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    // Readers that come now wait for the gate.
    this.#file = undefined;
    if (!this.#isClosed) await this.#readers.left(READERS_LEAVE_MS);
    if (file === undefined) return;
    await file.database.close();
    this.#readers.forget(file.database);
  }

  #anchor(): Promise<void> {
    const { clock, paths } = this.#context;
    const { appliedOffset, sealedOffset } = this.#state;
    const anchor = { appliedOffset, sealedOffset };
    return writeAnchor({ database: paths.live, part: TICK_ANCHOR, anchor, clock });
  }

  async #refresh(file: LiveFile): Promise<void> {
    this.#state = await readState(file.database);
    this.#kept = await readKeptTicks(this.#context.paths.parts);
    this.#numbers = new InstrumentNumbers(this.#instruments, await readInstruments(file.database));
  }

  /** Where ticks are now. The sealing file and the parts made of it are never both named. */
  async #stored(reader: Reader<Database>): Promise<StoredTicks> {
    const file = this.#file ?? (await this.#gate.run(() => this.#live()));
    reader.source = file.database;
    const boundary = file.sealingFrom ?? this.#state.sealedOffset;
    const isStored = (part: TickPart): boolean =>
      part.lastOffset < boundary && !this.#forgotten.has(part.path);
    const folder = this.#context.paths.parts;
    const parts = (await listParts(folder)).filter(isStored);
    const venueParts = (await listVenueParts(folder)).filter(isStored);
    const hasSealing = file.sealingFrom !== undefined;
    return { database: file.database, sources: { parts, venueParts, hasSealing } };
  }
}
