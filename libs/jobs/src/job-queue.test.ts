import { afterEach, expect, test } from 'vitest';
import { JobHopelessError, JobLeaseLostError, JobSpecError, JobStateError } from './errors.ts';
import type { Lease } from './lease.ts';
import { QueueRig, removeFolders } from './queue-fixture.ts';

afterEach(removeFolders);

const work = { worker: 'host:1:a', kinds: ['do'] };
const MINUTE_MICROS = 60_000_000;

async function leased(rig: QueueRig): Promise<Lease> {
  const lease = await rig.queue.lease(work);
  if (lease === undefined) throw new Error('there was no job to lease');
  return lease;
}

function states(rig: QueueRig, run: string): Record<string, string> {
  return Object.fromEntries(rig.queue.view.jobs({ run }).map((job) => [job.key, job.state]));
}

test('a job is lent when all it depends on has succeeded, in the order of enqueuing', async () => {
  await using rig = await QueueRig.open();
  const run = await rig.queue.enqueue({
    name: 'r',
    jobs: [
      { key: 'c', kind: 'do', dependsOn: ['a', 'b'] },
      { key: 'a', kind: 'do', input: { of: 1 } },
      { key: 'b', kind: 'do' },
    ],
  });
  expect(states(rig, run)).toEqual({ a: 'ready', b: 'ready', c: 'waiting' });
  const a = await leased(rig);
  expect(a).toMatchObject({ job: `${run}/a`, input: { of: 1 }, tries: 1 });
  const b = await leased(rig);
  expect(await rig.queue.lease(work)).toBeUndefined();
  await rig.queue.complete(a, 'fine');
  expect(states(rig, run)).toEqual({ a: 'succeeded', b: 'running', c: 'waiting' });
  await rig.queue.complete(b);
  const c = await leased(rig);
  expect(c.job).toBe(`${run}/c`);
  await rig.queue.complete(c);
  expect(rig.queue.view.run(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: 3 } });
  expect(rig.queue.view.job(`${run}/a`).result).toBe('fine');
});

test('what was enqueued, done and failed is there after the process has ended without a word', async () => {
  await using rig = await QueueRig.open();
  const run = await rig.queue.enqueue({
    name: 'r',
    jobs: [
      { key: 'a', kind: 'do' },
      { key: 'b', kind: 'do', retry: { maxTries: 1 } },
      { key: 'c', kind: 'do' },
      { key: 'd', kind: 'do', dependsOn: ['b'] },
    ],
  });
  await rig.queue.complete(await leased(rig), { rows: 3 });
  await rig.queue.fail(await leased(rig), new Error('no such thing'));
  const c = await leased(rig);
  await rig.queue.progress(c, { done: 1, total: 4 });
  const before = rig.queue.view.jobs({ run }).filter(({ key }) => key !== 'c');
  await rig.reopen();
  expect(rig.queue.view.jobs({ run }).filter(({ key }) => key !== 'c')).toEqual(before);
  expect(states(rig, run)).toEqual({ a: 'succeeded', b: 'failed', c: 'ready', d: 'skipped' });
  expect(rig.queue.view.job(`${run}/d`).reason).toBe('it depends on b, which is failed');
  expect(rig.queue.view.job(`${run}/c`)).toMatchObject({
    progress: { done: 1, total: 4 },
    reason: 'its process has ended',
  });
});

test('a lease that is lost cannot complete its job, nor renew, nor fail it', async () => {
  await using rig = await QueueRig.open();
  const run = await rig.queue.enqueue({ name: 'r', jobs: [{ key: 'a', kind: 'do' }] });
  const first = await leased(rig);
  await rig.clock.advance(30_001);
  await rig.queue.releaseExpired();
  expect(first.signal.aborted).toBe(true);
  const second = await leased(rig);
  await expect(rig.queue.complete(first)).rejects.toThrow(JobLeaseLostError);
  await expect(rig.queue.renew(first)).rejects.toThrow(JobLeaseLostError);
  await expect(rig.queue.fail(first, new Error('x'))).rejects.toThrow(JobLeaseLostError);
  expect(second.signal.aborted).toBe(false);
  await rig.queue.complete(second);
  expect(rig.queue.view.job(`${run}/a`)).toMatchObject({ state: 'succeeded', tries: 2, failures: 0 });
});

test('a lease that is renewed does not run out, and a wall clock that is set takes none away', async () => {
  await using rig = await QueueRig.open();
  await rig.queue.enqueue({ name: 'r', jobs: [{ key: 'a', kind: 'do' }] });
  const lease = await leased(rig);
  await rig.clock.advance(20_000);
  await rig.queue.renew(lease);
  await rig.clock.advance(20_000);
  rig.clock.set(rig.clock.nowMicros() + 3_600_000_000);
  await rig.queue.releaseExpired();
  expect(lease.signal.aborted).toBe(false);
  await rig.queue.complete(lease);
});

