import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Clock } from '@tickwright/runtime';
import {
  DatabaseBusyError,
  DatabaseClosedError,
  DatabaseQueryError,
  DatabaseValueError,
  QueryDeadlineError,
  WRITES_WAITING_MAX,
  openDatabase,
} from './index.ts';
import type { Database } from './index.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
/** Runs for minutes, in a few pieces that each can be interrupted. */
const ENDLESS =
  'SELECT count(*) AS n FROM range(10000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3';

let folder: string;
let database: Database;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'database-'));
  database = await openDatabase({ path: join(folder, 'x.duckdb'), log });
  await database.write((tx) => tx.run('CREATE TABLE t(a BIGINT)'));
});

afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

async function stored(): Promise<unknown> {
  return (await database.read('SELECT a FROM t ORDER BY a')).map((row) => row['a']);
}

test('work that throws leaves nothing behind, and the next write goes on', async () => {
  const failed = database.write(async (tx) => {
    await tx.run('INSERT INTO t VALUES (1)');
    throw new Error('changed my mind');
  });
  await expect(failed).rejects.toThrow('changed my mind');
  await database.write((tx) => tx.run('INSERT INTO t VALUES (2)'));
  expect(await stored()).toEqual([2]);
});

test('a statement that fails undoes the whole transaction even if the work looks away', async () => {
  const write = database.write(async (tx) => {
    await tx.run('INSERT INTO t VALUES (1)');
    await tx.run('INSERT INTO nowhere VALUES (1)').catch(() => undefined);
    await tx.run('INSERT INTO t VALUES (2)').catch(() => undefined);
  });
  await expect(write).rejects.toThrow(DatabaseQueryError);
  expect(await stored()).toEqual([]);
});

test('a statement that is not awaited still belongs to its transaction, and one after the end is refused', async () => {
  let late: Promise<unknown> = Promise.resolve();
  await database.write((tx) => {
    void tx.run('INSERT INTO t VALUES (1)');
    setTimeout(() => {
      late = tx.run('INSERT INTO t VALUES (2)').catch((error: unknown) => error);
    }, 50);
    return Promise.resolve();
  });
  await new Promise((resolve) => setTimeout(resolve, 80));
  expect(await late).toBeInstanceOf(DatabaseQueryError);
  expect(await stored()).toEqual([1]);
});

test('concurrent writes run one after the other in the order they were asked for', async () => {
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      database.write(async (tx) => {
        order.push(i);
        const [row] = await tx.run('SELECT count(*) AS n FROM t');
        await tx.run('INSERT INTO t VALUES (?)', [row['n']]);
      }),
    ),
  );
  expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(await stored()).toEqual(order);
  expect(database.stats).toMatchObject({ queueDepth: 0, commits: 51, readsInFlight: 0 });
  expect(database.stats.queueWaitMs.max).toBeGreaterThan(0);
});

test('reads do not wait for a long write, and see nothing of it before its commit', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const write = database.write(async (tx) => {
    await tx.run('INSERT INTO t VALUES (1)');
    await held;
  });
  expect(await stored()).toEqual([]);
  release();
  await write;
  expect(await stored()).toEqual([1]);
});

test('a full write queue refuses with a retryable error and runs what it accepted', async () => {
  const accepted = Array.from({ length: WRITES_WAITING_MAX }, () => database.write(() => Promise.resolve(1)));
  const refused = await database.write(() => Promise.resolve(2)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DatabaseBusyError);
  expect(refused).toMatchObject({ canRetry: true });
  expect(await Promise.all(accepted)).toHaveLength(WRITES_WAITING_MAX);
});

test('a read is interrupted at its deadline and its connection serves the next one', async () => {
  const started = performance.now();
  const reads = [1, 2, 3].map(() => database.read(ENDLESS, [], { deadlineMs: 100 }));
  for (const read of await Promise.allSettled(reads)) {
    expect(read).toMatchObject({ status: 'rejected', reason: { code: 'query-deadline', canRetry: true } });
  }
  expect(performance.now() - started).toBeLessThan(5000);
  expect(await Promise.all([1, 2, 3, 4].map(() => database.read('SELECT 1 AS a')))).toHaveLength(4);
});

test('the deadline comes from the clock: without its passing a read goes on', async () => {
  let ring = (): void => undefined;
  const clock: Clock = {
    nowMicros: () => 0,
    monotonicMs: () => 0,
    sleep: () =>
      new Promise((resolve) => {
        ring = resolve;
      }),
  };
  await using timed = await openDatabase({ path: ':memory:', log, clock });
  const read = timed.read(ENDLESS).catch((error: unknown) => error);
  const early = await Promise.race([
    read,
    new Promise((resolve) => setTimeout(resolve, 100, 'still running')),
  ]);
  expect(early).toBe('still running');
  ring();
  expect(await read).toBeInstanceOf(QueryDeadlineError);
});

test('a read that is aborted ends with the reason of the signal', async () => {
  const controller = new AbortController();
  const reason = new Error('not needed any more');
  setTimeout(() => {
    controller.abort(reason);
  }, 50);
  await expect(database.read(ENDLESS, [], { signal: controller.signal })).rejects.toBe(reason);
  await expect(database.read('SELECT 1', [], { signal: controller.signal })).rejects.toBe(reason);
});

