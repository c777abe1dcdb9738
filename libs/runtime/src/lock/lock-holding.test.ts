import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holdLock } from './lock-holding.ts';
import { askSocket } from './lock-server.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-holding-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const HAS_LOCKING_OPEN = ['darwin', 'freebsd', 'openbsd', 'netbsd'].includes(process.platform);

/** What macOS and the BSDs use. Other Unixes open the file without locking it; the answering is the same on all. */
describe.skipIf(process.platform === 'win32')('a lock held by a file (skipped: Windows uses a pipe)', () => {
  const address = () => ({
    kind: 'file' as const,
    path: join(directory, 'instance.sock'),
    lockFile: join(directory, 'instance.lock'),
  });

  test('answers who holds it, and nobody after its release', async () => {
    const held = await holdLock(address(), 'me');
    expect(await askSocket(address().path, 1_000)).toEqual({ kind: 'text', text: 'me' });
    await held?.release();
    expect(await askSocket(address().path, 1_000)).toEqual({ kind: 'nobody' });
  });

  test('takes the place of a socket that a dead holder left behind', async () => {
    await writeFile(address().path, '');
    const held = await holdLock(address(), 'next');
    expect(await askSocket(address().path, 1_000)).toEqual({ kind: 'text', text: 'next' });
    await held?.release();
  });

  test.skipIf(!HAS_LOCKING_OPEN)('excludes a second holder (skipped: only where open can lock)', async () => {
    const held = await holdLock(address(), 'first');
    expect(await holdLock(address(), 'second')).toBeUndefined();
    await held?.release();
    const next = await holdLock(address(), 'next');
    expect(next).toBeDefined();
    await next?.release();
  });
});

test('a socket that answers without end is none of ours and is reported as silent', async () => {
  const path =
    process.platform === 'win32' ? `\\\\.\\pipe\\busy-${process.pid}` : join(directory, 'busy.sock');
  const held = await holdLock({ kind: 'pipe', path }, 'x'.repeat(100_000));
  // More than any identity: what answers like this is none of ours.
  expect(await askSocket(path, 1_000)).toEqual({ kind: 'silent' });
  await held?.release();
});
