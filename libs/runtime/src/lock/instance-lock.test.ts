import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { acquireInstanceLock, InstanceLockedError, readInstance } from './instance-lock.ts';
import { lockAddress } from './lock-address.ts';
import { askSocket } from './lock-server.ts';
import { childStarter } from '../testing/child.ts';
import type { Child, ChildStarter } from '../testing/child.ts';

let directory: string;
let children: Child[];
let starter: ChildStarter;

beforeAll(async () => {
  starter = await childStarter();
});

afterAll(async () => {
  await starter[Symbol.asyncDispose]();
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'instance-lock-'));
  children = [];
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map(async (child) => await child.ended()));
  await rm(directory, { recursive: true, force: true });
});

interface Outcome {
  readonly outcome: 'held' | 'locked';
  readonly pid: number;
  readonly exitCode?: number;
  readonly message?: string;
}

/** Starts so many processes and, when all of them are ready, lets them take the lock at the same moment. */
async function startTakers(count: number): Promise<{ child: Child; outcome: Outcome }[]> {
  const started = Array.from({ length: count }, () => starter.start('lock-child.js', [directory]));
  children.push(...started);
  expect(new Set(await Promise.all(started.map(async (child) => await child.line())))).toEqual(
    new Set(['ready']),
  );
  for (const child of started) child.process.stdin.write('go\n');
  return await Promise.all(
    started.map(async (child) => ({ child, outcome: JSON.parse(await child.line()) as Outcome })),
  );
}

async function startTaker(): Promise<{ child: Child; outcome: Outcome }> {
  const [taker] = await startTakers(1);
  return taker;
}

describe('between processes', () => {
  test('of 20 started at once exactly one gets the lock and all others name its pid', async () => {
    const takers = await startTakers(20);
    const holders = takers.filter(({ outcome }) => outcome.outcome === 'held');
    expect(holders).toHaveLength(1);
    const [holder] = holders;
    const others = takers.filter((taker) => taker !== holder).map(({ outcome }) => outcome);
    expect(new Set(others.map(({ pid }) => pid))).toEqual(new Set([holder.child.pid]));
    expect(new Set(others.map(({ exitCode }) => exitCode))).toEqual(new Set([4]));
    expect(others[0].message).toContain(`process ${holder.child.pid} has held it since`);
    expect((await readInstance(directory))?.pid).toBe(holder.child.pid);
  });

  test('after kill -9 the lock is free at once, though the file is still there', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { child, outcome } = await startTaker();
      expect(outcome).toEqual({ outcome: 'held', pid: child.pid });
      child.kill('SIGKILL');
      expect(await child.ended()).toBe('SIGKILL');
      expect(JSON.parse(await readFile(join(directory, 'instance.json'), 'utf8'))).toMatchObject({
        pid: child.pid,
      });
      expect(await readInstance(directory)).toBeUndefined();
    }
    await using lock = await acquireInstanceLock(directory);
    expect((await readInstance(directory))?.instanceId).toBe(lock.identity.instanceId);
  });

  test('holding the lock does not keep a process alive', async () => {
    const { child, outcome } = await startTaker();
    expect(outcome.outcome).toBe('held');
    child.process.stdin.end();
    expect(await child.ended()).toBe(0);
  });
});

