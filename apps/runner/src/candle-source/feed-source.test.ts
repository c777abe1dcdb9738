import { randomUUID } from 'node:crypto';
import { FeedSender, goneCandle, topics } from '@tickwright/feed';
import type { FeedCandle } from '@tickwright/feed';
import { instrumentKey } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CandleFold } from './candle-fold.ts';
import { ALPHA, MINUTE, told } from './candle-fixture.ts';
import { FeedSource } from './feed-source.ts';
import { FilesSource } from './files-source.ts';
import { GapTracker } from './gap-tracker.ts';
import { NOW, Published, inHour, quiet } from './published-fixture.ts';

const KEY = instrumentKey(ALPHA);
const TOPIC = topics.candle('1m', KEY);
const SOON = { timeout: 20_000, interval: 10 };

/** An ingestor's feed: what it has told is what its snapshot tells. */
class Sending implements AsyncDisposable {
  readonly #candles: FeedCandle[] = [];
  #sender: FeedSender | undefined;
  #offset = 0;

  async start(addresses = { publish: 'tcp://127.0.0.1:*', snapshot: 'tcp://127.0.0.1:*' }): Promise<void> {
    this.#sender = await FeedSender.bind({
      ...addresses,
      epoch: randomUUID(),
      source: {
        topics: () => [TOPIC],
        state: (topic) => (topic === TOPIC ? { kind: 'candles', candles: this.#candles } : undefined),
      },
      offsets: () => ({ offset: this.#offset, durableOffset: this.#offset }),
      heartbeatMs: 50,
      clock: systemClock,
      log: quiet,
    });
  }

  get addresses(): { readonly publish: string; readonly snapshot: string } {
    return this.#sender?.addresses ?? { publish: '', snapshot: '' };
  }

  /** A minute closes; told at once where anybody is told. */
  close(number: number): void {
    const openMicros = NOW + number * MINUTE;
    this.#offset = number + 2;
    const candle: FeedCandle = {
      openMicros,
      closeMicros: openMicros + MINUTE,
      open: 100,
      high: 102,
      low: 99,
      close: 101,
      volume: 0,
      tradeCount: 3,
      isClosed: true,
      isComplete: true,
      revision: 0,
      version: number + 1,
      source: 'ticks',
    };
    this.#candles.push(candle);
    this.#sender?.sendCandles('1m', KEY, [candle]);
  }

  /** A minute that was told is none any more. */
  gone(number: number): void {
    const openMicros = NOW + number * MINUTE;
    this.#offset += 1;
    const candle = goneCandle({ openMicros, closeMicros: openMicros + MINUTE, version: this.#offset });
    this.#candles.splice(number, 1, candle);
    this.#sender?.sendCandles('1m', KEY, [candle]);
  }

  async stop(): Promise<void> {
    await this.#sender?.[Symbol.asyncDispose]();
    this.#sender = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

let published: Published;
let sending: Sending;
let stop: AbortController;
const said: string[] = [];
const log: Log = {
  ...quiet,
  info: (_, message) => said.push(message),
  warn: (_, message) => said.push(message),
};

beforeEach(async () => {
  stop = new AbortController();
  said.length = 0;
  published = await Published.open();
  sending = new Sending();
});

afterEach(async () => {
  stop.abort();
  await sending.stop();
  await published[Symbol.asyncDispose]();
});

/** A source over both, and all that it tells. */
function follow(address = sending.addresses): { source: FeedSource; events: string[]; ended: Promise<void> } {
  const fold = new CandleFold({
    streams: [{ instrument: ALPHA, interval: '1m', warmUp: 2 }],
    maxSignalAgeMs: 600_000,
  });
  const tracker = new GapTracker([ALPHA]);
  const common = { fold, tracker, clock: systemClock, log };
  const files = new FilesSource({
    ...common,
    log: quiet,
    dataDir: published.dataDir,
    query: published.query,
    gaps: async () => [],
    staleAfterMs: 60_000,
    isNeeded: () => !source.isLive,
  });
  const source: FeedSource = new FeedSource({
    ...common,
    address,
    staleAfterMs: 400,
    files,
    streams: [{ instrument: KEY, interval: '1m' }],
    wantsTicks: () => false,
  });
  const events: string[] = [];
  const ended = (async () => {
    for await (const some of source.events(stop.signal)) events.push(...told(some));
  })();
  return { source, events, ended };
}

test('the feed goes and comes back: the files tell meanwhile, each candle is told once and in order, and both turns are said', async () => {
  await sending.start();
  const { addresses } = sending;
  await published.publish(3);
  for (const number of [0, 1, 2]) sending.close(number);
  const { source, events, ended } = follow();
  await vi.waitFor(() => expect(source.health).toMatchObject({ origin: 'feed', state: 'live' }), SOON);
  await vi.waitFor(() => expect(events).toContain(inHour('warm 2')), SOON);
  sending.close(3);
  await vi.waitFor(() => expect(events).toContain(inHour('closed 3')), SOON);

  await sending.stop();
  await vi.waitFor(() => expect(source.health.origin).toBe('files'), SOON);
  await published.publish(5);
  await vi.waitFor(() => expect(events).toContain(inHour('closed 4')), SOON);

  sending.close(4);
  await sending.start(addresses);
  await vi.waitFor(() => expect(source.health.origin).toBe('feed'), SOON);
  sending.close(5);
  // What the files have now the feed has told.
  await published.publish(6);
  await vi.waitFor(() => expect(events).toContain(inHour('closed 5')), SOON);
  sending.close(6);
  await vi.waitFor(() => expect(events).toContain(inHour('closed 6')), SOON);
  stop.abort();
  await ended;

  const closings = events.filter((each) => /^(?:closed|missed|revised|warm)/.test(each));
  expect(closings).toEqual(['warm 1', 'warm 2', 'closed 3', 'closed 4', 'closed 5', 'closed 6'].map(inHour));
  // On a busy machine the feed may be late at the begin, which is said as well.
  expect(said.slice(-3)).toEqual([
    'candles come from the feed',
    'the feed is away: candles come from the files',
    'candles come from the feed',
  ]);
});

test('a candle that is gone stays what it was to who consumed it, by the feed as by the files', async () => {
  await sending.start();
  await published.publish(3);
  for (const number of [0, 1, 2]) sending.close(number);
  const { source, events, ended } = follow();
  await vi.waitFor(() => expect(source.health).toMatchObject({ origin: 'feed' }), SOON);
  await vi.waitFor(() => expect(events).toContain(inHour('warm 2')), SOON);
  sending.gone(1);
  sending.close(3);
  await vi.waitFor(() => expect(events).toContain(inHour('closed 3')), SOON);
  stop.abort();
  await ended;
  const closings = events.filter((each) => /^(?:closed|missed|revised|warm)/.test(each));
  expect(closings).toEqual(['warm 1', 'warm 2', 'closed 3'].map(inHour));
});

test('without a feed the files tell from the begin on', async () => {
  await sending.start();
  const { addresses } = sending;
  await sending.stop();
  await published.publish(3);
  const { source, events, ended } = follow(addresses);
  await vi.waitFor(() => expect(events).toContain(inHour('warm 2')), SOON);
  await published.publish(4);
  await vi.waitFor(() => expect(events).toContain(inHour('closed 3')), SOON);
  expect(source.health.origin).toBe('files');
  await vi.waitFor(() => expect(said).toEqual(['the feed is away: candles come from the files']), SOON);
  stop.abort();
  await ended;
});
