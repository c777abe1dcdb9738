import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { candleColumns } from '@tickwright/market';
import type { CandleColumns, InstrumentRow, InstrumentTable } from '@tickwright/market';
import { TickwrightError } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { TEMPORARY_SUFFIX, errorCode, syncFolder } from '../files/atomic-file.ts';
import { CandleFileWriter } from './candle-file-writer.ts';
import type { CandleFilesCounts } from './candle-file-writer.ts';
import {
  READ_COLUMNS,
  allRows,
  mergedRows,
  newestRows,
  parquet,
  replacedRows,
  stagedRows,
  timeIn,
  toCandleColumns,
} from './candle-parquet.ts';
import { dayFolder, dayPiece, hourPiece, listHours, listPieces, liveFolder } from './candle-paths.ts';
import type { CandlePiece } from './candle-paths.ts';
import {
  instrumentOf,
  readInstruments,
  undescribedInstrument,
  writeInstruments,
} from '../files/instruments-file.ts';

/** Calls that may wait for their turn; beyond it they are refused, for a caller awaits what it publishes. */
const CALLS_WAITING_MAX = 256;

/** More calls wait than a caller that awaits them would make. */
export class CandleFilesBusyError extends TickwrightError {}

export interface CandleFilesOptions {
  readonly dataDir: string;
  readonly instruments: InstrumentTable;
  readonly log: Log;
  readonly clock: Clock;
}

/** One 1m candle of an instrument number. */
export interface CandleName {
  readonly instrument: number;
  /** Microseconds UTC. */
  readonly openTime: number;
}

/**
 * The writer of the candle files, one a data directory. Work is done one after the other, in the order of the calls;
 * each call either puts a whole file in place or leaves the old one and rejects. Rows are 1m candles of one segment;
 * those of another segment or beyond the hour are a RangeError.
 */
export interface CandleFiles extends AsyncDisposable {
  /** Replaces an hour by these rows, which are all it has. An hour of a finished day is replaced within the day. */
  publishHour(segment: string, hourMicros: number, rows: CandleColumns): Promise<void>;
  /**
   * Puts recomputed candles into an hour that is no longer in memory, or into its finished day. Of two of the same
   * candle the newer version stays, of equal versions the given one; its revision is the old one plus 1 when a closed
   * candle's values change. `gone`: candles that the hour has no more.
   */
  mergeHour(
    segment: string,
    hourMicros: number,
    rows: CandleColumns,
    gone?: readonly CandleName[],
  ): Promise<void>;
  /** Makes a finished day of its hours, then removes them. Does nothing when there are none. UTC date. */
  finishDay(segment: string, date: string): Promise<void>;
  /** The files that readers take, in order of segment and time. */
  list(): Promise<readonly CandlePiece[]>;
  /**
   * What is published of an hour; no rows when nothing is. Instruments that the table does not know are added to it,
   * so that publishing the hour again keeps them.
   */
  read(segment: string, hourMicros: number): Promise<CandleColumns>;
  counts(): CandleFilesCounts;
}

/** Opens the candle files for writing: removes what a crash left unfinished and writes `live/instruments.json`. */
export async function openCandleFiles(options: CandleFilesOptions): Promise<CandleFiles> {
  await removeTemporaries(options.dataDir);
  return new ParquetCandleFiles(options, await CandleFileWriter.open(options));
}

class ParquetCandleFiles implements CandleFiles {
  readonly #options: CandleFilesOptions;
  readonly #writer: CandleFileWriter;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** How many of the table's instruments `live/instruments.json` describes. */
  #described = 0;

  constructor(options: CandleFilesOptions, writer: CandleFileWriter) {
    this.#options = options;
    this.#writer = writer;
  }

