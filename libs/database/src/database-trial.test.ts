import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openDatabase, settleDatabase, tryDatabases } from './index.ts';

const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const onLinux = test.skipIf(process.platform !== 'linux');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trial-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  for (const child of children()) process.kill(child, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function children(): number[] {
  return readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

async function made(name: string, rows: number): Promise<string> {
  const path = join(folder, name);
  await using database = await openDatabase({ path, log });
  await database.write((tx) => tx.run(`CREATE TABLE t AS SELECT range AS a FROM range(${rows})`));
  return path;
}

function trial(path: string): { path: string; statements: string[]; isSummed: boolean } {
  return { path, statements: ['SELECT count(*)::DOUBLE AS n FROM t'], isSummed: true };
}

onLinux('trials that follow one another use one process, and none of its files stays open', async () => {
  const [one, two] = [await made('one.duckdb', 10), await made('two.duckdb', 20)];
  const before = new Set(children());
  for (const path of [one, two, one]) {
    const [tried] = await tryDatabases([trial(path)]);
    expect(tried).toMatchObject({ results: [{ rows: [{ n: path === one ? 10 : 20 }] }] });
    // Not refused: the lock of the trial is gone.
    await using database = await openDatabase({ path, log });
    expect(await database.read('SELECT count(*)::INTEGER AS n FROM t')).toHaveLength(1);
  }
  await settleDatabase(one);
  const started = children().filter((pid) => !before.has(pid));
  expect(started).toHaveLength(1);
  const open = readdirSync(`/proc/${started[0]}/fd`).length;
  await tryDatabases(Array.from({ length: 20 }, () => trial(one)));
  expect(readdirSync(`/proc/${started[0]}/fd`).length).toBe(open);
});

onLinux('after a damaged database the process is not used again, and the next trial is right', async () => {
  const [good, bad] = [await made('good.duckdb', 5), join(folder, 'bad.duckdb')];
  await writeFile(bad, Buffer.alloc(20_000, 1));
  await tryDatabases([trial(good)]);
  const before = children();
  const [first, second, third] = await tryDatabases([trial(good), trial(bad), trial(good)]);
  expect(first).toMatchObject({ results: [{ rows: [{ n: 5 }] }] });
  expect(second).toMatchObject({ error: { code: 'database-damaged', path: bad } });
  expect(third).toMatchObject({ results: [{ rows: [{ n: 5 }] }] });
  expect(children().filter((pid) => before.includes(pid))).toEqual([]);
});

onLinux('a process that is ended while it waits, or told to stop with its group, is no damage', async () => {
  const path = await made('x.duckdb', 5);
  await tryDatabases([trial(path)]);
  const [waiting = 0] = children();
  process.kill(waiting, 'SIGTERM');
  expect(await tryDatabases([trial(path)])).toMatchObject([{ results: [{ rows: [{ n: 5 }] }] }]);
  expect(children()).toEqual([waiting]);
  process.kill(waiting, 'SIGKILL');
  expect(await tryDatabases([trial(path)])).toMatchObject([{ results: [{ rows: [{ n: 5 }] }] }]);
});

onLinux('a process that waits for trials does not keep the one that started it alive', async () => {
  const path = await made('x.duckdb', 5);
  // With nothing else to do it ends while the trial process still waits.
  const script = `
    import { readFileSync } from 'node:fs';
    import { tryDatabases } from '@tickwright/database';
    await tryDatabases([{ path: ${JSON.stringify(path)}, statements: [] }]);
    process.on('beforeExit', () => console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8')));`;
  const flags = ['--conditions=@tickwright/source', '--import', 'tsx', '--input-type=module', '-e', script];
  const waiting = execFileSync(process.execPath, flags, { encoding: 'utf8' }).trim().split(' ');
  expect(waiting).not.toEqual(['']);
});

onLinux('a trial that takes too long is ended and is a finding', async () => {
  const path = await made('x.duckdb', 5);
  const slow = 'SELECT count(*) FROM range(10000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3';
  const [tried] = await tryDatabases([{ path, statements: [slow] }], 300);
  expect(tried).toMatchObject({ error: { code: 'database-damaged', path } });
});

onLinux('options of node that are for this process do not reach the trial', async () => {
  const path = await made('x.duckdb', 5);
  vi.stubEnv('NODE_OPTIONS', '--require /nowhere/to/be/found.cjs');
  expect(await tryDatabases([trial(path)])).toMatchObject([{ results: [{ rows: [{ n: 5 }] }] }]);
});

onLinux('a process that cannot be run says nothing of the database', async () => {
  const path = await made('x.duckdb', 5);
  for (const program of ['/bin/false', '/nowhere/to/be/found']) {
    vi.spyOn(process, 'execPath', 'get').mockReturnValue(program);
    const refused = await tryDatabases([trial(path)]).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'database-trial', canRetry: true });
    await expect(settleDatabase(path)).rejects.toMatchObject({ code: 'database-trial' });
  }
});
