import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { checkClock } from './clock-check.ts';
import { checkPort } from './port-check.ts';

/** A venue whose clock is off by so much. */
async function venue(offMs: number): Promise<AsyncDisposable & { port: number }> {
  const server = createServer((_, answer) => {
    answer.end(JSON.stringify({ serverTime: Date.now() + offMs }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { port, [Symbol.asyncDispose]: close };
}

const time = (port: number) =>
  ({ venue: 'v', url: `http://127.0.0.1:${port}/api/v3/time`, kind: 'json' }) as const;

test('a clock that agrees with the venue is well, one that is off is a warning, then an error', async () => {
  for (const [offMs, severity] of [
    [0, 'ok'],
    [20_000, 'warning'],
    [-20_000, 'warning'],
    [3_600_000, 'error'],
  ] as const) {
    await using server = await venue(offMs);
    expect(await checkClock(time(server.port), systemClock)).toMatchObject({ severity });
  }
});

test('a venue that is not reached is a note, no fault', async () => {
  const { port } = await venue(0).then(async (server) => {
    await server[Symbol.asyncDispose]();
    return server;
  });
  expect(await checkClock(time(port), systemClock)).toMatchObject({ severity: 'note' });
});

test('a port that something else holds is an error, unless our own instance does', async () => {
  await using server = await venue(0);
  const use = { name: 'HTTP', host: '127.0.0.1', port: server.port };
  expect(await checkPort({ ...use, isOurs: false })).toMatchObject({ severity: 'error' });
  expect(await checkPort({ ...use, isOurs: true })).toMatchObject({ severity: 'ok' });
});
