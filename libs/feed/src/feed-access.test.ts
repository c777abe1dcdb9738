import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '@tickwright/runtime';
import { afterEach, expect, test } from 'vitest';
import { Publisher } from 'zeromq';
import { makeFeedKeys } from './curve.ts';
import { FeedAddressError, FeedAddressTakenError, FeedKeysError, FeedVersionError } from './feed-errors.ts';
import { ReceivingSide, SendingSide, eventually, quiet } from './feed-fixture.ts';
import { isLocal } from './feed-address.ts';
import { loadFeedKeys, writeFeedKeyFile } from './key-file.ts';
import { MessageProxy } from './message-proxy-fixture.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

test('an address that is taken is an error of exit code 5, and no other port is tried', async () => {
  await using first = await SendingSide.open();
  const { publish, snapshot } = first.sender.addresses;
  const again = SendingSide.open({ publish });
  await expect(again).rejects.toBeInstanceOf(FeedAddressTakenError);
  await expect(SendingSide.open({ snapshot })).rejects.toMatchObject({
    exitCode: 5,
    code: 'feed-address-taken',
  });
});

test('an address that reaches beyond this machine is refused without keys, on both sides', async () => {
  for (const publish of ['tcp://0.0.0.0:5556', 'tcp://*:5556', 'tcp://192.0.2.1:5556', 'tcp://eth0:5556']) {
    await expect(SendingSide.open({ publish })).rejects.toMatchObject({ code: 'feed-address', exitCode: 3 });
    expect(() => new ReceivingSide({ publish, snapshot: 'tcp://127.0.0.1:1' })).toThrow(FeedAddressError);
  }
  for (const address of [
    'tcp://127.0.0.1:1',
    'tcp://127.9.9.9:*',
    'tcp://localhost:1',
    'tcp://[::1]:1',
    'ipc:///x',
  ])
    expect(isLocal(address)).toBe(true);
});

test('with keys the right one gets everything and a wrong one nothing', async () => {
  const pair = makeFeedKeys();
  await using sending = await SendingSide.open({ keys: { pair } });
  const { addresses } = sending.sender;
  await using right = new ReceivingSide({ ...addresses, keys: { serverPublicKey: pair.publicKey } });
  await using wrong = new ReceivingSide({
    ...addresses,
    keys: { serverPublicKey: makeFeedKeys().publicKey },
  });
  await using none = new ReceivingSide(addresses);
  await right.until(() => right.hasSeen('live'));
  sending.ticks(1);
  await right.until(() => right.prices().length === 1);
  await eventually(() => right.receiver.counts.heartbeats > 10);
  for (const { receiver, events } of [wrong, none]) {
    expect(receiver.counts).toMatchObject({ messages: 0, resyncs: 0 });
    expect(events.filter(({ type }) => type !== 'stale')).toEqual([]);
  }
  expect(right.receiver.health().refused).toBeUndefined();
  for (const { receiver } of [wrong, none]) await eventually(() => receiver.health().refused !== undefined);
  expect(wrong.receiver.health().refused).toMatch(
    /does not let this receiver in.*key is another.*serverPublicKey/,
  );
  expect(none.receiver.health().refused).toMatch(
    /does not let this receiver in.*asks for keys.*serverPublicKey/,
  );
});

test('who is refused is let in once both sides are configured alike, without a restart of its own', async () => {
  const pair = makeFeedKeys();
  const keys = { serverPublicKey: pair.publicKey };
  const said: string[] = [];
  const log = { ...quiet, warn: (_: object, message: string) => said.push(message) } as unknown as Log;
  let sending = await SendingSide.open();
  const { addresses } = sending.sender;
  await using receiving = new ReceivingSide({ ...addresses, keys, log });
  await eventually(() => receiving.receiver.health().refused !== undefined);
  expect(said).toEqual([expect.stringMatching(/keys are configured and it has none/)]);
  await sending[Symbol.asyncDispose]();
  sending = await SendingSide.again({ ...addresses, keys: { pair } });
  await receiving.until(() => receiving.hasSeen('live'));
  expect(receiving.receiver.health().refused).toBeUndefined();
  await sending[Symbol.asyncDispose]();
});

