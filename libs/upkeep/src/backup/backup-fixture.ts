// A small data directory with a database and files, backed up and restored. Not exported by the package.
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { makeBackup } from './making.ts';
import type { MadeBackup, MakeBackupOptions } from './making.ts';

const ignore = (): void => undefined;
export const quietLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const folders: string[] = [];

export async function temporaryFolder(base = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(base, 'tickwright-backup-'));
  folders.push(folder);
  return folder;
}

/** For `afterEach`. */
export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

export async function put(folder: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text, 'latin1');
}

/** All files below a folder with their text, by path. */
export async function textsBelow(folder: string): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    texts[path.slice(folder.length + 1)] = await readFile(path, 'latin1');
  }
  return texts;
}

/** A data directory: `live/x.duckdb` with rows 0..n-1, and files that are replaced as a whole. */
export class Shop implements AsyncDisposable {
  readonly dataDir: string;
  readonly directory: string;
  readonly database: Database;
  #rows = 0;

  private constructor(dataDir: string, directory: string, database: Database) {
    this.dataDir = dataDir;
    this.directory = directory;
    this.database = database;
  }

  static async open(directory?: string): Promise<Shop> {
    const dataDir = await temporaryFolder();
    const database = await openDatabase({ path: join(dataDir, 'live', 'x.duckdb'), log: quietLog });
    await database.write((tx) => tx.run('CREATE TABLE numbers(n BIGINT, moment TIMESTAMP)'));
    await put(dataDir, 'parts/a/1.parquet.txt', 'one');
    await put(dataDir, 'parts/b/2.parquet.txt', 'two');
    await put(dataDir, 'parts/b/.spill/3', 'not published');
    await put(dataDir, 'parts/b/4.tmp', 'being written');
    await put(dataDir, 'live/status.json', '{}');
    return new Shop(dataDir, directory ?? join(dataDir, 'backups'), database);
  }

  /** Appends rows; their number in all is stored with them, as the journal's offset is with ticks. */
  async append(count: number): Promise<number> {
    const from = this.#rows;
    this.#rows += count;
    await this.database.write((tx) =>
      tx.run(`INSERT INTO numbers SELECT i, make_timestamp(i) FROM range(${from}, ${from + count}) r(i)`),
    );
    return this.#rows;
  }

  backup(told: Partial<MakeBackupOptions> = {}): Promise<MadeBackup> {
    return makeBackup({
      dataDir: this.dataDir,
      directory: this.directory,
      owner: 'shop',
      instance: 'test',
      release: '0.0.0',
      reason: 'test',
      roots: ['live', 'parts', 'gone.txt'],
      take: async (taking) => {
        await taking.files('parts');
        await taking.files('live/status.json');
        await taking.files('gone.txt');
        await taking.database('live/x.duckdb', this.database);
        return {};
      },
      clock: systemClock,
      log: quietLog,
      ...told,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close();
  }
}

/** Rows of a database that nobody has open, and whether they are 0..n-1. */
export async function rowsOf(path: string): Promise<{ rows: number; isPrefix: boolean }> {
  await using database = await openDatabase({ path, log: quietLog });
  const [row] = await database.read(
    'SELECT count(*) AS n, coalesce(max(n) + 1, 0) AS following FROM numbers',
  );
  const [rows, next] = [Number(row?.['n']), Number(row?.['following'])];
  return { rows, isPrefix: rows === next };
}