test('a job that failed waits longer each time and is given up when its failures are used up', async () => {
  await using rig = await QueueRig.open();
  const retry = { maxTries: 3, minDelayMs: 1_000, maxDelayMs: 60_000 };
  const run = await rig.queue.enqueue({ name: 'r', jobs: [{ key: 'a', kind: 'do', retry }] });
  const waits: number[] = [];
  for (let i = 0; i < 2; i++) {
    await rig.queue.fail(await leased(rig), new Error('busy'));
    expect(states(rig, run)).toEqual({ a: 'delayed' });
    expect(await rig.queue.lease(work)).toBeUndefined();
    const due = rig.queue.nextDueMs(['do']) ?? -1;
    waits.push(due);
    await rig.clock.advance(due);
  }
  expect(waits).toEqual([1_500, 2_500]);
  await rig.queue.fail(await leased(rig), new Error('busy'));
  expect(rig.queue.view.job(`${run}/a`)).toMatchObject({ state: 'failed', reason: 'busy', failures: 3 });
});

test('a wall clock that is set back does not put a try off beyond its longest wait', async () => {
  await using rig = await QueueRig.open();
  await rig.queue.enqueue({ name: 'r', jobs: [{ key: 'a', kind: 'do' }] });
  await rig.queue.fail(await leased(rig), new Error('busy'));
  rig.clock.set(rig.clock.nowMicros() - 60 * MINUTE_MICROS);
  expect(await rig.queue.lease(work)).toBeDefined();
});

test('a hopeless failure is not tried again, and a manual retry starts the count anew and frees what was skipped', async () => {
  await using rig = await QueueRig.open();
  const run = await rig.queue.enqueue({
    name: 'r',
    jobs: [
      { key: 'a', kind: 'do' },
      { key: 'b', kind: 'do', dependsOn: ['a'] },
    ],
  });
  await rig.queue.fail(await leased(rig), new JobHopelessError('unknown instrument'));
  expect(states(rig, run)).toEqual({ a: 'failed', b: 'skipped' });
  expect(rig.queue.view.runState(run)).toBe('failed');
  await expect(rig.queue.retry(`${run}/b`)).rejects.toThrow(JobStateError);
  await rig.queue.retry(run);
  expect(states(rig, run)).toEqual({ a: 'ready', b: 'waiting' });
  await rig.queue.complete(await leased(rig));
  await rig.queue.complete(await leased(rig));
  expect(rig.queue.view.runState(run)).toBe('succeeded');
});

test('a job that was expanded has succeeded when all below it has, and what depends on it waits for that', async () => {
  await using rig = await QueueRig.open();
  const run = await rig.queue.enqueue({
    name: 'recovery',
    jobs: [
      { key: 'BINANCE|BTCUSDT', kind: 'do' },
      { key: 'coverage', kind: 'do', dependsOn: ['BINANCE|BTCUSDT'] },
    ],
  });
  const above = await leased(rig);
  const chunks = { name: 'chunks', jobs: [{ key: '1', kind: 'chunk' }] };
  const below = await rig.queue.expand(above, chunks);
  expect(await rig.queue.expand(above, chunks)).toBe(below);
  await rig.queue.complete(above);
  expect(states(rig, run)).toEqual({ 'BINANCE|BTCUSDT': 'expanded', coverage: 'waiting' });
  const chunk = await rig.queue.lease({ worker: 'w', kinds: ['chunk'] });
  if (chunk === undefined) throw new Error('no chunk');
  // Sub-runs of sub-runs, known again by another process.
  await rig.queue.expand(chunk, { name: 'deeper', jobs: [{ key: 'x', kind: 'do' }] });
  await rig.queue.complete(chunk);
  await rig.reopen();
  expect(states(rig, run)).toEqual({ 'BINANCE|BTCUSDT': 'expanded', coverage: 'waiting' });
  expect(rig.queue.view.children(above.job).map(({ id, state }) => [id, state])).toEqual([
    [`${below}/1`, 'expanded'],
  ]);
  await rig.queue.complete(await leased(rig));
  expect(states(rig, run)).toEqual({ 'BINANCE|BTCUSDT': 'succeeded', coverage: 'ready' });
  const tree = rig.queue.view.hierarchy(run);
  expect(tree.jobs[0]?.runs[0]).toMatchObject({ parentJob: above.job, parentRun: run, state: 'succeeded' });
  expect(tree.jobs[0]?.runs[0]?.jobs[0]?.runs[0]?.jobs[0]).toMatchObject({ key: 'x', state: 'succeeded' });
});

test('a failure below makes the job above failed, and retrying the run heals both', async () => {
  await using rig = await QueueRig.open();
  const run = await rig.queue.enqueue({ name: 'r', jobs: [{ key: 'a', kind: 'do' }] });
  const above = await leased(rig);
  await rig.queue.expand(above, { name: 'parts', jobs: [{ key: '1', kind: 'do', retry: { maxTries: 1 } }] });
  await rig.queue.complete(above);
  await rig.queue.fail(await leased(rig), new Error('HTTP 500'));
  expect(rig.queue.view.job(`${run}/a`)).toMatchObject({ state: 'failed', reason: 'its run parts failed' });
  await rig.queue.retry(run);
  await rig.queue.complete(await leased(rig));
  expect(rig.queue.view.runState(run)).toBe('succeeded');
});

