import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openReopeningDatabase } from '@tickwright/database';
import type { Columns, Database, Transaction } from '@tickwright/database';
import type { CandleColumns, InstrumentTable } from '@tickwright/market';
import type { Clock, Log } from '@tickwright/runtime';
import { TEMPORARY_SUFFIX, replaceByRename } from '../files/atomic-file.ts';
import {
  BELIEVE_VALUES,
  KEYS_DDL,
  STAGED_DDL,
  STAGED_DROP,
  copyTo,
  stagedColumns,
  text,
} from './candle-parquet.ts';
import { stampCandleFile } from './candle-checksum.ts';
import { liveFolder } from './candle-paths.ts';

/** Memory of the private database. Sorting a day of 2,000 instruments around the clock needs more and spills to disk. */
const MEMORY_LIMIT = '512MB';
const SPILL_FOLDER = '.spill';
const THREADS = 2;

export interface CandleFilesCounts {
  /** Files put in place. */
  readonly published: number;
  /** Renames that the platform refused at first because a reader had the file open. */
  readonly renamesRefused: number;
}

export interface CandleFileWriterOptions {
  readonly dataDir: string;
  readonly instruments: InstrumentTable;
  readonly log: Log;
  readonly clock: Clock;
}

/** Writes one candle file at a time by way of a private in-memory database. Calls must not overlap. */
export class CandleFileWriter implements AsyncDisposable {
  readonly #options: CandleFileWriterOptions;
  readonly #database: Database;
  #published = 0;
  #renamesRefused = 0;

  private constructor(options: CandleFileWriterOptions, database: Database) {
    this.#options = options;
    this.#database = database;
  }

  static async open(options: CandleFileWriterOptions): Promise<CandleFileWriter> {
    // The engine makes the folder when it first needs it and removes it when it is closed; a crash leaves it.
    const spill = join(liveFolder(options.dataDir), SPILL_FOLDER);
    await rm(spill, { recursive: true, force: true });
    const database = await openReopeningDatabase({
      path: ':memory:',
      owner: 'candle writer',
      readConnections: 1,
      threads: THREADS,
      memoryLimit: MEMORY_LIMIT,
      log: options.log,
      clock: options.clock,
      prepare: async (engine) => {
        await engine.write((tx) => tx.run(`SET GLOBAL temp_directory = ${text(spill)}`));
        await engine.write((tx) => tx.run(BELIEVE_VALUES));
      },
    });
    return new CandleFileWriter(options, database);
  }

  get counts(): CandleFilesCounts {
    return { published: this.#published, renamesRefused: this.#renamesRefused };
  }

  /**
   * Puts a file with the rows of a query in the place of `path`: written under a temporary name, made durable, renamed.
   * `staged` are what the query finds in the table `staged`. When it fails the old file stands.
   */
  async write(file: { path: string; query: string; staged?: CandleColumns }): Promise<void> {
    await mkdir(dirname(file.path), { recursive: true });
    const temporary = `${file.path}${TEMPORARY_SUFFIX}`;
    try {
      await this.#database.write((tx) => this.#copy(tx, copyTo(file.query, temporary), file.staged));
      await stampCandleFile(temporary);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    const onRefused = (): void => {
      this.#renamesRefused += 1;
    };
    await replaceByRename({ from: temporary, to: file.path, clock: this.#options.clock, onRefused });
    this.#published += 1;
  }

  read(sql: string): Promise<Columns> {
    return this.#database.readColumns(sql);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.close();
  }

  async #copy(tx: Transaction, copy: string, staged: CandleColumns | undefined): Promise<void> {
    if (staged === undefined) {
      await tx.run(copy);
      return;
    }
    await tx.run(STAGED_DDL);
    await tx.append('staged', stagedColumns(staged), staged.count);
    await this.#stageKeys(tx);
    await tx.run(copy);
    await tx.run(STAGED_DROP);
  }

  /** The keys of all instruments, each time: a table of a few thousand short rows costs less than to keep track of it. */
  async #stageKeys(tx: Transaction): Promise<void> {
    const keys = this.#options.instruments.list().map((instrument) => instrument.key);
    await tx.run(KEYS_DDL);
    const numbers = Int32Array.from(keys, (_, number) => number);
    await tx.append(
      'keys',
      [
        { type: 'int32', values: numbers },
        { type: 'varchar', values: keys },
      ],
      keys.length,
    );
  }
}
