import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DatabaseClosedError, DatabaseHeldError, openDatabase } from './index.ts';
import type { Database } from './index.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
/** What a log holds before a commit checkpoints by itself. */
const AUTOMATIC_CHECKPOINT_BYTES = 16 * 1024 * 1024;

let folder: string;
let path: string;
let database: Database;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'database-backup-'));
  path = join(folder, 'x.duckdb');
  database = await openDatabase({ path, log });
  await database.write((tx) => tx.run('CREATE TABLE t(a BIGINT, b DOUBLE)'));
});

afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

async function insert(from: number, count: number): Promise<void> {
  const sql = `INSERT INTO t SELECT i, random() FROM range(${from}, ${from + count}) r(i)`;
  await database.write((tx) => tx.run(sql));
}

/** Copied by another process, as a backup does. */
async function copied(name: string): Promise<string> {
  const copy = join(folder, name);
  await promisify(execFile)('cp', [path, copy]);
  return copy;
}

async function rowsIn(copy: string): Promise<unknown> {
  await using memory = await openDatabase({ path: ':memory:', log });
  await memory.write((tx) => tx.run(`ATTACH '${copy}' AS c (READ_ONLY)`));
  const [row] = await memory.read('SELECT count(*) AS rows, min(a) AS first, max(a) AS last FROM c.t');
  return row;
}

/** What another process is told that opens the file. */
function openedElsewhere(): string {
  const engine = createRequire(import.meta.url).resolve('@duckdb/node-api');
  const program = `require(${JSON.stringify(engine)}).DuckDBInstance.create(${JSON.stringify(path)}).then(
    () => console.log('opened'), (error) => console.log(error.message))`;
  return execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' });
}

async function lockLines(): Promise<string[]> {
  const { ino } = await stat(path);
  const locks = await readFile('/proc/locks', 'utf8');
  return locks.split('\n').filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${ino} `));
}

test('a copy of a held file has what was written before the hold and nothing of what is written meanwhile', async () => {
  await insert(0, 300_000);
  await using held = await database.hold();
  const early = await copied('early.duckdb');
  // A transaction that writes its blocks ahead of the commit, many small ones, and a table made anew.
  await insert(300_000, 500_000);
  for (let at = 0; at < 30; at += 1) await insert(800_000 + at * 40_000, 40_000);
  await database.write(async (tx) => {
    await tx.run('CREATE TABLE u AS SELECT * FROM t LIMIT 10');
    await tx.run('DROP TABLE u');
  });
  expect(await database.stats.walBytes()).toBeGreaterThan(AUTOMATIC_CHECKPOINT_BYTES);
  const late = await copied('late.duckdb');
  const expected = { rows: 300_000, first: 0, last: 299_999 };
  expect([await rowsIn(early), await rowsIn(late)]).toEqual([expected, expected]);
  await held.release();
  expect(await database.read('SELECT count(*) AS n FROM t')).toEqual([{ n: 2_000_000 }]);
});

test('commits checkpoint by themselves again once the file is released', async () => {
  const held = await database.hold();
  await held.release();
  for (let at = 0; at < 20; at += 1) await insert(at * 100_000, 99_000);
  expect(await database.stats.walBytes()).toBeLessThan(AUTOMATIC_CHECKPOINT_BYTES * 1.5);
});

test('a checkpoint that is asked for during a hold waits for its end, and writes do not wait for it', async () => {
  const held = await database.hold();
  let isDone = false;
  const checkpoint = database.checkpoint().then(() => (isDone = true));
  await insert(0, 10);
  await insert(10, 10);
  expect(isDone).toBe(false);
  expect(await database.stats.walBytes()).toBeGreaterThan(0);
  await held.release();
  await checkpoint;
  expect(await database.stats.walBytes()).toBe(0);
});

test('a file is held once at a time', async () => {
  await using held = await database.hold();
  await expect(database.hold()).rejects.toThrow(DatabaseHeldError);
  await held.release();
  await (await database.hold()).release();
});

test('closing does not wait for a hold, and tells the one who copies', async () => {
  const held = await database.hold();
  await database.close();
  expect(held.signal.reason).toBeInstanceOf(DatabaseClosedError);
  await held.release();
});

test('a file is held while a read goes on', async () => {
  await insert(0, 100_000);
  const rows = database.stream('SELECT a FROM t')[Symbol.asyncIterator]();
  await rows.next();
  await insert(100_000, 100_000);
  await using held = await database.hold();
  expect(await rowsIn(await copied('beside.duckdb'))).toMatchObject({ rows: 200_000 });
  await rows.return?.();
  await held.release();
});

test.skipIf(process.platform !== 'linux')(
  'the lock is held during and after a hold and a copy (skipped: only Linux tells)',
  async () => {
    expect(await lockLines()).toHaveLength(1);
    const held = await database.hold();
    await copied('copy.duckdb');
    expect(await lockLines()).toHaveLength(1);
    await held.release();
    expect(await lockLines()).toHaveLength(1);
    expect(openedElsewhere()).toContain('Could not set lock on file');
  },
);