test('a read that would change the data is refused', async () => {
  for (const sql of [
    'INSERT INTO t VALUES (1)',
    'CREATE TABLE u(a INTEGER)',
    'DELETE FROM t',
    'DROP TABLE t',
  ]) {
    await expect(database.read(sql)).rejects.toThrow(DatabaseQueryError);
  }
  expect(await stored()).toEqual([]);
});

test('wrong SQL is an error that names the file and the statement', async () => {
  const error = await database.read('SELECT b FROM t').catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(DatabaseQueryError);
  expect(String(error)).toContain(database.path);
  expect(String(error)).toContain('SELECT b FROM t');
});

test('a stream gives all rows in chunks and returns its connection when left early', async () => {
  let rows = 0;
  for await (const chunk of database.stream('SELECT range AS a FROM range(10000)')) rows += chunk.length;
  expect(rows).toBe(10_000);
  for (let i = 0; i < 5; i++) {
    for await (const chunk of database.stream('SELECT range AS a FROM range(1000000)')) {
      expect(chunk[0]).toEqual({ a: 0 });
      break;
    }
  }
  expect(database.stats.readsInFlight).toBe(0);
});

test('a stream of columns gives all rows in order, in arrays that are not reused', async () => {
  const chunks = [];
  for await (const chunk of database.streamColumns('SELECT range AS a FROM range(10000)'))
    chunks.push(chunk.numbers('a'));
  expect(chunks.flatMap((chunk) => [...chunk])).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
});

test('close waits for writes in flight, interrupts reads that go on, and can be called again', async () => {
  const write = database.write((tx) => tx.run('INSERT INTO t SELECT range FROM range(1000)'));
  const read = database.read(ENDLESS).catch((error: unknown) => error);
  const iterator = database.stream('SELECT range FROM range(1000000)')[Symbol.asyncIterator]();
  await iterator.next();
  const started = performance.now();
  await Promise.all([database.close(), database.close()]);
  expect(performance.now() - started).toBeLessThan(8000);
  await write;
  expect(await read).toBeInstanceOf(DatabaseClosedError);
  await expect(iterator.next()).rejects.toThrow(DatabaseClosedError);
  await expect(database.write(() => Promise.resolve())).rejects.toThrow(DatabaseClosedError);
  database = await openDatabase({ path: join(folder, 'x.duckdb'), log });
  expect(await database.read('SELECT count(*) AS n FROM t')).toEqual([{ n: 1000 }]);
});

test('reads that wait for a connection are refused by a close', async () => {
  const reads = Array.from({ length: 6 }, () => database.read(ENDLESS).catch((error: unknown) => error));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await database.close();
  const errors = await Promise.all(reads);
  expect(errors.filter((error) => error instanceof DatabaseClosedError)).toHaveLength(6);
});

test('a checkpoint moves the log into the file', async () => {
  await database.write((tx) => tx.run('INSERT INTO t SELECT range FROM range(1000)'));
  expect(await database.stats.walBytes()).toBeGreaterThan(0);
  await database.checkpoint();
  expect(await database.stats.walBytes()).toBe(0);
});

test('values come back as they were given', async () => {
  const values = [
    null,
    true,
    0,
    -0.5,
    1e21,
    2 ** 53 - 1,
    -(2 ** 40),
    'text|ü',
    2n ** 60n,
    [1, 2],
    [0.5, 2],
    ['a'],
  ];
  const names = values.map((_, i) => `? AS v${i}`).join(', ');
  const [row] = await database.read(`SELECT ${names}`, values);
  expect(Object.values(row)).toEqual(values);
});

test('rows tell timestamps as microseconds, sums as numbers and decimals as the nearest float', async () => {
  const [row] = await database.read(
    `SELECT make_timestamp(1700000000123456) AS t, sum(range) AS s, 1.10 AS d, [1, NULL] AS l, DATE '2026-01-02' AS day
     FROM range(10)`,
  );
  expect(row).toEqual({ t: 1700000000123456, s: 45, d: 1.1, l: [1, null], day: '2026-01-02' });
});

test('columns refuse what they cannot tell exactly', async () => {
  await expect(database.readColumns('SELECT 9007199254740993::BIGINT AS a')).rejects.toThrow(
    DatabaseValueError,
  );
  await expect(database.readColumns('SELECT NULL::VARCHAR AS a')).rejects.toThrow(DatabaseValueError);
  await expect(database.readColumns('SELECT NULL::BOOLEAN AS a')).rejects.toThrow(DatabaseValueError);
  const columns = await database.readColumns(
    `SELECT * FROM (VALUES (NULL::BIGINT, 1.25, 1::HUGEINT), (-5, 2.5, 2)) v(a, b, c)`,
  );
  expect([...columns.numbers('a')]).toEqual([Number.NaN, -5]);
  expect([...columns.numbers('b')]).toEqual([1.25, 2.5]);
  expect([...columns.numbers('c')]).toEqual([1, 2]);
  expect(() => columns.flags('a')).toThrow(TypeError);
  expect(() => columns.numbers('z')).toThrow(TypeError);
});
