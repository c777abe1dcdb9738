import { join } from 'node:path';
import { openDatabase, tableRows } from '@tickwright/database';
import type { Database, Row } from '@tickwright/database';
import type { Log } from '@tickwright/runtime';
import type { BackupRange } from './manifest.ts';

/** Name under which a copy is attached. */
const CATALOG = 'copy';
const DEADLINE_MS = 600_000;
/** Footers read in one statement. */
const FILES_AT_A_TIME = 200;

/** Gives the statement that finds the ranges of a database which is attached under this name: columns of BackupRange. */
export type RangesSql = (catalog: string) => string;

/** Reads the content of copies with an engine of its own, in memory, with one thread. */
export class BackupContents implements AsyncDisposable {
  readonly #engine: Database;

  private constructor(engine: Database) {
    this.#engine = engine;
  }

  static async open(log: Log): Promise<BackupContents> {
    return new BackupContents(
      await openDatabase({ path: ':memory:', threads: 1, memoryLimit: '256MB', log }),
    );
  }

  /** Rows of each table of a copied database, and its ranges. The file must not be one that this process owns. */
  async database(
    path: string,
    rangesOf?: RangesSql,
  ): Promise<{ tables: Record<string, number>; ranges: BackupRange[] }> {
    await this.#engine.write((tx) => tx.run(`ATTACH ${text(path)} AS ${CATALOG} (READ_ONLY)`));
    try {
      const tables = await tableRows((sql) => this.#read(sql), CATALOG);
      const ranges = rangesOf === undefined ? [] : await this.#read(rangesOf(CATALOG));
      return { tables, ranges: ranges.map(rangeOf) };
    } finally {
      await this.#engine.write((tx) => tx.run(`DETACH ${CATALOG}`));
    }
  }

  /** Rows of Parquet files, from their footers, by path. */
  async parquetRows(folder: string, paths: readonly string[]): Promise<Map<string, number>> {
    const rows = new Map<string, number>();
    for (let at = 0; at < paths.length; at += FILES_AT_A_TIME) {
      const some = paths.slice(at, at + FILES_AT_A_TIME);
      const names = new Map(some.map((path) => [join(folder, path), path]));
      const list = [...names.keys()].map(text).join(', ');
      const found = await this.#read(`SELECT file_name, num_rows FROM parquet_file_metadata([${list}])`);
      for (const row of found) rows.set(names.get(String(row['file_name'])) ?? '', Number(row['num_rows']));
    }
    return rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.close();
  }

  #read(sql: string): Promise<Row[]> {
    return this.#engine.read(sql, [], { deadlineMs: DEADLINE_MS });
  }
}

function rangeOf(row: Row): BackupRange {
  return {
    name: String(row['name']),
    rows: Number(row['rows']),
    firstTime: time(row['firstTime']),
    lastTime: time(row['lastTime']),
    firstId: number(row['firstId']),
    lastId: number(row['lastId']),
  };
}

function number(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function time(value: unknown): string | null {
  const micros = number(value);
  return micros === null ? null : new Date(Math.floor(micros / 1_000)).toISOString();
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
