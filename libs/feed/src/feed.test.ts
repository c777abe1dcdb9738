import { expect, test } from 'vitest';
import { systemClock } from '@tickwright/runtime';
import { KEY, ReceivingSide, SendingSide, eventually, quiet } from './feed-fixture.ts';
import { goneCandle } from './feed-event.ts';
import { MessageProxy } from './message-proxy-fixture.ts';
import { MINUTE, SentState } from './receiver/lossy-line-fixture.ts';
import { FeedReceiver } from './receiver/feed-receiver.ts';
import { topics } from './topic.ts';

test('one who joins late gets the candles there are, then goes on with what happens, without a seam', async () => {
  await using sending = await SendingSide.open();
  for (let minute = 0; minute < 50; minute += 1)
    sending.candle({ openMicros: minute * MINUTE, isClosed: true });
  await using receiving = new ReceivingSide(sending.sender.addresses);
  // Candles go on being sent while it joins.
  for (let minute = 50; !receiving.hasSeen('live'); minute += 1) {
    sending.candle({ openMicros: minute * MINUTE, isClosed: true });
    await new Promise(setImmediate);
    if (minute > 100_000) throw new Error('never live');
  }
  sending.candle({ openMicros: 1e12 });
  const wanted = sending.state.state(topics.candle('1m', sending.table.at(0).key), 100);
  await receiving.until(() => receiving.candles().at(-1)?.openMicros === 1e12);
  expect(wanted?.kind === 'candles' && wanted.candles).toEqual(receiving.candles().slice(-100));
  expect(receiving.events.slice(0, 1)).toMatchObject([{ type: 'resync', reason: 'start' }]);
  expect(receiving.receiver.health().state).toBe('live');
});

test('over a line that loses every third message all ticks come, once and in order', async () => {
  await using sending = await SendingSide.open();
  let count = 0;
  await using proxy = await MessageProxy.open({
    from: sending.sender.addresses.publish,
    passes: (topic) => topic === topics.heartbeat || ++count % 3 !== 0,
  });
  await using receiving = new ReceivingSide({ ...sending.sender.addresses, publish: proxy.address });
  await receiving.until(() => receiving.hasSeen('live'));
  await eventually(() => receiving.receiver.counts.heartbeats > 0);
  const first = sending.state.offset;
  for (let turn = 0; turn < 300; turn += 1) {
    sending.ticks(3);
    sending.candle({ openMicros: (turn % 7) * MINUTE });
    if (turn % 20 === 0) await new Promise(setImmediate);
  }
  const prices = () => receiving.prices().filter((price) => price >= first);
  await receiving.until(() => prices().length >= 900);
  await receiving.until(() => receiving.candles().length === 7);
  // Three ticks and a candle take a number each turn.
  const wanted = Array.from({ length: 300 }, (_, turn) =>
    [0, 1, 2].map((at) => first + turn * 4 + at),
  ).flat();
  expect(prices()).toEqual(wanted);
  expect(proxy.dropped).toBeGreaterThan(100);
  expect(receiving.receiver.counts.replayed).toBeGreaterThan(100);
  expect(receiving.receiver.counts.missed).toBe(0);
});

test('a last message that is lost is noticed by the heartbeat after it', async () => {
  await using sending = await SendingSide.open();
  let isGood = true;
  await using proxy = await MessageProxy.open({
    from: sending.sender.addresses.publish,
    passes: (topic) => isGood || topic === topics.heartbeat,
  });
  await using receiving = new ReceivingSide({ ...sending.sender.addresses, publish: proxy.address });
  await receiving.until(() => receiving.hasSeen('live'));
  await eventually(() => receiving.receiver.counts.heartbeats > 1);
  isGood = false;
  sending.ticks(5);
  await receiving.until(() => receiving.prices().length === 5);
  expect(receiving.receiver.counts).toMatchObject({ lost: 1, replayed: 1 });
});

test('what is no longer kept is told: ticks as missed, candles as what they are now', async () => {
  await using sending = await SendingSide.open({ limits: { topicMessages: 4 } });
  let isGood = true;
  await using proxy = await MessageProxy.open({
    from: sending.sender.addresses.publish,
    passes: () => isGood,
  });
  await using receiving = new ReceivingSide({ ...sending.sender.addresses, publish: proxy.address });
  await receiving.until(() => receiving.hasSeen('live'));
  await eventually(() => receiving.receiver.counts.heartbeats > 0);
  isGood = false;
  for (let turn = 0; turn < 10; turn += 1) {
    sending.ticks(1);
    sending.candle({ openMicros: turn * MINUTE });
  }
  await eventually(() => proxy.dropped >= 20);
  isGood = true;
  await receiving.until(() => receiving.candles().length === 10 && receiving.hasSeen('missed'));
  await receiving.until(() => receiving.prices().length === 4);
  expect(receiving.events.find(({ type }) => type === 'missed')).toMatchObject({
    fromSequence: 1,
    toSequence: 6,
  });
  expect(receiving.receiver.counts.topicSnapshots).toBe(1);
});