test('cancelling a run ends what runs, what waits and what is below, and leaves what has ended', async () => {
  await using rig = await QueueRig.open();
  const run = await rig.queue.enqueue({
    name: 'r',
    jobs: [
      { key: 'done', kind: 'do' },
      { key: 'running', kind: 'do' },
      { key: 'expanded', kind: 'do' },
      { key: 'waiting', kind: 'do', dependsOn: ['running'] },
    ],
  });
  await rig.queue.complete(await leased(rig));
  const running = await leased(rig);
  const expanded = await leased(rig);
  const below = await rig.queue.expand(expanded, { name: 'below', jobs: [{ key: 'x', kind: 'do' }] });
  await rig.queue.complete(expanded);
  const ended = rig.queue.ended(run);
  await rig.queue.cancel(run, 'not wanted');
  expect(running.signal.aborted).toBe(true);
  expect(states(rig, run)).toMatchObject({ done: 'succeeded', running: 'cancelled', waiting: 'cancelled' });
  expect(states(rig, below)).toEqual({ x: 'cancelled' });
  expect(['cancelled', 'failed']).toContain(await ended);
  expect(await rig.queue.lease(work)).toBeUndefined();
  await expect(rig.queue.cancel(run, 'again')).rejects.toThrow(JobStateError);
});

test('a run that is there already is not enqueued again, after a restart either', async () => {
  await using rig = await QueueRig.open();
  const spec = { name: 'r', id: 'end-of-day:NSE:2026-11-20', jobs: [{ key: 'a', kind: 'do' }] };
  await rig.queue.enqueue(spec);
  await rig.queue.complete(await leased(rig));
  await rig.reopen();
  expect(await rig.queue.enqueue(spec)).toBe(spec.id);
  expect(await rig.queue.lease(work)).toBeUndefined();
});

test.each([
  [
    'a key twice',
    [
      { key: 'a', kind: 'do' },
      { key: 'a', kind: 'do' },
    ],
    /two of its jobs have the key "a"/,
  ],
  [
    'an unknown dependency',
    [{ key: 'a', kind: 'do', dependsOn: ['b'] }],
    /depends on "b", which is not in it/,
  ],
  [
    'a circle',
    [
      { key: 'a', kind: 'do', dependsOn: ['b'] },
      { key: 'b', kind: 'do', dependsOn: ['a'] },
    ],
    /wait for each other: a, b/,
  ],
  ['nothing', [], /has no jobs/],
  ['no tries', [{ key: 'a', kind: 'do', retry: { maxTries: 0 } }], /tried 0 times/],
])('a run with %s is refused whole', async (_, jobs, message) => {
  await using rig = await QueueRig.open();
  await expect(rig.queue.enqueue({ name: 'r', jobs })).rejects.toThrow(JobSpecError);
  await expect(rig.queue.enqueue({ name: 'r', jobs })).rejects.toThrow(message);
  expect(rig.queue.view.runs()).toEqual([]);
});

test('runs that ended long ago, or are too many, are forgotten; those that go on are not', async () => {
  await using rig = await QueueRig.open({ endedKeptDays: 2, endedRunsMax: 2 });
  const going = await rig.queue.enqueue({ name: 'going', jobs: [{ key: 'x', kind: 'other' }] });
  const run = async (): Promise<string> => {
    const id = await rig.queue.enqueue({ name: 'r', jobs: [{ key: 'a', kind: 'do' }] });
    const lease = await leased(rig);
    await rig.queue.expand(lease, { name: 'below', jobs: [{ key: 'b', kind: 'do' }] });
    await rig.queue.complete(lease);
    await rig.queue.complete(await leased(rig));
    return id;
  };
  const old = await run();
  await rig.clock.advance(3 * 86_400_000);
  const kept = [await run(), await run(), await run()].slice(1);
  await rig.queue.compact();
  expect(rig.queue.view.runs().map(({ id }) => id)).toEqual([going, ...kept]);
  await rig.reopen();
  expect(rig.queue.view.runs().map(({ id }) => id)).toEqual([going, ...kept]);
  expect(rig.queue.view.hasRun(old)).toBe(false);
  const [row] = await rig.database.read('SELECT count(DISTINCT run) AS runs FROM job_events');
  expect(row).toEqual({ runs: 5 });
});

test('a chain of thousands of jobs can be looked at and is done in order', async () => {
  await using rig = await QueueRig.open();
  const jobs = Array.from({ length: 5_000 }, (_, i) => ({
    key: `${i}`,
    kind: 'do',
    dependsOn: i === 0 ? [] : [`${i - 1}`],
  }));
  const run = await rig.queue.enqueue({ name: 'chain', jobs: jobs.toReversed() });
  expect(rig.queue.view.run(run).counts).toEqual({ ready: 1, waiting: 4_999 });
  expect((await leased(rig)).job).toBe(`${run}/0`);
});
