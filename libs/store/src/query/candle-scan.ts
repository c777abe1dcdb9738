import { openReopeningDatabase } from '@tickwright/database';
import type { Columns, Database } from '@tickwright/database';
import type { CandleColumns } from '@tickwright/market';
import { ExitCode, TickwrightError } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import {
  BELIEVE_VALUES,
  READ_COLUMNS,
  parquet,
  text,
  timeIn,
  toCandleColumns,
} from '../candles/candle-parquet.ts';
import { joinCandles } from './candle-join.ts';
import type { CandlePiece } from '../candles/candle-paths.ts';
import { CandleFileMovedError, HeldFiles } from './held-files.ts';

/** Files held open at a time; a longer history is read in slices of so many. */
const FILES_HELD_MAX = 128;

const READ_CONNECTIONS = 2;
const THREADS = 2;
const MEMORY_LIMIT = '512MB';

/** A candle file that is there but cannot be read: damaged, or the machine is short of something. */
export class CandleFileError extends TickwrightError {}

/** A private in-memory engine over candle files. */
export interface CandleScan extends AsyncDisposable {
  /**
   * The stored 1m candles of some instruments with openTime in [from, to), in order of instrument key and time.
   * `numberOf` gives each key its number. Rejects with a retryable CandleFileMovedError when a file went meanwhile,
   * with a CandleFileError when one cannot be read.
   */
  read(request: CandleScanRequest): Promise<CandleColumns>;
}

export interface CandleScanRequest {
  /** In order of time. */
  readonly pieces: readonly CandlePiece[];
  /** All when absent. */
  readonly keys?: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly numberOf: (key: string) => number;
}

export async function openCandleScan(options: { log: Log }): Promise<CandleScan> {
  return candleScan(await openReaderDatabase(options.log));
}

/** A scan by way of a database of `openReaderDatabase`, which it closes. */
export function candleScan(database: Database): CandleScan {
  return new ParquetCandleScan(database);
}

/** An in-memory engine for reading Parquet files that are replaced under their names. */
export async function openReaderDatabase(log: Log): Promise<Database> {
  return openReopeningDatabase({
    path: ':memory:',
    owner: 'candle reader',
    readConnections: READ_CONNECTIONS,
    threads: THREADS,
    memoryLimit: MEMORY_LIMIT,
    log,
    prepare: async (engine) => {
      // The engine caches file contents by path; paths here are reused for other contents within milliseconds.
      await engine.write((tx) => tx.run('SET GLOBAL enable_external_file_cache = false'));
      await engine.write((tx) => tx.run(BELIEVE_VALUES));
    },
  });
}

class ParquetCandleScan implements CandleScan {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(request: CandleScanRequest): Promise<CandleColumns> {
    const slices: CandleColumns[] = [];
    for (let start = 0; start < request.pieces.length; start += FILES_HELD_MAX) {
      const pieces = request.pieces.slice(start, start + FILES_HELD_MAX);
      slices.push(toCandleColumns(await this.#readSlice(pieces, request), request.numberOf));
    }
    return joinCandles(slices);
  }

  async #readSlice(pieces: readonly CandlePiece[], request: CandleScanRequest): Promise<Columns> {
    await using held = await HeldFiles.hold(pieces.map((piece) => piece.path));
    const sql = `SELECT ${READ_COLUMNS} FROM ${parquet(held.readPaths)}
      WHERE ${instrumentIn(request.keys)} AND ${timeIn(request)} ORDER BY instrument, open_time`;
    try {
      const found = await this.#database.readColumns(sql);
      const changed = await held.changed();
      if (changed !== undefined) throw new CandleFileMovedError(changed);
      return found;
    } catch (error) {
      throw await readError(error, held);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#database.close();
  }
}

/** Literals, not parameters: the engine skips row groups by them when it plans. */
function instrumentIn(keys: readonly string[] | undefined): string {
  if (keys === undefined) return 'true';
  if (keys.length === 1) return `instrument = ${text(keys[0])}`;
  return `instrument IN (${keys.map(text).join(', ')})`;
}

const PASSED_ON = new Set(['query-deadline', 'database-busy', 'database-closed', 'candle-file-moved']);

async function readError(error: unknown, held: HeldFiles): Promise<unknown> {
  if (!(error instanceof TickwrightError) || PASSED_ON.has(error.code)) return error;
  const changed = await held.changed();
  if (changed !== undefined) return new CandleFileMovedError(changed, error);
  return new CandleFileError(
    `could not read candles: ${held.named(error.message)}. "tickwright doctor --repair" sets a damaged file aside and rebuilds it`,
    { code: 'candle-file-unreadable', exitCode: ExitCode.store, cause: error },
  );
}
