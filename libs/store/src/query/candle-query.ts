import { join } from 'node:path';
import { InstrumentTable, bucketOf, instrumentKey, splitKey } from '@tickwright/market';
import type { Calendars, CandleColumns, InstrumentRow, Interval } from '@tickwright/market';
import { SCHEDULES, retry } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { toCandles } from './candle-answer.ts';
import type { Candle, CandleAnswer, CandleAsOf } from './candle-answer.ts';
import { listPieces } from '../candles/candle-paths.ts';
import type { CandlePiece } from '../candles/candle-paths.ts';
import type { CandleRequest, LatestRequest, LatestWanted } from './candle-request.ts';
import { candleScan, openReaderDatabase } from './candle-scan.ts';
import type { CandleScan } from './candle-scan.ts';
import { completeness, newestRows, shaped } from './candle-selection.ts';
import { covering, filesFor } from './newest-files.ts';
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

/**
 * Answers from the candle files, in the reader's own process: history and live in one, rolled up, each candle whole.
 * Never waits for the writer and never holds it up. Files that are replaced or moved meanwhile are read again; errors
 * are a CandleFileMovedError when that never came to rest, a CandleFileError for a file that cannot be read, a
 * RangeError for an instrument key or calendar that does not exist.
 */
export interface CandleQuery extends AsyncDisposable {
  getCandles(request: CandleRequest): Promise<CandleAnswer>;
  latestCandles(request: LatestRequest): Promise<CandleAnswer>;
  /** The same in several intervals, an answer for each, from one reading of the files. */
  latestIn(instruments: readonly string[], wanted: readonly LatestWanted[]): Promise<readonly CandleAnswer[]>;
}

export async function openCandleQuery(options: CandleQueryOptions): Promise<CandleQuery> {
  const database = await openReaderDatabase(options.log);
  const gaps = options.gaps ?? publishedGaps({ database, path: join(options.dataDir, 'gaps.parquet') });
  return new FileCandleQuery({ ...options, gaps }, candleScan(database));
}

/** What is asked of one segment in one interval. */
interface Selection {
  readonly interval: Interval;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Files that may be looked into. */
  readonly filesMax: number;
  readonly fill: boolean;
  readonly includeForming: boolean;
}

/** Of what a selection is made. */
interface Asked {
  readonly segment: string;
  readonly instruments: InstrumentTable;
  readonly status: Status | undefined;
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

