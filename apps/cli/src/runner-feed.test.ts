import { join } from 'node:path';
import { PROTOCOL_VERSION } from '@tickwright/feed';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SendingSide } from '../../../libs/feed/src/feed-fixture.ts';
import { MessageProxy } from '../../../libs/feed/src/message-proxy-fixture.ts';
import { endAll, eventually, freePorts, start, temporaryFolder, tickwright } from './process-fixture.ts';
import type { Command, Folder } from './process-fixture.ts';

const INSTRUMENT = 'SIM|ALPHA';

let folder: Folder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  await endAll();
  await folder[Symbol.asyncDispose]();
});

interface Running {
  readonly command: Command;
  readonly ask: (path: string) => Promise<Record<string, unknown> | undefined>;
}

const flagsOf = (values: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);

/**
 * A runner with a data directory of its own, where no ingestor publishes: what it knows of the market has come over the
 * feed.
 */
function runner(name: string, port: number, settings: Readonly<Record<string, string | number>>): Running {
  const command = start(
    'run',
    '--candles',
    'feed',
    '--instruments',
    INSTRUMENT,
    '--data-dir',
    join(folder.path, name),
    ...flagsOf({ 'runner.http.port': port, ...settings }),
  );
  const ask = async (path: string): Promise<Record<string, unknown> | undefined> => {
    if (command.child.exitCode !== null) throw new Error(`the ${name} runner ended:\n${command.stderr}`);
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    return (await answer?.json()) as Record<string, unknown> | undefined;
  };
  return { command, ask };
}

const priceOf = async ({ ask }: Running): Promise<unknown> => {
  const rows = (await ask('/api/v1/scanner'))?.['rows'] as Record<string, unknown>[] | undefined;
  return rows?.[0]?.['last_price'] ?? undefined;
};

test('a runner with the key of an encrypted feed is told the market; one with another, or none, is told nothing, and says why', async () => {
  const keyFile = join(folder.path, 'keys.json');
  const { publicKey } = JSON.parse((await tickwright('feed', 'keys', keyFile, '--json')).stdout);
  const other = JSON.parse(
    (await tickwright('feed', 'keys', join(folder.path, 'other.json'), '--json')).stdout,
  );
  const [http = 0, simulator = 0, first = 0, second = 0, ...ports] = await freePorts(7);
  const feed = {
    'feed.kind': 'zeromq',
    'feed.publish': `tcp://127.0.0.1:${first}`,
    'feed.snapshot': `tcp://127.0.0.1:${second}`,
  };
  start(
    'start',
    '--no-runner',
    '--data-dir',
    join(folder.path, 'data'),
    ...flagsOf({
      ...feed,
      'ingestor.http.port': http,
      'simulator.port': simulator,
      'feed.keyFile': keyFile,
    }),
  );
  const right = runner('right', ports[0] ?? 0, { ...feed, 'feed.serverPublicKey': publicKey });
  const wrong = runner('wrong', ports[1] ?? 0, { ...feed, 'feed.serverPublicKey': other.publicKey });
  const none = runner('none', ports[2] ?? 0, feed);
  await eventually('a price over the feed', () => priceOf(right));
  const reasons = [
    { running: wrong, reason: /does not let this receiver in: .*key is another.*feed\.serverPublicKey/ },
    { running: none, reason: /does not let this receiver in: it asks for keys.*feed\.serverPublicKey/ },
  ];
  for (const { running, reason } of reasons) {
    const ready = await eventually('why', async () => {
      const answer = await running.ask('/ready');
      return JSON.stringify(answer ?? {}).includes('does not let') ? answer : undefined;
    });
    expect(ready).toMatchObject({ ready: false });
    expect(JSON.stringify(ready)).toMatch(reason);
    expect(running.command.stderr).toMatch(reason);
    expect(await priceOf(running)).toBeUndefined();
  }
  expect(JSON.stringify(await right.ask('/ready'))).not.toContain('does not let');
  expect(await right.ask('/api/v1/overview')).toMatchObject({ candles: { source: 'feed', state: 'live' } });
});

test('a feed of another protocol version ends the runner with exit code 6, and both versions are named', async () => {
  const [port = 0] = await freePorts(1);
  await using sending = await SendingSide.open();
  const { publish, snapshot } = sending.sender.addresses;
  await using proxy = await MessageProxy.open({ from: publish, passes: () => true, changed: ofVersion(7) });
  const { command } = runner('runner', port, {
    'feed.kind': 'zeromq',
    'feed.publish': proxy.address,
    'feed.snapshot': snapshot,
  });
  const done = await command.ended;
  expect(done.code).toBe(6);
  const told = done.stderr.split('\n').filter((line) => line.startsWith('tickwright: '));
  expect(told).toEqual([
    `tickwright: the feed at ${proxy.address} speaks protocol version 7, this receiver version ${PROTOCOL_VERSION}: run the same release on both sides`,
  ]);
});

/** The version stands behind the four bytes that every message of a feed begins with, in all versions. */
function ofVersion(version: number): (message: Buffer) => Buffer {
  return (message) => {
    const other = Buffer.from(message);
    other.writeUInt16LE(version, 4);
    return other;
  };
}
