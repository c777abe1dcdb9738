import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, systemClock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { canLimit, fillUntilStopped, freeDisk } from './full-disk-fixture.ts';
import { DatabaseLockedError, openDatabases, openReopeningDatabase, watchLocks } from './index.ts';
import type { Database } from './index.ts';
import { isLockedHere } from './ownership.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const withLimit = test.skipIf(!canLimit);

let folder: string;
let path: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'reopening-')));
  path = join(folder, 'x.duckdb');
});

afterEach(async () => {
  if (canLimit) freeDisk();
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  }
  await rm(folder, { recursive: true, force: true });
});

async function countOf(database: Database, table: string): Promise<number> {
  const [row] = await database.read(`SELECT count(*) AS n FROM ${table}`);
  return Number(row?.['n']);
}

withLimit(
  'an engine that a full disk has stopped is opened again, and all that was acknowledged is in it',
  async () => {
    const taken: Error[] = [];
    const lost: Error[] = [];
    await using _watch = watchLocks({
      clock: systemClock,
      log,
      everyMs: 1,
      onLost: (error) => lost.push(error),
    });
    await using database = await openReopeningDatabase({ path, log, onTaken: (error) => taken.push(error) });
    const rows = await fillUntilStopped(database);
    // Waits for the new engine, disk full or not.
    expect(await countOf(database, 'filler')).toBe(rows);
    freeDisk();
    await database.write((tx) => tx.run('CREATE TABLE later AS SELECT 1 AS a'));
    await database.checkpoint();
    expect(await countOf(database, 'later')).toBe(1);
    expect(openDatabases().map((each) => each.path)).toEqual([path]);
    expect(await isLockedHere(path)).toBe(true);
    expect([taken, lost]).toEqual([[], []]);
  },
);

withLimit('settings of an engine are made anew for the next one', async () => {
  const prepared: Database[] = [];
  const prepare = async (engine: Database): Promise<void> => {
    prepared.push(engine);
    await engine.write((tx) => tx.run('SET GLOBAL enable_external_file_cache = false'));
  };
  await using database = await openReopeningDatabase({ path, log, prepare });
  await fillUntilStopped(database);
  const [row] = await database.read(`SELECT current_setting('enable_external_file_cache') AS is_on`);
  expect([row?.['is_on'], prepared.length]).toEqual([false, 2]);
});

withLimit('an engine that stops again at once keeps its lock until it is time for the next try', async () => {
  const clock = new ManualClock({ startMicros: 1 });
  await using database = await openReopeningDatabase({ path, log, clock });
  await fillUntilStopped(database);
  await database.read('SELECT 1');
  await expect(database.checkpoint()).rejects.toMatchObject({ code: 'database-invalid' });
  await expect(database.read('SELECT 1')).rejects.toMatchObject({ code: 'database-invalid' });
  expect(await isLockedHere(path)).toBe(true);
  freeDisk();
  await clock.advance(1_000);
  expect(await database.read('SELECT 1 AS a')).toEqual([{ a: 1 }]);
});

test('an error of a statement reopens nothing', async () => {
  await using database = await openReopeningDatabase({ path, log });
  const before = openDatabases();
  await expect(database.read('SELECT nothing')).rejects.toMatchObject({ code: 'database-query' });
  await expect(database.write(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(openDatabases()).toEqual(before);
});

test('a write that is asked for before the close is stored, one after it is refused', async () => {
  const database = await openReopeningDatabase({ path, log });
  const written = database.write((tx) => tx.run('CREATE TABLE t AS SELECT 1 AS a'));
  await database.close();
  await written;
  await expect(database.write((tx) => tx.run('SELECT 1'))).rejects.toMatchObject({ code: 'database-closed' });
  await using again = await openReopeningDatabase({ path, log });
  expect(await countOf(again, 't')).toBe(1);
});

const HOLDER = `
const { DuckDBInstance } = require(process.argv[1]);
DuckDBInstance.create(process.argv[2], { storage_compatibility_version: 'latest' }).then((instance) => {
  globalThis.instance = instance;
  require('node:fs').writeFileSync(process.argv[2] + '.held', '');
  setInterval(() => {}, 1000);
});`;

/** Another process gets the file while this one stands still. */
function letOtherIn(): void {
  freeDisk();
  const engine = createRequire(import.meta.url).resolve('@duckdb/node-api');
  children.push(spawn(process.execPath, ['-e', HOLDER, engine, path], { stdio: 'ignore' }));
  const endMs = performance.now() + 30_000;
  while (!existsSync(`${path}.held`) && performance.now() < endMs);
}

withLimit(
  'a file that another process takes between two engines is told of, and every call fails then',
  async () => {
    const taken: Error[] = [];
    const lost: Error[] = [];
    const clock = new ManualClock({ startMicros: 1 });
    const debug = (_: object, message: string): void => {
      if (message === 'database closed') letOtherIn();
    };
    await using _watch = watchLocks({
      clock: systemClock,
      log,
      everyMs: 1,
      onLost: (error) => lost.push(error),
    });
    await using database = await openReopeningDatabase({
      path,
      clock,
      log: { ...log, debug, info: debug },
      onTaken: (error) => taken.push(error),
    });
    await fillUntilStopped(database);
    await expect(database.read('SELECT 1')).rejects.toBeInstanceOf(DatabaseLockedError);
    await clock.advance(60_000);
    await expect(database.write((tx) => tx.run('SELECT 1'))).rejects.toBeInstanceOf(DatabaseLockedError);
    expect([taken.length, lost.length]).toEqual([1, 0]);
  },
);
