import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readInstance } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  endAll,
  eventually,
  freePorts,
  isAlive,
  start,
  takenPort,
  temporaryFolder,
  tickwright,
} from './process-fixture.ts';
import type { Command, Folder } from './process-fixture.ts';

/** DESIGN.md: a SIGTERM drains within 5 s; a loaded machine gets a moment more to start and to be seen. */
const DRAIN_LIMIT_MS = 6_000;

let folder: Folder;
let dataDir: string;
let flags: string[];

beforeEach(async () => {
  folder = await temporaryFolder();
  dataDir = join(folder.path, 'data');
  const [http, simulator, runner] = await freePorts(3);
  flags = [
    '--data-dir',
    dataDir,
    '--set',
    `ingestor.http.port=${http}`,
    '--set',
    `simulator.port=${simulator}`,
    '--set',
    `runner.http.port=${runner}`,
  ];
});

afterEach(async () => {
  await endAll();
  await folder[Symbol.asyncDispose]();
});

async function up(command: Command): Promise<{ simulator: number; ingestor: number }> {
  await eventually('the greeting', () => {
    if (command.child.exitCode !== null) throw new Error(`ended early:\n${command.stderr}`);
    return command.stdout.includes('Ctrl-C stops it') || undefined;
  });
  return { simulator: pidOf(command, 'simulator'), ingestor: await ingestorPid() };
}

/** Of the newest log line of that name. */
function pidOf(command: Command, name: string): number {
  const pids = [...command.stderr.matchAll(new RegExp(`"pid":(\\d+),[^\\n]*"name":"${name}"`, 'g'))];
  return Number(pids.at(-1)?.[1]);
}

function ingestorPid(): Promise<number> {
  return eventually('an ingestor', async () => (await readInstance(join(dataDir, 'ingestor')))?.pid);
}

async function gone(...pids: number[]): Promise<void> {
  await eventually(`the end of ${pids.join(', ')}`, () => (pids.some(isAlive) ? undefined : true));
}

test('start runs, its greeting can be pasted, an ingestor that is killed is started again, SIGTERM ends all in order', async () => {
  const command = start('start', ...flags);
  const pids = await up(command);
  const pasted = /npx tickwright (candles) "(SIM\|ALPHA)" --last 5 --data-dir (\S+)/.exec(command.stdout);
  expect(pasted?.slice(1)).toEqual(['candles', 'SIM|ALPHA', dataDir]);
  if (existsSync('/proc/self/environ')) {
    const environment = await readFile(`/proc/${pids.ingestor}/environ`, 'utf8');
    expect(environment.split('\0')).toContain('UV_THREADPOOL_SIZE=16');
  }
  await eventually('candles', async () => {
    const done = await tickwright('candles', 'SIM|ALPHA', '--last', '5', '--data-dir', dataDir, '--json');
    expect(done.code).toBe(0);
    return JSON.parse(done.stdout).length > 0 || undefined;
  });

  // A running ingestor is asked, and no other may work on its data.
  const counted = await tickwright('ticks', 'SIM|ALPHA', '--count', ...flags);
  expect(counted.stdout).toMatch(/^\d+\n$/);
  const unknown = await tickwright('ticks', 'SIM|ALPHAA', ...flags);
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('did you mean "SIM|ALPHA"?')]);
  const second = await tickwright('ingest', ...flags);
  expect([second.code, second.stderr]).toEqual([
    4,
    expect.stringContaining(`process ${pids.ingestor} has held it`),
  ]);

  process.kill(pids.ingestor, 'SIGKILL');
  await gone(pids.ingestor);
  const restarted = await ingestorPid();
  expect(restarted).not.toBe(pids.ingestor);
  expect(isAlive(pids.simulator)).toBe(true);
  expect(pidOf(command, 'simulator')).toBe(pids.simulator);
  await eventually('a status that is well', async () => {
    const status = await tickwright('status', ...flags);
    return (status.code === 0 && status.stdout.startsWith('READY')) || undefined;
  });

  const stoppedMs = performance.now();
  command.child.kill('SIGTERM');
  expect((await command.ended).code).toBe(0);
  expect(performance.now() - stoppedMs).toBeLessThan(DRAIN_LIMIT_MS);
  expect([pids.simulator, restarted].filter(isAlive)).toEqual([]);
  expect((await tickwright('status', ...flags)).code).toBe(7);
});

test('SIGINT while the ingestor is still starting ends it and what was started before, with exit 0', async () => {
  const command = start('start', ...flags);
  await ingestorPid();
  command.child.kill('SIGINT');
  // Its exit, not the end of its output, which its children share: they must not outlive it for a moment.
  expect(await once(command.child, 'exit')).toEqual([0, null]);
  expect(await readInstance(join(dataDir, 'ingestor'))).toBeUndefined();
  expect(isAlive(pidOf(command, 'simulator'))).toBe(false);
});

test('children end by themselves when their launcher is killed', async () => {
  const command = start('start', ...flags);
  const { simulator, ingestor } = await up(command);
  const runner = (await readInstance(join(dataDir, 'runner')))?.pid ?? 0;
  expect(isAlive(runner)).toBe(true);
  command.child.kill('SIGKILL');
  await gone(simulator, ingestor, runner);
  expect(await readInstance(join(dataDir, 'ingestor'))).toBeUndefined();
});

test('a port that is taken ends simulate and start with exit 5, and start takes its other children with it', async () => {
  const { server, port } = await takenPort();
  try {
    const simulate = await tickwright('simulate', '--port', String(port));
    expect([simulate.code, simulate.stderr]).toEqual([5, expect.stringContaining(`127.0.0.1:${port}`)]);
    const command = start('start', ...flags, '--set', `ingestor.http.port=${port}`);
    const done = await command.ended;
    expect(done.code).toBe(5);
    expect(done.stderr).toContain(`cannot listen on 127.0.0.1:${port}: another process uses this port`);
    expect(done.stderr).toContain('the ingest process ended with exit code 5');
    expect(isAlive(pidOf(command, 'simulator'))).toBe(false);
  } finally {
    server.close();
  }
});
