import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openDatabase } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import { JobPostponedError } from '@tickwright/jobs';
import { systemClock } from '@tickwright/runtime';
import { quietLog } from '../core-fixture.ts';
import { Jobs } from './jobs.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function stateFile(): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'tickwright-jobs-'));
  folders.push(folder);
  return openDatabase({ path: join(folder, 'state.duckdb'), log: quietLog });
}

/** Runs all services until the work is done. */
async function whileRunning(jobs: Jobs, work: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const running = jobs.services().map((service) => service.run(stop.signal));
  try {
    await work();
  } finally {
    stop.abort(new Error('over'));
    await Promise.all(running);
  }
}

test('a run that is enqueued is done by those who said that they do its kinds, one that is known is not done again', async () => {
  await using database = await stateFile();
  await using jobs = await Jobs.open({ database, clock: systemClock, log: quietLog });
  const done: string[] = [];
  jobs.handle('seal', async ({ job }) => void done.push(job));
  jobs.handle('compare', async ({ job }) => void done.push(job));
  expect(() => jobs.handle('seal', async () => undefined)).toThrow('have a handler already');
  const run = {
    name: 'end of day',
    id: 'end-of-day/2026-11-20',
    jobs: [
      { key: 'compare', kind: 'compare', dependsOn: ['seal'] },
      { key: 'seal', kind: 'seal' },
    ],
  };
  await whileRunning(jobs, async () => {
    expect(await jobs.queue.ended(await jobs.queue.enqueue(run))).toBe('succeeded');
    await jobs.queue.enqueue(run);
  });
  expect(done).toEqual(['end-of-day/2026-11-20/seal', 'end-of-day/2026-11-20/compare']);
});

test('a job that is put off is tried again after its delay, which is no failure', async () => {
  await using database = await stateFile();
  await using jobs = await Jobs.open({ database, clock: systemClock, log: quietLog });
  const times: number[] = [];
  jobs.handle('ask', async ({ tries }) => {
    times.push(systemClock.monotonicMs());
    if (tries < 3) throw new JobPostponedError('the venue wants silence', { delayMs: 50 });
    return 'told';
  });
  await whileRunning(jobs, async () => {
    const run = await jobs.queue.enqueue({
      name: 'one',
      jobs: [{ key: 'ask', kind: 'ask', retry: { maxTries: 1 } }],
    });
    expect(await jobs.queue.ended(run)).toBe('succeeded');
    expect(jobs.queue.view.jobs({ run })).toMatchObject([{ failures: 0, tries: 3, result: 'told' }]);
  });
  expect(times.slice(1).every((time, at) => time - (times[at] ?? 0) >= 49)).toBe(true);
});

test('a schedule enqueues a run at each of its times', async () => {
  await using database = await stateFile();
  await using jobs = await Jobs.open({ database, clock: systemClock, log: quietLog });
  jobs.handle('look', async () => undefined);
  const everySecond = { pattern: '* * * * * *', timeZone: 'Asia/Kolkata' };
  jobs.schedule('look', everySecond, (due) => ({
    name: 'look',
    id: `look/${due}`,
    jobs: [{ key: 'look', kind: 'look' }],
  }));
  await whileRunning(jobs, async () => {
    while (jobs.queue.view.jobs({ state: 'succeeded' }).length === 0) await jobs.queue.changed();
  });
  const [run] = jobs.queue.view.runs();
  expect(Number(run?.id.replace('look/', '')) % 1_000_000).toBe(0);
});