test('with a list of keys only those are let in', async () => {
  const pair = makeFeedKeys();
  const [known, stranger] = [makeFeedKeys(), makeFeedKeys()];
  await using sending = await SendingSide.open({ keys: { pair }, allowedKeys: [known.publicKey] });
  const { addresses } = sending.sender;
  const serverPublicKey = pair.publicKey;
  await using right = new ReceivingSide({ ...addresses, keys: { serverPublicKey, pair: known } });
  await using wrong = new ReceivingSide({ ...addresses, keys: { serverPublicKey, pair: stranger } });
  // The sender's owner, a runner beside it say, has the sender's pair.
  await using owner = new ReceivingSide({ ...addresses, keys: { pair } });
  await right.until(() => right.hasSeen('live'));
  await owner.until(() => owner.hasSeen('live'));
  await eventually(() => right.receiver.counts.heartbeats > 10);
  expect(wrong.receiver.counts).toMatchObject({ messages: 0, resyncs: 0 });
  await eventually(() => wrong.receiver.health().refused !== undefined);
  expect(wrong.receiver.health().refused).toMatch(/not on the sender's list.*feed\.allowedKeys/);
});

test('a sender of another protocol version is an error that names both', async () => {
  await using sending = await SendingSide.open();
  await using proxy = await MessageProxy.open({
    from: sending.sender.addresses.publish,
    passes: () => true,
    changed: (message) => {
      const other = Buffer.from(message);
      other.writeUInt16LE(7, 4);
      return other;
    },
  });
  await using receiving = new ReceivingSide({ ...sending.sender.addresses, publish: proxy.address });
  await eventually(() => receiving.failure !== undefined);
  expect(receiving.failure).toBeInstanceOf(FeedVersionError);
  expect(receiving.failure).toMatchObject({ ours: 2, theirs: 7, exitCode: 6 });
  expect(String(receiving.failure)).toMatch(/version 7.*version 2/);
});

test('what is not of the feed is counted and otherwise let be', async () => {
  await using sending = await SendingSide.open();
  await using stranger = await StrangePublisher.open();
  await using receiving = new ReceivingSide({ ...sending.sender.addresses, publish: stranger.address });
  await eventually(() => {
    stranger.send();
    return receiving.receiver.counts.malformed > 3;
  });
  expect(receiving.failure).toBeUndefined();
});

test('keys are written to a file of their owner alone, once, and read back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tickwright-keys-'));
  folders.push(folder);
  const keyFile = join(folder, 'keys.json');
  const { publicKey } = await writeFeedKeyFile(keyFile);
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  expect((await loadFeedKeys({ keyFile }))?.pair?.publicKey).toBe(publicKey);
  await expect(writeFeedKeyFile(keyFile)).rejects.toBeInstanceOf(FeedKeysError);
  const open = join(folder, 'open.json');
  await writeFile(open, await readFile(keyFile), { mode: 0o644 });
  await expect(loadFeedKeys({ keyFile: open })).rejects.toThrow('chmod 600');
  expect(await loadFeedKeys({})).toBeUndefined();
});

/** Publishes what is no message of ours, under topics that are. */
class StrangePublisher implements AsyncDisposable {
  static async open(): Promise<StrangePublisher> {
    const socket = new Publisher({ linger: 0, sendTimeout: 0 });
    await socket.bind('tcp://127.0.0.1:*');
    return new StrangePublisher(socket);
  }

  private constructor(readonly socket: Publisher) {}

  get address(): string {
    return this.socket.lastEndpoint ?? '';
  }

  send(): void {
    void this.socket.send(['heartbeat/', 'hello']);
    void this.socket.send(['status/', Buffer.alloc(80)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
  }
}