test('a candle that is gone is told as such: when it happens, to who lost the message, and to who joins later', async () => {
  await using sending = await SendingSide.open({ limits: { topicMessages: 4 } });
  let isGood = true;
  await using proxy = await MessageProxy.open({
    from: sending.sender.addresses.publish,
    passes: () => isGood,
  });
  await using receiving = new ReceivingSide({ ...sending.sender.addresses, publish: proxy.address });
  await receiving.until(() => receiving.hasSeen('live'));
  await eventually(() => receiving.receiver.counts.heartbeats > 0);
  const gone = (minute: number) => {
    const closeMicros = (minute + 1) * MINUTE;
    sending.candle(goneCandle({ openMicros: minute * MINUTE, closeMicros, version: 0 }));
  };
  const minutes = () => receiving.candles().map(({ openMicros }) => openMicros / MINUTE);
  for (let minute = 0; minute < 5; minute += 1)
    sending.candle({ openMicros: minute * MINUTE, isClosed: true });
  gone(3);
  await receiving.until(() => receiving.hasSeen('gone'));
  expect(minutes()).toEqual([0, 1, 2, 4]);
  expect(receiving.events.findLast(({ type }) => type === 'gone')).toMatchObject({
    interval: '1m',
    instrument: KEY,
    isSnapshot: false,
    candles: [{ openMicros: 3 * MINUTE }],
  });
  // More messages than the sender keeps: a state makes it whole.
  isGood = false;
  gone(1);
  for (let minute = 5; minute < 15; minute += 1) sending.candle({ openMicros: minute * MINUTE });
  await eventually(() => proxy.dropped >= 11);
  isGood = true;
  await receiving.until(() => receiving.hasSeen('gone', 2));
  await receiving.until(() => receiving.candles().length === 13);
  expect(receiving.receiver.counts.topicSnapshots).toBe(1);
  expect(minutes()).toEqual([0, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  await using late = new ReceivingSide(sending.sender.addresses);
  await late.until(() => late.hasSeen('live'));
  expect(late.candles()).toEqual(receiving.candles());
  expect(late.events.flatMap((event) => (event.type === 'gone' ? event.candles : []))).toHaveLength(2);
  sending.candle({ openMicros: 3 * MINUTE, isClosed: true });
  await late.until(() => late.candles().length === 14);
});

test('a sender that is started anew: staleness is told, what it lost is void, and all goes on by itself', async () => {
  const first = await SendingSide.open();
  const { addresses } = first.sender;
  await using receiving = new ReceivingSide({ ...addresses, staleAfterMs: 300 });
  await receiving.until(() => receiving.hasSeen('live'));
  first.candle({ openMicros: 0, isClosed: true });
  const durable = (first.state.durableOffset = first.state.offset);
  first.candle({ openMicros: MINUTE });
  await receiving.until(() => receiving.candles().length === 2);
  await first[Symbol.asyncDispose]();
  await receiving.until(() => receiving.hasSeen('stale'));
  expect(receiving.receiver.health().state).toBe('stale');
  await using again = await SendingSide.again(addresses, first.state.rolledBack(durable));
  await receiving.until(() => receiving.hasSeen('live', 2) && receiving.hasSeen('fresh'));
  const types = receiving.events.map(({ type }) => type);
  expect(types.indexOf('fresh')).toBeGreaterThan(types.indexOf('stale'));
  const resync = receiving.events.findLast(({ type }) => type === 'resync');
  expect(resync).toMatchObject({ reason: 'epoch', offset: durable });
  again.candle({ openMicros: MINUTE, close: 77 });
  await receiving.until(() => receiving.candles().at(-1)?.close === 77);
});

test('a receiver that finds nobody says so, and begins by itself when the sender comes', async () => {
  const taken = await SendingSide.open();
  const { addresses } = taken.sender;
  await taken[Symbol.asyncDispose]();
  await using receiving = new ReceivingSide({ ...addresses, staleAfterMs: 100 });
  await receiving.until(() => receiving.hasSeen('stale'));
  expect(receiving.events).toEqual([{ type: 'stale', lastHeardMicros: undefined }]);
  await using sending = await SendingSide.open(addresses);
  await receiving.until(() => receiving.hasSeen('live'));
  sending.ticks(1);
  await receiving.until(() => receiving.prices().length === 1);
});

test('a consumer that does not read costs a bounded queue, and has everything once it reads again', async () => {
  await using sending = await SendingSide.open();
  await using receiver = FeedReceiver.connect({
    ...sending.sender.addresses,
    topics: [topics.tick(KEY)],
    maxWaiting: { events: 20, bytes: 1_048_576 },
    clock: systemClock,
    log: quiet,
  });
  await eventually(() => receiver.health().state === 'live' && receiver.counts.heartbeats > 0);
  const first = sending.state.offset;
  for (let turn = 0; turn < 500; turn += 1) {
    sending.ticks(1);
    if (turn % 10 === 0) await new Promise(setImmediate);
  }
  await eventually(() => receiver.counts.overrun > 400);
  expect(receiver.health().waiting).toBeLessThan(40);
  const prices: number[] = [];
  for await (const event of receiver) {
    if (event.type === 'ticks') prices.push(...event.ticks.price);
    if (prices.at(-1) === first + 499) break;
  }
  expect(prices).toEqual(Array.from({ length: 500 }, (_, at) => first + at));
});

test('aborting ends the iteration, and so does leaving it', async () => {
  await using sending = await SendingSide.open({}, new SentState());
  const stop = new AbortController();
  const receiving = new ReceivingSide({ ...sending.sender.addresses, signal: stop.signal });
  await receiving.until(() => receiving.hasSeen('live'));
  stop.abort();
  await receiving[Symbol.asyncDispose]();
  expect(receiving.failure).toBeUndefined();
  expect(receiving.receiver.health().state).toBe('closed');
});
