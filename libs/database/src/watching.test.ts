import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, systemClock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DatabaseCloseError, DatabaseClosedError, openDatabase, watchLocks } from './index.ts';
import type { DatabaseLockLostError } from './index.ts';

const onLinux = test.skipIf(process.platform !== 'linux');

let folder: string;
let path: string;
let lines: string[];
let log: Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'database-'));
  path = join(folder, 'x.duckdb');
  lines = [];
  const level = (name: string) => (fields: object, message: string) => {
    lines.push(`${name} ${message} ${JSON.stringify(fields)}`);
  };
  log = { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('a log over its limit is warned of and checkpointed through the write queue, and then it is well again', async () => {
  await using database = await openDatabase({ path, log, owner: 'tick file', walLimitBytes: 10_000 });
  await database.write((tx) => tx.run('CREATE TABLE t AS SELECT range AS a FROM range(100000)'));
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const next = database.write(() => held);
  await vi.waitFor(() => {
    expect(database.stats.wal).toMatchObject({ isOverLimit: true, limitBytes: 10_000, forcedCheckpoints: 1 });
    expect(database.stats.queueDepth, 'the checkpoint waits for the write before it').toBe(2);
  });
  expect(database.stats.wal.bytes).toBeGreaterThan(10_000);
  release();
  await next;
  await vi.waitFor(() => expect(database.stats.wal).toMatchObject({ isOverLimit: false, bytes: 0 }));
  expect(lines.filter((line) => line.includes('write-ahead log'))).toEqual([
    expect.stringMatching(/^warn the write-ahead log is over its limit.*"owner":"tick file"/),
    expect.stringMatching(/^info the write-ahead log is within its limit again/),
  ]);
});

test('a log within its limit is left to the engine', async () => {
  await using database = await openDatabase({ path, log });
  await database.write((tx) => tx.run('CREATE TABLE t AS SELECT range AS a FROM range(100000)'));
  await vi.waitFor(() => expect(database.stats.wal.bytes).toBeGreaterThan(0));
  expect(database.stats.wal).toMatchObject({ isOverLimit: false, forcedCheckpoints: 0 });
});

onLinux('a lock that is gone is told once, and nothing is written after that', async () => {
  const clock = new ManualClock();
  const lost: DatabaseLockLostError[] = [];
  await using _watch = watchLocks({ clock, log, onLost: (error) => void lost.push(error) });
  await using other = await openDatabase({ path: join(folder, 'other.duckdb'), log });
  const database = await openDatabase({ path, log, owner: 'tick file' });
  const closed = await openDatabase({ path: join(folder, 'closed.duckdb'), log });
  await clock.advance(5_000);
  await closed.close();
  await clock.advance(5_000);
  expect(lost).toEqual([]);
  closeSync(openSync(database.path, 'r'));
  await clock.advance(1_000);
  await vi.waitFor(() => expect(lost).toHaveLength(1));
  expect(lost[0]).toMatchObject({ code: 'database-lock-lost', exitCode: 4, path: database.path });
  expect(lines.filter((line) => line.startsWith('error'))).toHaveLength(1);
  await clock.advance(5_000);
  expect(lost).toHaveLength(1);
  for (const each of [database, other])
    await expect(each.write(() => Promise.resolve())).rejects.toThrow(DatabaseClosedError);
  await database.close();
});

test('opening and closing are told with path, owner, mode and duration', async () => {
  const database = await openDatabase({ path, log, owner: 'state file' });
  await database.close();
  expect(lines).toEqual([
    expect.stringMatching(/database opened.*"owner":"state file","mode":"read-write","durationMs":\d+/),
    expect.stringMatching(/database closed.*"owner":"state file","durationMs":\d+/),
  ]);
});

test('a close that cannot end gives up in time, says where what was committed is, and keeps the path taken', async () => {
  const database = await openDatabase({ path, log, clock: systemClock });
  await database.write((tx) => tx.run('CREATE TABLE t(a INTEGER)'));
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const write = database.write(() => held);
  const refused = await database.close().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DatabaseCloseError);
  expect(String(refused)).toMatch(
    /1 writes were still running.*x\.duckdb\.wal\), which the next start applies/,
  );
  await expect(openDatabase({ path, log })).rejects.toBe(refused);
  release();
  await write;
});
