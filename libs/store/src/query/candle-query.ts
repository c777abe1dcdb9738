import { join } from 'node:path';
import { InstrumentTable, bucketOf, instrumentKey, intervalMicros, splitKey } from '@tickwright/market';
import type { Calendars, CandleColumns, InstrumentRow, Interval } from '@tickwright/market';
import { SCHEDULES, retry } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { toCandles } from './candle-answer.ts';
import type { Candle, CandleAnswer, CandleAsOf } from './candle-answer.ts';
import { DAY_MICROS, listPieces } from '../candles/candle-paths.ts';
import type { CandlePiece } from '../candles/candle-paths.ts';
import { candleScan, openReaderDatabase } from './candle-scan.ts';
import type { CandleScan } from './candle-scan.ts';
import { completeness, newestRows, shaped } from './candle-selection.ts';
import { instrumentOf, readInstruments, undescribedInstrument } from '../files/instruments-file.ts';
import { publishedGaps } from '../gaps/published-gaps.ts';
import { readStatus } from '../files/status-file.ts';
import type { Status } from '../files/status-file.ts';
import type { GapReader } from '../verification/verification.ts';

/** How many files `latestCandles` looks into beyond twice those that its candles would fill without a break. */
const LOOK_BACK_FILES = 32;

/** Tries a piece of work again when it failed in a way that may pass. */
export type Retry = <T>(work: () => Promise<T>) => Promise<T>;

export interface CandleQueryOptions {
  readonly dataDir: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly calendars: Calendars;
  /** Gaps that are not filled: what they overlap is not complete. `gaps.parquet` unless given. */
  readonly gaps?: GapReader;
  /** `SCHEDULES.candleRead` unless given. */
  readonly retry?: Retry;
}

export interface CandleRequest {
  readonly instrument: string;
  readonly interval: Interval;
  /** Candles that overlap [from, to) are given, each whole. Microseconds UTC; may be infinite. */
  readonly from: number;
  readonly to: number;
  /** Only the newest so many. */
  readonly last?: number;
  /** Flat candles where nothing traded, from the first candle on. */
  readonly fill?: boolean;
  /** Candles that are not closed yet; given unless false. */
  readonly includeForming?: boolean;
}

export interface LatestRequest {
  readonly instruments: readonly string[];
  readonly interval: Interval;
  /** How many of each. An instrument that has been silent for long may have fewer: see the limits in the README. */
  readonly count: number;
  /** Only candles that end after it, microseconds UTC; then `count` may be Infinity. */
  readonly from?: number;
  readonly fill?: boolean;
  readonly includeForming?: boolean;
}

/**
 * Answers from the candle files, in the reader's own process: history and live in one, rolled up, each candle whole.
 * Never waits for the writer and never holds it up. Files that are replaced or moved meanwhile are read again; errors
 * are a CandleFileMovedError when that never came to rest, a CandleFileError for a file that cannot be read, a
 * RangeError for an instrument key or calendar that does not exist.
 */
export interface CandleQuery extends AsyncDisposable {
  getCandles(request: CandleRequest): Promise<CandleAnswer>;
  latestCandles(request: LatestRequest): Promise<CandleAnswer>;
}

export async function openCandleQuery(options: CandleQueryOptions): Promise<CandleQuery> {
  const database = await openReaderDatabase(options.log);
  const gaps = options.gaps ?? publishedGaps({ database, path: join(options.dataDir, 'gaps.parquet') });
  return new FileCandleQuery({ ...options, gaps }, candleScan(database));
}

/** What is asked of one segment. */
interface Selection {
  readonly instruments: InstrumentTable;
  readonly interval: Interval;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Files that may be looked into. */
  readonly filesMax: number;
  readonly fill: boolean;
  readonly includeForming: boolean;
}

class FileCandleQuery implements CandleQuery {
  readonly #options: Required<Omit<CandleQueryOptions, 'retry'>>;
  readonly #scan: CandleScan;
  readonly #retry: Retry;
  #described: ReadonlyMap<string, InstrumentRow> = new Map();

  constructor(options: CandleQueryOptions & { readonly gaps: GapReader }, scan: CandleScan) {
    this.#options = options;
    this.#scan = scan;
    const { clock } = options;
    this.#retry = options.retry ?? ((work) => retry(work, { schedule: SCHEDULES.candleRead, clock }));
  }

