import { afterEach, expect, test } from 'vitest';
import type { RouteRequest } from '@tickwright/http';
import { systemClock } from '@tickwright/runtime';
import { Rig, quietLog, removeFolders } from '../core-fixture.ts';
import { jobRoutes } from './job-routes.ts';
import { Jobs } from './jobs.ts';

afterEach(removeFolders);

/** Asks a route as the server would, parameters checked. */
function asking(jobs: Jobs): (path: string, query?: RouteRequest['query']) => Promise<unknown> {
  const routes = jobRoutes(() => jobs.queue);
  return async (path, query = {}) => {
    const route = routes.find((each) => each.path === path);
    const { signal } = new AbortController();
    return route?.handler({ query, params: {}, body: undefined, signal });
  };
}

test('jobs are listed, shown as a tree, cancelled and tried anew; what cannot be is told as HTTP has it', async () => {
  await using rig = await Rig.open();
  await using jobs = await Jobs.open({
    database: rig.core.stateDatabase,
    clock: systemClock,
    log: quietLog,
  });
  const ask = asking(jobs);
  expect(await ask('/api/v1/jobs')).toEqual({ runs: [] });
  const run = await jobs.queue.enqueue({ name: 'one', id: 'one', jobs: [{ key: 'SIM|A', kind: 'look' }] });
  const id = 'one/SIM|A';
  expect(await ask('/api/v1/jobs', { run })).toMatchObject({ jobs: [{ id, state: 'ready' }] });
  expect(await ask('/api/v1/jobs', { state: 'failed' })).toEqual({ jobs: [] });
  expect(await ask('/api/v1/jobs/tree')).toMatchObject({ runs: [{ id: 'one', jobs: [{ id, runs: [] }] }] });
  expect(await ask('/api/v1/jobs/cancel', { id })).toEqual({ id, done: 'cancel' });
  expect(await ask('/api/v1/jobs', { run })).toMatchObject({
    jobs: [{ state: 'cancelled', reason: 'asked for' }],
  });
  await expect(ask('/api/v1/jobs/cancel', { id })).rejects.toMatchObject({ status: 409 });
  expect(await ask('/api/v1/jobs/retry', { id: 'one' })).toEqual({ id: 'one', done: 'retry' });
  expect(await ask('/api/v1/jobs', { run })).toMatchObject({ jobs: [{ state: 'ready' }] });
  await expect(ask('/api/v1/jobs/retry', { id: 'none' })).rejects.toMatchObject({ status: 404 });
  await expect(ask('/api/v1/jobs/tree', { run: 'none' })).rejects.toMatchObject({ status: 404 });
});
