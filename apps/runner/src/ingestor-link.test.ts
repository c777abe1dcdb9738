import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireInstanceLock, systemClock } from '@tickwright/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { IngestorLink } from './ingestor-link.ts';

const never = new AbortController().signal;

/** An ingestor's place, with a server that answers as told. */
async function scene(answer: RequestListener): Promise<{ link: IngestorLink; server: Server }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ingestor-link-'));
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await mkdir(join(dataDir, 'ingestor'));
  const lock = await acquireInstanceLock(join(dataDir, 'ingestor'));
  await lock.publish({ addresses: { http: `http://127.0.0.1:${port}` } });
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await lock[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true });
  });
  return { link: new IngestorLink({ dataDir, clock: systemClock }), server };
}

test('an ingestor that hangs is down within two seconds, also while a slow question to it is on its way', async () => {
  let isHung = false;
  const { link } = await scene(({ url }, response) => {
    if (isHung || url === '/api/v1/backfill') return;
    response.end(JSON.stringify(url === '/ready' ? { ready: true, reasons: [] } : { phase: 'running' }));
  });
  const ended = new AbortController();
  const slow = link.ask({
    method: 'GET',
    path: '/api/v1/backfill',
    timeoutMs: 600_000,
    signal: ended.signal,
  });
  slow.catch(() => undefined);
  await link.look(never);
  expect(link.view).toMatchObject({ state: 'up', ready: true });
  isHung = true;
  const beganMs = performance.now();
  await link.look(never);
  expect(performance.now() - beganMs).toBeLessThan(2_900);
  expect(link.view).toMatchObject({ state: 'down', reason: 'the ingestor does not answer within 2 s' });
  isHung = false;
  await link.look(never);
  expect(link.view).toMatchObject({ state: 'up', ready: true });
  ended.abort();
  await expect(slow).rejects.toThrow();
});

test('one that answers the first of two questions and hangs at the second is down in the same time', async () => {
  const { link } = await scene(({ url }, response) => {
    const afterMs = url === '/health' ? 1_500 : 60_000;
    setTimeout(() => response.end('{}'), afterMs).unref();
  });
  const beganMs = performance.now();
  await link.look(never);
  expect(performance.now() - beganMs).toBeLessThan(2_900);
  expect(link.view.state).toBe('down');
});

test('one that has died is down at once', async () => {
  const { link, server } = await scene((_, response) => void response.end('{}'));
  await link.look(never);
  expect(link.view.state).toBe('up');
  server.close();
  server.closeAllConnections();
  const beganMs = performance.now();
  await link.look(never);
  expect(performance.now() - beganMs).toBeLessThan(1_000);
  expect(link.view.state).toBe('down');
});
