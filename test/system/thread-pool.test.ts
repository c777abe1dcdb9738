import { readFileSync, readdirSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { Process, cleanUp, eventually, freePort, temporaryFolder } from './harness.ts';

afterEach(cleanUp);

const onLinux = test.skipIf(process.platform !== 'linux');

function threadsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).length;
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
    .filter((text) => text.trim() !== '')
    .map(Number);
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

async function ports(): Promise<string[]> {
  const [venue, http] = [await freePort(), await freePort()];
  return [
    '--set',
    `simulator.port=${venue}`,
    '--set',
    `ingestor.http.port=${http}`,
    '--data-dir',
    temporaryFolder(),
  ];
}

/** Threads of an ingestor that is up. */
async function ingestorThreads(env: Record<string, string>): Promise<number> {
  const ingestor = new Process(['ingest', ...(await ports())], env);
  await ingestor.until(/"msg":"ingesting"/);
  const threads = threadsOf(ingestor.child.pid ?? 0);
  ingestor.kill('SIGKILL');
  await ingestor.ended;
  return threads;
}

onLinux(
  "libuv's pool has 16 threads, whether an ingestor is started by itself or by the launcher",
  async () => {
    const four = await ingestorThreads({ UV_THREADPOOL_SIZE: '4' });
    expect((await ingestorThreads({})) - four).toBe(12);
    const launcher = new Process(['start', ...(await ports())]);
    const ingestor = await eventually(
      () => childrenOf(launcher.child.pid ?? 0).find((pid) => /tickwright\.cjs\0ingest/.test(commandOf(pid))),
      { what: 'the ingestor of the launcher' },
    );
    await launcher.until(/"msg":"ingesting"/);
    expect(threadsOf(ingestor) - four).toBe(12);
    launcher.kill('SIGTERM');
    await launcher.ended;
  },
);

/** By thread, the first being the event loop's. */
function nicenessOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`).map(Number);
  return threads
    .toSorted((a, b) => a - b)
    .map((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      // proc(5): the 19th field, behind a name that may hold spaces.
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    });
}

onLinux(
  "the pool's threads and the engines' own are below the event loop and V8's threads, so that queries cannot hold it up",
  async () => {
    const ingestor = new Process(['ingest', ...(await ports())]);
    await ingestor.until(/"msg":"ingesting"/);
    const [loop = Number.NaN, ...others] = nicenessOf(ingestor.child.pid ?? 0);
    ingestor.kill('SIGKILL');
    await ingestor.ended;
    const below = others.filter((nice) => nice === Math.min(19, loop + 5)).length;
    const engines = 3;
    expect(below).toBeGreaterThanOrEqual(16 + engines);
    expect(others.filter((nice) => nice === loop).length).toBe(others.length - below);
    expect(others.length - below).toBeGreaterThanOrEqual(4);
  },
);
