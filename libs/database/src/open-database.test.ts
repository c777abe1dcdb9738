import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  DatabaseClosedError,
  DatabaseDamagedError,
  DatabaseLockedError,
  DatabaseOptionsError,
  openDatabase,
} from './index.ts';
import { lockConflicts } from './lock-conflicts.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const engine = createRequire(import.meta.url).resolve('@duckdb/node-api');

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'database-'));
  path = join(folder, 'x.duckdb');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Opens the file in a process of its own, runs the statements, and keeps it open until it is killed. */
async function holder(statements: readonly string[]): Promise<ReturnType<typeof spawn>> {
  const script = `
    const { DuckDBInstance } = require(process.argv[1]);
    (async () => {
      globalThis.instance = await DuckDBInstance.create(process.argv[2], { storage_compatibility_version: 'latest' });
      globalThis.connection = await instance.connect();
      for (const sql of JSON.parse(process.argv[3])) await connection.run(sql);
      process.stdout.write('ready');
      setInterval(() => {}, 1000);
    })();`;
  const child = spawn(process.execPath, ['-e', script, engine, path, JSON.stringify(statements)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

/** Leaves a file with 3 checkpointed rows and a log with 100 more, as a killed process does. */
async function crashedFile(): Promise<void> {
  const child = await holder([
    'CREATE TABLE t(a BIGINT)',
    'INSERT INTO t SELECT range FROM range(3)',
    'CHECKPOINT',
    'INSERT INTO t SELECT range FROM range(100)',
  ]);
  child.kill('SIGKILL');
  await once(child, 'close');
}

test('two hundred concurrent opens of one path get the same promise and the same handle', async () => {
  const opens = Array.from({ length: 200 }, () => openDatabase({ path, log }));
  expect(new Set(opens).size).toBe(1);
  const handles = await Promise.all(opens);
  expect(new Set(handles).size).toBe(1);
  expect(await openDatabase({ path, log })).toBe(handles[0]);
  await handles[0].close();
});

test('a link to the file and a path with dots are the same database', async () => {
  await using database = await openDatabase({ path, log });
  await symlink(path, join(folder, 'link.duckdb'));
  expect(await openDatabase({ path: join(folder, 'link.duckdb'), log })).toBe(database);
  expect(await openDatabase({ path: join(folder, '.', 'sub', '..', 'x.duckdb'), log })).toBe(database);
});

test('asking for other options of an open path is refused with a typed error', async () => {
  await using database = await openDatabase({ path, log, threads: 1 });
  const refused = await openDatabase({ path, log, threads: 3 }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DatabaseOptionsError);
  expect(String(refused)).toContain('threads 1, not 3');
  expect(await database.read('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('databases in memory are never shared', async () => {
  await using one = await openDatabase({ path: ':memory:', log });
  await using two = await openDatabase({ path: ':memory:', log });
  expect(one).not.toBe(two);
  await one.write((tx) => tx.run('CREATE TABLE only_here(a INTEGER)'));
  await expect(two.read('SELECT * FROM only_here')).rejects.toThrow('only_here');
});

test('an open during a close waits for it and gets a new, working handle', async () => {
  const first = await openDatabase({ path, log });
  await first.write((tx) => tx.run('CREATE TABLE t AS SELECT 7 AS a'));
  const closing = first.close();
  await using second = await openDatabase({ path, log });
  await closing;
  expect(second).not.toBe(first);
  expect(await second.read('SELECT a FROM t')).toEqual([{ a: 7 }]);
  await expect(first.read('SELECT 1')).rejects.toThrow(DatabaseClosedError);
});

test('a file that another process has open is refused with the pid of its owner', async () => {
  const child = await holder(['CREATE TABLE t(a INTEGER)']);
  try {
    const conflictsBefore = lockConflicts();
    const refused = await openDatabase({ path, log }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DatabaseLockedError);
    expect(lockConflicts()).toBeGreaterThan(conflictsBefore);
    expect(refused).toMatchObject({ code: 'database-locked', exitCode: 4, pid: child.pid });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  await using database = await openDatabase({ path, log });
  expect(await database.read('SELECT count(*) AS n FROM t')).toEqual([{ n: 0 }]);
});

test('the second process is refused while we have the file open, also after a second open here', async () => {
  await using database = await openDatabase({ path, log });
  expect(await openDatabase({ path, log })).toBe(database);
  const child = spawn(
    process.execPath,
    [
      '-e',
      'require(process.argv[1]).DuckDBInstance.create(process.argv[2]).then(() => process.exit(0), () => process.exit(9))',
      engine,
      path,
    ],
    { stdio: 'ignore' },
  );
  expect((await once(child, 'close'))[0]).toBe(9);
});

test('what a killed process had committed is there at the next open', async () => {
  await crashedFile();
  await using database = await openDatabase({ path, log });
  expect(await database.read('SELECT count(*) AS n FROM t')).toEqual([{ n: 103 }]);
});

test('a damaged log is a typed error, leaves the file as it was, and does not spoil this process', async () => {
  await crashedFile();
  const file = await open(`${path}.wal`, 'r+');
  const { size } = await file.stat();
  await file.write(Buffer.from([0xde, 0xad]), 0, 2, Math.floor(size / 2));
  await file.close();
  const before = await Promise.all([readFile(path), readFile(`${path}.wal`)]);
  const refused = await openDatabase({ path, log }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DatabaseDamagedError);
  expect(refused).toMatchObject({ code: 'database-damaged', exitCode: 4 });
  expect(await Promise.all([readFile(path), readFile(`${path}.wal`)])).toEqual(before);
  await rm(`${path}.wal`);
  await using database = await openDatabase({ path, log });
  expect(await database.read('SELECT count(*) AS n FROM t')).toEqual([{ n: 3 }]);
});

test('a file that is no database is a typed error and can be replaced at once', async () => {
  await writeFile(path, Buffer.alloc(20_000, 1));
  await expect(openDatabase({ path, log })).rejects.toThrow(DatabaseDamagedError);
  await rm(path);
  await using database = await openDatabase({ path, log });
  expect(await database.read('SELECT 1 AS a')).toEqual([{ a: 1 }]);
});

test('a new file has the latest storage version and no way to fetch extensions', async () => {
  await using database = await openDatabase({ path, log });
  const [version] = await database.read(
    `SELECT tags['storage_version'] AS v FROM duckdb_databases() WHERE NOT internal`,
  );
  expect(String(version['v'])).toMatch(/^v1\.5/);
  const settings = await database.read(
    `SELECT name, value FROM duckdb_settings()
     WHERE name IN ('autoinstall_known_extensions', 'autoload_known_extensions', 'TimeZone', 'threads') ORDER BY name`,
  );
  expect(settings.map((row) => row['value'])).toEqual(['UTC', 'false', 'false', '2']);
});
