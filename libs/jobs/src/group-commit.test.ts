import { afterEach, expect, test } from 'vitest';
import { openDatabase } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import { ManualClock } from '@tickwright/runtime';
import { join } from 'node:path';
import { JobQueue } from './job-queue.ts';
import { LEASE_MS } from './lease.ts';
import { NOON, QueueRig, quietLog, removeFolders, temporaryFolder } from './queue-fixture.ts';

afterEach(removeFolders);

/** A database that counts its writes, and refuses them while told to. */
class Refusing {
  isRefusing = false;
  writes = 0;
  readonly database: Database;

  constructor(inner: Database) {
    this.database = new Proxy(inner, {
      get: (target, name) => {
        if (name === 'write') {
          return (work: Parameters<Database['write']>[0]) => {
            this.writes += 1;
            return this.isRefusing ? Promise.reject(new Error('no room')) : target.write(work);
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
  }
}

async function open() {
  const path = join(await temporaryFolder(), 'state.duckdb');
  const inner = await openDatabase({ path, log: quietLog });
  const refusing = new Refusing(inner);
  const clock = new ManualClock({ startMicros: NOON });
  const queue = await JobQueue.open({ database: refusing.database, clock, log: quietLog });
  return { inner, refusing, queue, clock, [Symbol.asyncDispose]: () => inner.close() };
}

const kinds = ['k'];
const jobs = (count: number) => Array.from({ length: count }, (_, n) => ({ key: `${n}`, kind: 'k' }));

test('what many workers ask for at once is stored together, in the order in which it was decided', async () => {
  await using rig = await open();
  const { queue, refusing } = rig;
  await queue.enqueue({ id: 'run', name: 'run', jobs: jobs(40) });
  refusing.writes = 0;
  const leases = await Promise.all(jobs(40).map(({ key }) => queue.lease({ worker: key, kinds })));
  expect(leases.map((lease) => lease?.job)).toEqual(jobs(40).map(({ key }) => `run/${key}`));
  await Promise.all(leases.map(async (lease) => lease && queue.complete(lease)));
  expect(queue.view.runState('run')).toBe('succeeded');
  expect(refusing.writes).toBeLessThan(10);
  const [row] = await rig.inner.read('SELECT count(*) AS n, max(sequence) AS last FROM job_events');
  expect([Number(row?.['n']), Number(row?.['last'])]).toEqual([81, 81]);
});

test('a change that could not be stored is none, nor is what was decided on it; memory is what is stored again', async () => {
  await using rig = await open();
  const { queue, refusing } = rig;
  await queue.enqueue({ id: 'run', name: 'run', jobs: [...jobs(2)] });
  const lease = await queue.lease({ worker: 'a', kinds });
  if (lease === undefined) throw new Error('nothing was lent');
  refusing.isRefusing = true;
  const changes = await Promise.allSettled([
    queue.complete(lease),
    queue.lease({ worker: 'b', kinds }),
    queue.enqueue({ id: 'other', name: 'other', jobs: jobs(1) }),
  ]);
  expect(changes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  refusing.isRefusing = false;
  // The lease is still good, and the other job is lent once.
  await queue.complete(lease);
  expect(queue.view.hasRun('other')).toBe(false);
  const second = await queue.lease({ worker: 'b', kinds });
  expect(second?.job).toBe('run/1');
  expect(await queue.lease({ worker: 'c', kinds })).toBeUndefined();
});

test('a job whose completion could not be stored is lent again when its worker says nothing more', async () => {
  await using rig = await open();
  const { queue, refusing, clock } = rig;
  await queue.enqueue({ id: 'run', name: 'run', jobs: jobs(1) });
  const lease = await queue.lease({ worker: 'a', kinds });
  if (lease === undefined) throw new Error('nothing was lent');
  refusing.isRefusing = true;
  await expect(queue.complete(lease)).rejects.toThrow('no room');
  refusing.isRefusing = false;
  expect(await queue.lease({ worker: 'b', kinds })).toBeUndefined();
  await clock.advance(LEASE_MS + 1);
  await queue.releaseExpired();
  expect((await queue.lease({ worker: 'b', kinds }))?.job).toBe('run/0');
});

test('runs are forgotten while jobs are enqueued and done, and none of these is lost by it', async () => {
  await using rig = await QueueRig.open({ endedRunsMax: 1 });
  const { queue } = rig;
  const done = async (id: string): Promise<void> => {
    await queue.enqueue({ id, name: id, jobs: jobs(1) });
    const lease = await queue.lease({ worker: id, kinds });
    if (lease !== undefined) await queue.complete(lease);
  };
  await Promise.all(
    Array.from({ length: 12 }, async (_, n) => {
      await done(`run ${n}`);
      await queue.compact();
    }),
  );
  await queue.compact();
  await rig.reopen();
  expect(rig.queue.view.runs()).toHaveLength(1);
  expect(rig.queue.view.jobs().map(({ state }) => state)).toEqual(['succeeded']);
});
