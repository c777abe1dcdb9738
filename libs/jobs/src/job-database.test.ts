import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Log } from '@tickwright/runtime';
import { openJobDatabase } from './job-database.ts';
import { quietLog } from './queue-fixture.ts';

test('a queue in memory for several workers is moved to a temporary file, which the log says and which is gone afterwards', async () => {
  const lines: string[] = [];
  const log: Log = { ...quietLog, warn: (_, message) => lines.push(message) };
  const moved = await openJobDatabase({ path: ':memory:', workers: 2, log });
  expect(moved.path).not.toBe(':memory:');
  await moved.database.write((tx) => tx.run('CREATE TABLE t(a INT)'));
  expect((await stat(moved.path)).isFile()).toBe(true);
  await moved[Symbol.asyncDispose]();
  await expect(stat(moved.path)).rejects.toThrow('ENOENT');
  expect(lines).toEqual(['a job queue in memory for several workers was moved to a temporary file']);
});

test.each([
  { workers: 1, forceMemory: false },
  { workers: 3, forceMemory: true },
])('one worker, or force, leaves it in memory: %o', async (options) => {
  await using kept = await openJobDatabase({ path: ':memory:', log: quietLog, ...options });
  expect(kept.path).toBe(':memory:');
});