describe('within a process', () => {
  test('a second taker is refused until the first releases, and releasing removes the file', async () => {
    const first = await acquireInstanceLock(directory, { instanceId: 'first' });
    await expect(acquireInstanceLock(directory)).rejects.toBeInstanceOf(InstanceLockedError);
    await expect(acquireInstanceLock(directory)).rejects.toMatchObject({ pid: process.pid, exitCode: 4 });
    await Promise.all([first.release(), first.release()]);
    await expect(stat(join(directory, 'instance.json'))).rejects.toThrow('ENOENT');
    expect(await readInstance(directory)).toBeUndefined();
    await using second = await acquireInstanceLock(directory);
    expect(second.identity.pid).toBe(process.pid);
  });

  test('another way to write the directory is the same lock, another directory is another', async () => {
    const link = join(directory, 'link');
    const inner = join(directory, 'inner');
    await using lock = await acquireInstanceLock(inner);
    await symlink(inner, link);
    await expect(acquireInstanceLock(link)).rejects.toBeInstanceOf(InstanceLockedError);
    await using other = await acquireInstanceLock(directory);
    expect(other.directory).not.toBe(lock.directory);
  });

  test('publishes addresses and token in a file that only its owner reads, never over the socket', async () => {
    await using lock = await acquireInstanceLock(directory, { instanceId: 'me' });
    await Promise.all([
      lock.publish({ addresses: { http: 'http://127.0.0.1:5001' }, token: 'abc' }),
      lock.publish({ addresses: { feed: 'tcp://127.0.0.1:5556' } }),
    ]);
    expect(await readInstance(directory)).toEqual({
      pid: process.pid,
      instanceId: 'me',
      startedAt: lock.identity.startedAt,
      addresses: { http: 'http://127.0.0.1:5001', feed: 'tcp://127.0.0.1:5556' },
      token: 'abc',
    });
    const { mode } = await stat(join(directory, 'instance.json'));
    if (process.platform !== 'win32') expect(mode & 0o777).toBe(0o600);
    const { path } = await lockAddress(directory);
    const answer = await askSocket(path, 1_000);
    expect(JSON.stringify(answer)).not.toContain('abc');
  });

  test('a file of another instance counts for nothing, and neither does rubbish', async () => {
    await using lock = await acquireInstanceLock(directory, { instanceId: 'me' });
    const stale = { pid: 1, instanceId: 'dead', startedAt: '', addresses: { http: 'http://127.0.0.1:1' } };
    for (const content of [JSON.stringify(stale), '{']) {
      await writeFile(join(directory, 'instance.json'), content);
      expect(await readInstance(directory)).toEqual({ ...lock.identity, addresses: {} });
    }
  });

  test('nobody holds a directory that does not exist', async () => {
    expect(await readInstance(join(directory, randomUUID()))).toBeUndefined();
  });

  test('a released lock publishes nothing more', async () => {
    const lock = await acquireInstanceLock(directory);
    await lock.release();
    await expect(lock.publish({ token: 'late' })).rejects.toThrow(RangeError);
    await expect(stat(join(directory, 'instance.json'))).rejects.toThrow('ENOENT');
  });

  test.skipIf(process.platform !== 'linux')(
    'a holder that does not answer is told as such, and nobody is named for it (skipped: Linux only)',
    async () => {
      const { path } = await lockAddress(directory);
      const mute = createServer((socket) => {
        socket.end();
      });
      await new Promise<void>((resolve) => {
        mute.listen(path, resolve);
      });
      const refused = acquireInstanceLock(directory);
      await expect(refused).rejects.toThrow('a process holds it that does not answer');
      await expect(refused).rejects.toMatchObject({ pid: undefined });
      await expect(readInstance(directory)).rejects.toBeInstanceOf(InstanceLockedError);
      mute.close();
    },
  );
});

test.skipIf(process.platform !== 'linux')(
  'a holder that answers only when it is asked again is named (skipped: Linux only)',
  async () => {
    const { path } = await lockAddress(directory);
    const answers = [
      '',
      '',
      JSON.stringify({ pid: 4711, instanceId: 'slow', startedAt: '2026-01-01T00:00:00.000Z' }),
    ];
    const slow = createServer((socket) => socket.end(answers.shift() ?? ''));
    await new Promise<void>((resolve) => {
      slow.listen(path, resolve);
    });
    await expect(acquireInstanceLock(directory)).rejects.toMatchObject({ pid: 4711 });
    slow.close();
  },
);

test('each platform has an address that the kernel gives back, short enough for a socket', async () => {
  expect(await lockAddress(directory, 'linux')).toMatchObject({
    kind: 'abstract',
    path: expect.stringMatching(/^\0tickwright-[0-9a-f]{32}$/),
  });
  expect(await lockAddress(directory, 'win32')).toMatchObject({
    kind: 'pipe',
    path: expect.stringMatching(/^\\\\\.\\pipe\\tickwright-[0-9a-f]{32}$/),
  });
  const long = join(directory, 'x'.repeat(120));
  const lock = await acquireInstanceLock(long);
  await lock.release();
  expect(await lockAddress(directory, 'darwin')).toMatchObject({ kind: 'file' });
  expect((await lockAddress(long, 'darwin')).path).toMatch(/^\/tmp\/tickwright-[0-9a-f]{32}\.sock$/);
});
