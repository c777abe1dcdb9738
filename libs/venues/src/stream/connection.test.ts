import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { VenueUnreachableError } from '../errors.ts';
import { STREAM_LIMITS } from '../limits.ts';
import { Connection } from './connection.ts';

/** A port on which nobody listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

test.each([
  ['where nobody listens', async () => `ws://127.0.0.1:${await closedPort()}`],
  ['whose name nobody knows', async () => 'ws://venue.invalid'],
])(
  'an address %s fails once: the connection that never opened is not told as lost too',
  async (_where, url) => {
    const told: string[] = [];
    const opening = Connection.open(
      {
        address: { url: await url() },
        clock: systemClock,
        limits: STREAM_LIMITS,
        onOpen: () => told.push('open'),
        onMessage: () => told.push('message'),
        onClosed: (reason) => told.push(reason),
      },
      new AbortController().signal,
    );
    await expect(opening).rejects.toBeInstanceOf(VenueUnreachableError);
    await new Promise((turn) => setImmediate(turn));
    expect(told).toEqual([]);
  },
);