  async getCandles(request: CandleRequest): Promise<CandleAnswer> {
    const { instrument, interval, from, to } = request;
    const selection: Selection = {
      interval,
      from,
      to,
      count: request.last ?? Infinity,
      filesMax: Infinity,
      fill: request.fill ?? false,
      includeForming: request.includeForming ?? true,
    };
    return (await this.#answers([instrument], [selection]))[0];
  }

  async latestCandles({ instruments, ...wanted }: LatestRequest): Promise<CandleAnswer> {
    return (await this.latestIn(instruments, [wanted]))[0];
  }

  latestIn(
    instruments: readonly string[],
    wanted: readonly LatestWanted[],
  ): Promise<readonly CandleAnswer[]> {
    const selections = wanted.map(({ interval, count, from, fill, includeForming }): Selection => ({
      interval,
      count,
      from: from ?? -Infinity,
      to: Infinity,
      filesMax: LOOK_BACK_FILES + 2 * filesFor(count, interval),
      fill: fill ?? false,
      includeForming: includeForming ?? true,
    }));
    return this.#answers(instruments, selections);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scan[Symbol.asyncDispose]();
  }

  #answers(keys: readonly string[], selections: readonly Selection[]): Promise<readonly CandleAnswer[]> {
    return this.#retry(async () => {
      // Read before the files: the answer is then never older than it says.
      const status = await readStatus(this.#options.dataDir);
      const found = selections.map(() => new Map<string, readonly Candle[]>());
      for (const [segment, segmentKeys] of bySegment(keys)) {
        const instruments = await this.#tableOf(segmentKeys);
        const selected = await this.#select({ segment, instruments, status }, selections);
        for (const [at, candles] of selected.entries()) addByInstrument(candles, found[at]);
      }
      const asOf = this.#asOf(status);
      const inOrder = (lists: ReadonlyMap<string, readonly Candle[]>): readonly Candle[] =>
        ([] as Candle[]).concat(...keys.map((key) => lists.get(key) ?? []));
      return found.map((lists) => ({ candles: inOrder(lists), asOf }));
    });
  }

  /** Looks into the newest files first, twice as many each time, until there is enough of every instrument in every interval. */
  async #select(of: Asked, selections: readonly Selection[]): Promise<Candle[][]> {
    const { segment, instruments, status } = of;
    const { dataDir, calendars } = this.#options;
    const spans = selections.map((selection) => this.#wholeBuckets(selection, instruments));
    const from = Math.min(...spans.map((span) => span.from));
    const to = Math.max(...spans.map((span) => span.to));
    const listed = await listPieces({ dataDir, segment, from, to });
    const filesMax = Math.max(...selections.map((selection) => selection.filesMax));
    const pieces = listed.slice(-Math.min(listed.length, filesMax));
    const closedMicros = Math.max(watermarkOf(status, segment), finishedUntil(listed));
    let taken = Math.max(...selections.map((selection) => covering(pieces, selection)));
    for (;;) {
      const newest = taken >= pieces.length ? pieces : pieces.slice(-taken);
      const isAll = newest.length === listed.length;
      // The first bucket may begin in a file that was not looked into.
      const readFrom = isAll ? from : Math.max(from, newest[0]?.from ?? from);
      const minutes = await this.#minutes({ pieces: newest, from: readFrom, to }, instruments);
      const isComplete = completeness(await this.#options.gaps.gaps(), instruments);
      const kept = selections.map((selection, at) => {
        const fillToMicros = selection.fill ? spans[at].to : undefined;
        const shaping = { ...selection, instruments, calendars, isComplete, closedMicros, fillToMicros };
        const wholeFrom = Math.max(readFrom, spans[at].from);
        return newestRows(shaped(minutes, shaping), { ...selection, instruments, wholeFrom });
      });
      if (newest.length === pieces.length || kept.every(({ isEnough }) => isEnough)) {
        return kept.map(({ rows }, at) =>
          toCandles(rows, { interval: selections[at].interval, instruments, calendars }),
        );
      }
      taken *= 2;
    }
  }

  #minutes(
    request: { pieces: readonly CandlePiece[]; from: number; to: number },
    instruments: InstrumentTable,
  ): Promise<CandleColumns> {
    return this.#scan.read({
      ...request,
      keys: instruments.list().map((instrument) => instrument.key),
      numberOf: (key) => instruments.indexOf(key),
    });
  }

  /** Widens the span so that its first and last candle are whole. */
  #wholeBuckets(
    { interval, from, to }: Selection,
    instruments: InstrumentTable,
  ): { from: number; to: number } {
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

/** Cuts candles into lists: an instrument's stand together. */
function addByInstrument(candles: readonly Candle[], lists: Map<string, readonly Candle[]>): void {
  let from = 0;
  while (from < candles.length) {
    const { instrument } = candles[from];
    let to = from + 1;
    while (to < candles.length && candles[to].instrument === instrument) to += 1;
    lists.set(instrument, (lists.get(instrument) ?? []).concat(candles.slice(from, to)));
    from = to;
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

function watermarkOf(status: Status | undefined, segment: string): number {
  const watermark = status?.segments[segment]?.watermark ?? null;
  return watermark === null ? 0 : Date.parse(watermark) * 1000;
}

/** Of a finished day everything has closed. */
function finishedUntil(pieces: readonly CandlePiece[]): number {
  return Math.max(0, ...pieces.filter((piece) => piece.kind === 'day').map((piece) => piece.to));
}
