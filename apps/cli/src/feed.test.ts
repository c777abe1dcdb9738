import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FeedReceiver, topics } from '@tickwright/feed';
import type { FeedEvent } from '@tickwright/feed';
import { instrumentKey } from '@tickwright/market';
import { readInstance, systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  endAll,
  eventually,
  freePorts,
  start,
  takenPort,
  temporaryFolder,
  tickwright,
} from './process-fixture.ts';
import type { Folder } from './process-fixture.ts';

const KEY = instrumentKey('SIM|ALPHA');
const nothing = (): void => undefined;
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

let folder: Folder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  await endAll();
  await folder[Symbol.asyncDispose]();
});

async function feedFlags(): Promise<{ flags: string[]; publish: string; snapshot: string }> {
  const [http = 0, simulator = 0, first = 0, second = 0] = await freePorts(4);
  const [publish, snapshot] = [`tcp://127.0.0.1:${first}`, `tcp://127.0.0.1:${second}`];
  const values = {
    'ingestor.http.port': http,
    'simulator.port': simulator,
    'feed.kind': 'zeromq',
    'feed.publish': publish,
    'feed.snapshot': snapshot,
  };
  const sets = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  return { flags: ['--data-dir', join(folder.path, 'data'), ...sets], publish, snapshot };
}

test('a port of the feed that is taken ends the ingestor with exit code 5, and the message says which', async () => {
  const { flags } = await feedFlags();
  const { server, port } = await takenPort();
  const done = await tickwright('ingest', ...flags, '--set', `feed.snapshot=tcp://127.0.0.1:${port}`);
  server.close();
  expect(done.code).toBe(5);
  expect(done.stderr).toContain(`tcp://127.0.0.1:${port}: the address is taken`);
});

test('an address beyond this machine without keys is exit code 3', async () => {
  const { flags } = await feedFlags();
  const done = await tickwright('ingest', ...flags, '--set', 'feed.publish=tcp://0.0.0.0:1');
  expect(done.code).toBe(3);
  expect(done.stderr).toContain('tickwright feed keys');
});

test('feed keys writes a file of its owner alone, prints the public key, and replaces none', async () => {
  const file = join(folder.path, 'keys.json');
  const done = await tickwright('feed', 'keys', file, '--json');
  expect(done.code).toBe(0);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    publicKey: JSON.parse(done.stdout).publicKey,
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await tickwright('feed', 'keys', file)).code).toBe(3);
});

test('an ingestor that is killed and comes back is followed without a word: all is told anew, ticks go on', async () => {
  const { flags, publish, snapshot } = await feedFlags();
  start('start', ...flags);
  const stop = new AbortController();
  const wanted = [topics.tick(KEY), topics.candle('1m', KEY)];
  const addresses = { publish, snapshot };
  const options = { ...addresses, topics: wanted, history: 10, staleAfterMs: 400, clock: systemClock, log };
  await using receiver = FeedReceiver.connect({ ...options, signal: stop.signal });
  const events: FeedEvent[] = [];
  const reading = (async () => {
    for await (const event of receiver) events.push(event);
  })();
  const count = (type: FeedEvent['type']): number => events.filter((event) => event.type === type).length;
  await eventually('ticks', () => count('ticks') > 3 || undefined);
  const pid = await eventually('an ingestor', async () => {
    const found = await readInstance(join(folder.path, 'data', 'ingestor'));
    return found?.pid;
  });
  const before = count('ticks');
  process.kill(pid, 'SIGKILL');
  await eventually('staleness', () => count('stale') > 0 || undefined);
  await eventually(
    'a new epoch',
    () => events.some((event) => event.type === 'resync' && event.reason === 'epoch') || undefined,
  );
  await eventually('more ticks', () => count('ticks') > before + 3 || undefined);
  stop.abort();
  await reading;
  expect(receiver.counts.missed).toBe(0);
  // Within an epoch each topic's messages come once, in order.
  const last = new Map<string, number>();
  for (const event of events) {
    if (event.type !== 'ticks') continue;
    expect(event.sequence).toBeGreaterThan(last.get(event.epoch) ?? 0);
    last.set(event.epoch, event.sequence);
  }
  expect(last.size).toBe(2);
});
