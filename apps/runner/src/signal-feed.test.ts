import { FeedReceiver, topics } from '@tickwright/feed';
import type { FeedEvent } from '@tickwright/feed';
import { instrumentKey } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { decimal } from '@tickwright/trading';
import type { EngineConfig, Signal } from '@tickwright/trading';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SignalFeed } from './signal-feed.ts';

const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
const ANY = 'tcp://127.0.0.1:*';
const ALPHA = instrumentKey('SIM|ALPHA');
// Of a plan the feed looks at the strategies' names and intervals alone.
const plan = { strategies: [{ id: 'cross@1m', interval: '1m' }] } as unknown as EngineConfig;
const options = { plan, instruments: () => [], lastSeq: () => 7, version: '0', clock: systemClock, log };

let feed: SignalFeed;
const ended: (() => Promise<void>)[] = [];

beforeEach(async () => {
  feed = await SignalFeed.open({ publish: ANY, snapshot: ANY }, options);
});

afterEach(async () => {
  for (const end of ended.splice(0)) await end();
  await feed[Symbol.asyncDispose]();
});

function signal(number: number): Signal {
  return {
    id: `s-${number}`,
    seq: 5,
    strategy: 'cross@1m',
    instrument: ALPHA,
    interval: '1m',
    direction: 'long',
    confidence: 0.75,
    reason: 'crossed',
    candleOpenMicros: 60e6,
    candleCloseMicros: 120e6,
    candleVersion: 3,
    price: decimal('101.5'),
    timeMicros: 120_000_100,
    outcome: 'ordered',
    note: '',
    orderIds: ['o-1'],
  };
}

/** A receiver and what it has handed on. */
function listen(): FeedEvent[] {
  const receiver = FeedReceiver.connect({
    ...feed.addresses,
    topics: [topics.signal()],
    clock: systemClock,
    log,
  });
  const events: FeedEvent[] = [];
  const reading = (async () => {
    for await (const event of receiver) events.push(event);
  })();
  ended.push(async () => {
    await receiver[Symbol.asyncDispose]();
    await reading;
  });
  return events;
}

const signalsOf = (events: readonly FeedEvent[]): object[] =>
  events.flatMap((event) => (event.type === 'signal' ? [event] : []));

const isLive = (events: readonly FeedEvent[]): boolean => events.some(({ type }) => type === 'live');

test('signals come numbered, each once, with all that the ledger has of them', async () => {
  const events = listen();
  await vi.waitFor(() => expect(isLive(events)).toBe(true), { timeout: 20_000 });
  feed.send(signal(1));
  feed.send(signal(2));
  await vi.waitFor(() => expect(signalsOf(events)).toHaveLength(2), { timeout: 20_000 });
  expect(signalsOf(events)).toMatchObject([
    {
      topic: 'signal/cross@1m/',
      sequence: 1,
      offset: 7,
      durableOffset: 7,
      signal: {
        id: 's-1-120000100',
        direction: 'long',
        confidence: 0.75,
        details: { signal: 's-1', reason: 'crossed', price: '101.5', outcome: 'ordered', orderIds: ['o-1'] },
      },
    },
    { sequence: 2, signal: { id: 's-2-120000100' } },
  ]);
  expect(events.find(({ type }) => type === 'status')).toMatchObject({
    status: { sender: 'runner', intervals: ['1m'] },
  });
});

test('who joins late is told no old signal as news, and of the next ones misses none', async () => {
  feed.send(signal(1));
  const events = listen();
  await vi.waitFor(() => expect(isLive(events)).toBe(true), { timeout: 20_000 });
  feed.send(signal(2));
  await vi.waitFor(() => expect(signalsOf(events)).toMatchObject([{ sequence: 2 }]), { timeout: 20_000 });
  expect(events.some(({ type }) => type === 'missed')).toBe(false);
});

test('a port that is taken is exit code 5, an address beyond this machine without keys 3', async () => {
  const { publish } = feed.addresses;
  await expect(SignalFeed.open({ publish, snapshot: ANY }, options)).rejects.toMatchObject({ exitCode: 5 });
  await expect(SignalFeed.open({ publish: 'tcp://0.0.0.0:1', snapshot: ANY }, options)).rejects.toMatchObject(
    { exitCode: 3 },
  );
});
