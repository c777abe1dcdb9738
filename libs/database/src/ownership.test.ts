import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  DatabaseDamagedError,
  DatabaseOwnedError,
  openDatabase,
  openDatabases,
  requireClosed,
} from './index.ts';
import { fileIdentity, locksOf, ownLocks } from './lock-table.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const onLinux = test.skipIf(process.platform !== 'linux');

let folder: string;
let path: string;
const workers: Worker[] = [];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'database-')));
  path = join(folder, 'x.duckdb');
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
  await rm(folder, { recursive: true, force: true });
});

/** A thread that runs TypeScript: `--import` does not reach threads on every version of Node. */
function thread(owner: string): Worker {
  const fixture = new URL('./thread-fixture.ts', import.meta.url).href;
  const start = `import('tsx/esm/api').then((tsx) => tsx.tsImport(${JSON.stringify(fixture)}, ${JSON.stringify(fixture)}))`;
  const worker = new Worker(start, {
    eval: true,
    workerData: owner,
    execArgv: ['--conditions', '@tickwright/source'],
  });
  workers.push(worker);
  return worker;
}

async function ask(worker: Worker, act: 'open' | 'close', file = path): Promise<unknown> {
  worker.postMessage({ act, path: file }, []);
  return (await once(worker, 'message'))[0];
}

/** Descriptors and locks of this process on files of the folder. */
async function held(): Promise<{ descriptors: string[]; locks: number }> {
  const descriptors = readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .filter((file) => file.startsWith(folder));
  const identities = await Promise.all(readdirSync(folder).map((name) => fileIdentity(join(folder, name))));
  const locks = ownLocks() ?? new Set();
  return { descriptors, locks: identities.filter((each) => each !== undefined && locks.has(each)).length };
}

test('a worker thread is refused a file that this thread has open, and told who has it', async () => {
  await using database = await openDatabase({ path, log, owner: 'tick file' });
  const refused = await ask(thread('other'), 'open');
  expect(refused).toMatchObject({
    name: 'DatabaseOwnedError',
    holder: { owner: 'tick file', threadId: 0, since: expect.stringMatching(/^20\d\d-.*Z$/) },
  });
  expect(JSON.stringify(refused)).toMatch(
    /this process has it open already, as .*tick file.* in thread 0 since 20/,
  );
  await database.write((tx) => tx.run('CREATE TABLE still_ours(a INTEGER)'));
});

test('this thread is refused a file that a worker thread has open, until that one closes it', async () => {
  const worker = thread('runner');
  expect(await ask(worker, 'open')).toEqual({ done: 'open' });
  const refused = await openDatabase({ path, log }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DatabaseOwnedError);
  expect(refused).toMatchObject({ exitCode: 4, holder: { owner: 'runner', threadId: worker.threadId } });
  await ask(worker, 'close');
  await using database = await openDatabase({ path, log });
  expect(await database.read('SELECT count(*) AS n FROM t')).toEqual([{ n: 0 }]);
});

test('a worker thread owns a file of its own while this thread owns another', async () => {
  await using ours = await openDatabase({ path, log });
  const worker = thread('runner');
  expect(await ask(worker, 'open', join(folder, 'paper.duckdb'))).toEqual({ done: 'open' });
  await ours.write((tx) => tx.run('CREATE TABLE t(a INTEGER)'));
  await ask(worker, 'close', join(folder, 'paper.duckdb'));
});

onLinux('an engine that was opened by another way is noticed before a second one is', async () => {
  const stray = await DuckDBInstance.create(path);
  const refused = await openDatabase({ path, log }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DatabaseOwnedError);
  expect(refused).toMatchObject({ holder: undefined });
  expect((await held()).locks, 'the stray engine has kept its lock').toBe(1);
  stray.closeSync();
  await using database = await openDatabase({ path, log });
  expect(await database.read('SELECT 1 AS a')).toEqual([{ a: 1 }]);
});

