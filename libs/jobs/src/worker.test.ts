import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '@tickwright/runtime';
import { JobQueue } from './job-queue.ts';
import type { JobSpec } from './job.ts';
import { QueueRig, quietLog, removeFolders } from './queue-fixture.ts';
import { workJobs } from './worker.ts';
import type { JobHandler } from './worker.ts';

afterEach(removeFolders);

/** A queue on the real clock: workers wait for real. */
async function realQueue(rig: QueueRig): Promise<JobQueue> {
  return JobQueue.open({ database: rig.database, clock: systemClock, log: quietLog });
}

function start(
  queue: JobQueue,
  handlers: Record<string, JobHandler>,
  options: { workers?: number; leaseMs?: number } = {},
): AsyncDisposable {
  const stop = new AbortController();
  const { workers = 4 } = options;
  const done = workJobs({
    queue,
    handlers: new Map(Object.entries(handlers)),
    clock: systemClock,
    log: quietLog,
    signal: stop.signal,
    ...options,
    workers,
  });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('stopped'));
      await done;
    },
  };
}

function signalled(): [Promise<void>, () => void] {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return [promise, () => resolve()];
}

test('any graph of jobs with failures on the way is done whole, each job after those it depends on, none twice at a time', async () => {
  const graphs = fc.array(
    fc.record({ before: fc.array(fc.nat(), { maxLength: 3 }), failures: fc.integer({ min: 0, max: 2 }) }),
    { minLength: 1, maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(graphs, fc.integer({ min: 1, max: 5 }), async (graph, workers) => {
      await using rig = await QueueRig.open();
      const queue = await realQueue(rig);
      const jobs: JobSpec[] = graph.map(({ before }, i) => ({
        key: `${i}`,
        kind: 'do',
        input: i,
        dependsOn: i === 0 ? [] : before.map((n) => `${n % i}`),
        retry: { maxTries: 4, minDelayMs: 1, maxDelayMs: 4 },
      }));
      const running = new Set<string>();
      const done: string[] = [];
      const left = graph.map(({ failures }) => failures);
      await using _workers = start(
        queue,
        {
          do: async ({ job, run, input }) => {
            expect(running.has(job)).toBe(false);
            running.add(job);
            const spec = jobs[Number(input)];
            for (const key of spec?.dependsOn ?? []) expect(done).toContain(`${run}/${key}`);
            await new Promise((resolve) => setImmediate(resolve));
            running.delete(job);
            const failures = left[Number(input)] ?? 0;
            left[Number(input)] = failures - 1;
            if (failures > 0) throw new Error('not yet');
            done.push(job);
            return undefined;
          },
        },
        { workers },
      );
      const run = await queue.enqueue({ name: 'r', jobs });
      expect(await queue.ended(run)).toBe('succeeded');
      expect(done.toSorted()).toEqual(jobs.map(({ key }) => `${run}/${key}`).toSorted());
    }),
    { numRuns: 8 },
  );
}, 60_000);

test('one worker alone does jobs that expand into others', async () => {
  await using rig = await QueueRig.open();
  const queue = await realQueue(rig);
  const seen: unknown[] = [];
  await using _workers = start(
    queue,
    {
      instrument: async ({ expand }) => {
        await expand({
          name: 'chunks',
          jobs: [1, 2, 3].map((n) => ({ key: `${n}`, kind: 'chunk', input: n })),
        });
        return undefined;
      },
      chunk: async ({ input, progress }) => {
        progress({ done: 1, total: 1 });
        seen.push(input);
        return { rows: 7 };
      },
    },
    { workers: 1 },
  );
  const run = await queue.enqueue({
    name: 'r',
    jobs: [
      { key: 'a', kind: 'instrument' },
      { key: 'after', kind: 'chunk', input: 'last', dependsOn: ['a'] },
    ],
  });
  expect(await queue.ended(run)).toBe('succeeded');
  expect(seen).toEqual([1, 2, 3, 'last']);
});

test('a job that takes longer than its lease keeps it while its worker lives', async () => {
  await using rig = await QueueRig.open();
  const queue = await realQueue(rig);
  const calls: number[] = [];
  await using _workers = start(
    queue,
    {
      slow: async ({ tries, signal }) => {
        calls.push(tries);
        await systemClock.sleep(900, signal);
        return undefined;
      },
    },
    { leaseMs: 300 },
  );
  const run = await queue.enqueue({ name: 'r', jobs: [{ key: 'a', kind: 'slow' }] });
  expect(await queue.ended(run)).toBe('succeeded');
  expect(calls).toEqual([1]);
});

test('workers that are stopped give back what they had, and it is no failure', async () => {
  await using rig = await QueueRig.open();
  const queue = await realQueue(rig);
  const [isRunning, begin] = signalled();
  const workers = start(queue, {
    long: async ({ signal }) => {
      begin();
      await systemClock.sleep(60_000, signal);
      return undefined;
    },
  });
  const run = await queue.enqueue({ name: 'r', jobs: [{ key: 'a', kind: 'long' }] });
  await isRunning;
  await workers[Symbol.asyncDispose]();
  expect(queue.view.job(`${run}/a`)).toMatchObject({ state: 'ready', tries: 1, failures: 0 });
});

test('a cancelled job is aborted and what it leaves does not count', async () => {
  await using rig = await QueueRig.open();
  const queue = await realQueue(rig);
  const [isRunning, begin] = signalled();
  await using _workers = start(queue, {
    long: async ({ signal }) => {
      begin();
      await systemClock.sleep(60_000, signal).catch(() => undefined);
      return 'done after all';
    },
  });
  const run = await queue.enqueue({ name: 'r', jobs: [{ key: 'a', kind: 'long' }] });
  await isRunning;
  await queue.cancel(run, 'changed my mind');
  expect(await queue.ended(run)).toBe('cancelled');
  const job = queue.view.job(`${run}/a`);
  expect(job).toMatchObject({ state: 'cancelled', reason: 'changed my mind' });
  expect(job.result).toBeUndefined();
});