  getCandles(request: CandleRequest): Promise<CandleAnswer> {
    const { instrument, interval, from, to } = request;
    return this.#answer([instrument], {
      interval,
      from,
      to,
      count: request.last ?? Infinity,
      filesMax: Infinity,
      fill: request.fill ?? false,
      includeForming: request.includeForming ?? true,
    });
  }

  latestCandles(request: LatestRequest): Promise<CandleAnswer> {
    const { interval, count } = request;
    return this.#answer(request.instruments, {
      interval,
      count,
      from: request.from ?? -Infinity,
      to: Infinity,
      filesMax: LOOK_BACK_FILES + 2 * filesFor(count, interval),
      fill: request.fill ?? false,
      includeForming: request.includeForming ?? true,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scan[Symbol.asyncDispose]();
  }

  #answer(keys: readonly string[], selection: Omit<Selection, 'instruments'>): Promise<CandleAnswer> {
    return this.#retry(async () => {
      // Read before the files: the answer is then never older than it says.
      const status = await readStatus(this.#options.dataDir);
      const found = new Map<string, Candle[]>();
      for (const [segment, segmentKeys] of bySegment(keys)) {
        const instruments = await this.#tableOf(segmentKeys);
        const candles = await this.#select(segment, { ...selection, instruments }, status);
        for (const candle of candles) {
          const list = found.get(candle.instrument);
          if (list === undefined) found.set(candle.instrument, [candle]);
          else list.push(candle);
        }
      }
      return { candles: keys.flatMap((key) => found.get(key) ?? []), asOf: this.#asOf(status) };
    });
  }

  /** Looks into the newest files first, twice as many each time, until there is enough of every instrument. */
  async #select(segment: string, selection: Selection, status: Status | undefined): Promise<Candle[]> {
    const { dataDir } = this.#options;
    const span = this.#wholeBuckets(selection);
    const listed = await listPieces({ dataDir, segment, ...span });
    const pieces = listed.slice(-Math.min(listed.length, selection.filesMax));
    const closedMicros = Math.max(watermarkOf(status, segment), finishedUntil(listed));
    let taken = Number.isFinite(selection.count)
      ? filesFor(selection.count, selection.interval)
      : pieces.length;
    for (;;) {
      const newest = taken >= pieces.length ? pieces : pieces.slice(-taken);
      const isAll = newest.length === listed.length;
      // The first bucket may begin in a file that was not looked into.
      const wholeFrom = isAll ? span.from : Math.max(span.from, newest[0]?.from ?? span.from);
      const request = { pieces: newest, from: wholeFrom, to: span.to };
      const rows = await this.#read(request, selection, closedMicros);
      const kept = newestRows(rows, { ...selection, wholeFrom });
      if (newest.length === pieces.length || kept.isEnough) {
        return toCandles(kept.rows, { ...selection, calendars: this.#options.calendars });
      }
      taken *= 2;
    }
  }

  async #read(
    request: { pieces: readonly CandlePiece[]; from: number; to: number },
    selection: Selection,
    closedMicros: number,
  ): Promise<CandleColumns> {
    const { instruments, interval, fill } = selection;
    const { calendars, gaps } = this.#options;
    const minutes = await this.#scan.read({
      ...request,
      keys: instruments.list().map((instrument) => instrument.key),
      numberOf: (key) => instruments.indexOf(key),
    });
    const isComplete = completeness(await gaps.gaps(), instruments);
    const fillToMicros = fill ? request.to : undefined;
    return shaped(minutes, { instruments, interval, calendars, isComplete, closedMicros, fillToMicros });
  }

  /** Widens the span so that its first and last candle are whole. */
  #wholeBuckets({ instruments, interval, from, to }: Selection): { from: number; to: number } {
    const calendar = this.#options.calendars(instruments.at(0).calendar);
    const first = Number.isFinite(from) ? bucketOf(from, interval, calendar) : undefined;
    const last = Number.isFinite(to) ? bucketOf(to - 1, interval, calendar) : undefined;
    return { from: first?.openMicros ?? from, to: last?.closeMicros ?? to };
  }

  /** The instruments of one answer, as the ingestor describes them; its file is read again for one not seen before. */
  async #tableOf(keys: readonly string[]): Promise<InstrumentTable> {
    if (keys.some((key) => !this.#described.has(key))) {
      const rows = await readInstruments(this.#options.dataDir);
      this.#described = new Map(rows.map((row) => [row.key, row]));
    }
    const table = new InstrumentTable();
    for (const key of keys) {
      const row = this.#described.get(key);
      table.add(row === undefined ? undescribedInstrument(key) : instrumentOf(row));
    }
    return table;
  }

  #asOf(status: Status | undefined): CandleAsOf | undefined {
    if (status === undefined) return undefined;
    const { offset, time } = status;
    return { offset, time, ageMs: Math.round(this.#options.clock.nowMicros() / 1000) - Date.parse(time) };
  }
}

function bySegment(keys: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const key of new Set(keys)) {
    const { segment } = splitKey(instrumentKey(key));
    const list = found.get(segment);
    if (list === undefined) found.set(segment, [key]);
    else list.push(key);
  }
  return found;
}

/** How many files so many candles fill when trading never stops, and the one in which it is broken off. */
function filesFor(count: number, interval: Interval): number {
  return Math.ceil((count * intervalMicros(interval)) / DAY_MICROS) + 1;
}

function watermarkOf(status: Status | undefined, segment: string): number {
  const watermark = status?.segments[segment]?.watermark ?? null;
  return watermark === null ? 0 : Date.parse(watermark) * 1000;
}

/** Of a finished day everything has closed. */
function finishedUntil(pieces: readonly CandlePiece[]): number {
  return Math.max(0, ...pieces.filter((piece) => piece.kind === 'day').map((piece) => piece.to));
}