onLinux(
  'a stream that its reader has left, or holds, does not keep the engine and its lock after the close',
  async () => {
    const database = await openDatabase({ path, log });
    await database.write((tx) => tx.run('CREATE TABLE t AS SELECT range AS a FROM range(1000000)'));
    for await (const _rows of database.stream('SELECT a FROM t')) break;
    const paused = database.stream('SELECT a FROM t')[Symbol.asyncIterator]();
    await paused.next();
    await database.close();
    expect(await held()).toEqual({ descriptors: [], locks: 0 });
  },
);

test('the file may be touched by other means only when nobody here has it open', async () => {
  await requireClosed(path);
  await requireClosed(join(folder, 'nowhere', 'x.duckdb'));
  const database = await openDatabase({ path, log, owner: 'state file' });
  await expect(requireClosed(path)).rejects.toThrow(/"state file" in thread 0/);
  await database.close();
  await requireClosed(path);
});

test('two hundred concurrent opens of twenty paths make one engine a path', async () => {
  const paths = Array.from({ length: 20 }, (_, i) => join(folder, `${i}.duckdb`));
  const opens = Array.from({ length: 200 }, (_, i) =>
    openDatabase({ path: paths[i % 20] ?? '', log, threads: 1 }),
  );
  const handles = await Promise.all(opens);
  expect(new Set(handles).size).toBe(20);
  expect(handles.every((handle, i) => handle.path === paths[i % 20])).toBe(true);
  if (process.platform === 'linux') {
    const { descriptors, locks } = await held();
    expect(descriptors.toSorted()).toEqual(paths.toSorted());
    expect(locks).toBe(20);
  }
  await Promise.all(handles.map((handle) => handle.close()));
  expect(openDatabases()).toEqual([]);
});

test('an open does not wait for the slow open of another path', async () => {
  // A log beside it makes the first one start a trial process.
  await writeFile(path, '');
  await writeFile(`${path}.wal`, 'x');
  const order: string[] = [];
  const slow = openDatabase({ path, log }).then(
    async (database) => database.close(),
    () => undefined,
  );
  const quick = Array.from({ length: 5 }, async (_, i) => {
    const database = await openDatabase({ path: join(folder, `${i}.duckdb`), log });
    order.push('quick');
    await database.close();
  });
  await Promise.all([slow.then(() => order.push('slow')), ...quick]);
  expect(order).toEqual([...quick.map(() => 'quick'), 'slow']);
});

onLinux('two hundred failed opens leave no descriptor, no lock and no claim behind', async () => {
  await writeFile(path, Buffer.alloc(20_000, 1));
  const opens = Array.from({ length: 200 }, () =>
    openDatabase({ path, log }).catch((error: unknown) => error),
  );
  for (const error of await Promise.all(opens)) expect(error).toBeInstanceOf(DatabaseDamagedError);
  expect(await held()).toEqual({ descriptors: [], locks: 0 });
  expect(openDatabases()).toEqual([]);
  await requireClosed(path);
  await rm(path);
  expect(await ask(thread('next'), 'open')).toEqual({ done: 'open' });
});

onLinux(
  'opening and closing the file by other means is what drops the lock, and the table shows it',
  async () => {
    await using database = await openDatabase({ path, log });
    expect((await held()).locks).toBe(1);
    closeSync(openSync(database.path, 'r'));
    expect((await held()).locks).toBe(0);
  },
);

test('of a lock table only the POSIX locks that the process holds count', () => {
  const table = [
    '1: POSIX  ADVISORY  WRITE 77 fe:00:2147900 0 EOF',
    '1: -> POSIX  ADVISORY  WRITE 77 fe:00:11 0 EOF',
    '2: FLOCK  ADVISORY  WRITE 77 fe:00:12 0 EOF',
    '3: POSIX  ADVISORY  READ 77 103:02:13 100 200',
    '4: POSIX  ADVISORY  WRITE 770 fe:00:14 0 EOF',
    '5: OFDLCK ADVISORY  WRITE -1 fe:00:15 0 EOF',
  ].join('\n');
  expect([...locksOf(77, table)]).toEqual(['fe:00:2147900', '103:02:13']);
});