  publishHour(segment: string, hourMicros: number, rows: CandleColumns): Promise<void> {
    return this.#inTurn(async () => {
      const hour = this.#checkedHour(segment, hourMicros, rows);
      const day = dayPiece(this.#options.dataDir, segment, hour.date);
      const now = this.#options.clock.nowMicros();
      if (await exists(day.path)) await this.#write(day, replacedRows(day.path, hour, now), rows);
      else await this.#write(hour, stagedRows(now), rows);
    });
  }

  mergeHour(
    segment: string,
    hourMicros: number,
    rows: CandleColumns,
    gone: readonly CandleName[] = [],
  ): Promise<void> {
    return this.#inTurn(async () => {
      if (rows.count === 0 && gone.length === 0) return;
      const hour = this.#checkedHour(segment, hourMicros, rows);
      const day = dayPiece(this.#options.dataDir, segment, hour.date);
      const now = this.#options.clock.nowMicros();
      const target = (await exists(day.path)) ? day : hour;
      const names = gone.map(({ instrument, openTime }) => ({
        key: this.#options.instruments.at(instrument).key,
        openTime,
      }));
      const query = (await exists(target.path)) ? mergedRows(target.path, now, names) : stagedRows(now);
      await this.#write(target, query, rows);
    });
  }

  finishDay(segment: string, date: string): Promise<void> {
    return this.#inTurn(async () => {
      const { dataDir } = this.#options;
      const day = dayPiece(dataDir, segment, date);
      const hours = await listHours({ dataDir, segment, from: day.from, to: day.to });
      if (hours.length === 0) return;
      const paths = hours.map((hour) => hour.path);
      // A day beside its hours is what a crash between the two steps left: neither may lose a row.
      const query = (await exists(day.path)) ? newestRows([day.path, ...paths]) : allRows(paths);
      await this.#write(day, query);
      await syncFolder(dirname(day.path));
      for (const hour of hours) await rm(hour.path, { force: true });
      await rmdir(dirname(hours[0].path)).catch(ignoreNotEmpty);
    });
  }

  list(): Promise<readonly CandlePiece[]> {
    return listPieces({ dataDir: this.#options.dataDir });
  }

  read(segment: string, hourMicros: number): Promise<CandleColumns> {
    return this.#inTurn(async () => {
      const { dataDir } = this.#options;
      const hour = hourPiece(dataDir, segment, hourMicros);
      const pieces = await listPieces({ dataDir, segment, from: hour.from, to: hour.to });
      if (pieces.length === 0) return candleColumns(0);
      const relation = parquet(pieces.map((piece) => piece.path));
      const found = await this.#writer.read(
        `SELECT ${READ_COLUMNS} FROM ${relation} WHERE ${timeIn(hour)} ORDER BY instrument, open_time`,
      );
      const described = new Map((await readInstruments(dataDir)).map((row) => [row.key, row]));
      return toCandleColumns(found, (key) => this.#numberOf(key, described.get(key)));
    });
  }

  counts(): CandleFilesCounts {
    return this.#writer.counts;
  }

  /** Waits for what was asked, then closes the private database. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail;
    await this.#writer[Symbol.asyncDispose]();
  }

  /** Runs a piece of work after all that was asked before it, whether that succeeded or not. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting === CALLS_WAITING_MAX) return Promise.reject(busyError());
    this.#waiting += 1;
    const result = this.#tail.then(work);
    const settle = (): void => {
      this.#waiting -= 1;
    };
    this.#tail = result.then(settle, settle);
    return result;
  }

  #checkedHour(segment: string, hourMicros: number, rows: CandleColumns): CandlePiece {
    const hour = hourPiece(this.#options.dataDir, segment, hourMicros);
    for (let row = 0; row < rows.count; row++) {
      const { key, segment: found } = this.#options.instruments.at(rows.instrument[row]);
      const openTime = rows.openTime[row];
      const isOfHour = found === segment && openTime >= hour.from && openTime < hour.to && openTime % 1 === 0;
      if (isOfHour && Number.isSafeInteger(rows.version[row])) continue;
      throw new RangeError(
        `the candle of ${key} at ${openTime} µs with version ${rows.version[row]} does not belong into ${hour.path}`,
      );
    }
    return hour;
  }

  #numberOf(key: string, row: InstrumentRow | undefined): number {
    return this.#options.instruments.add(row === undefined ? undescribedInstrument(key) : instrumentOf(row));
  }

  async #write(piece: CandlePiece, query: string, staged?: CandleColumns): Promise<void> {
    await this.#describeInstruments();
    await this.#writer.write({ path: piece.path, query, ...(staged && { staged }) });
  }

  /** Readers learn an instrument's decimals no later than its first candle. */
  async #describeInstruments(): Promise<void> {
    const { dataDir, instruments, clock } = this.#options;
    if (instruments.size === this.#described) return;
    const size = instruments.size;
    await writeInstruments({ dataDir, instruments, clock });
    this.#described = size;
  }
}

/** What a crash left half written. Nobody else writes here, so nothing of it is in use. */
async function removeTemporaries(dataDir: string): Promise<void> {
  for (const root of [liveFolder(dataDir), dayFolder(dataDir)]) {
    const names = await readdir(root, { recursive: true }).catch(ifAbsent);
    const left = names.filter((name) => name.endsWith(`.parquet${TEMPORARY_SUFFIX}`));
    for (const name of left) await rm(join(root, name), { force: true });
  }
}

function ifAbsent(error: unknown): string[] {
  if (errorCode(error) === 'ENOENT') return [];
  throw error;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function ignoreNotEmpty(error: unknown): void {
  if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error))) throw error;
}

function busyError(): CandleFilesBusyError {
  return new CandleFilesBusyError(
    `${CALLS_WAITING_MAX} candle publications wait for the disk already; publish again later, or look for what slows the disk`,
    { code: 'candle-files-busy', canRetry: true },
  );
}
