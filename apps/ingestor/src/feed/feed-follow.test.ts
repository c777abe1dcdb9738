import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { parseTopic, topics } from '@tickwright/feed';
import type { FeedCandle } from '@tickwright/feed';
import { INTERVALS, instrumentKey } from '@tickwright/market';
import { HOUR, KEYS, MINUTE, Rig, START, SYMBOLS, removeFolders, trade, trades } from '../core-fixture.ts';
import { ManualClock } from '@tickwright/runtime';
import { publishedRows } from '../candles/plain-candles-fixture.ts';
import { kline, klinesOf } from '../venue-candles-fixture.ts';
import { definedCandles, follow, snapshotOf } from './feed-follow-fixture.ts';
import { publishedMinutes } from './published-minutes.ts';

afterEach(removeFolders);

const KEY = instrumentKey(KEYS[0]);

function connected(rig: Rig): void {
  rig.control({ type: 'connected', url: 'ws://test' });
  rig.control({ type: 'acknowledged', instruments: [...KEYS] });
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('trade' as const),
      symbol: fc.nat({ max: SYMBOLS.length - 1 }),
      laterSeconds: fc.integer({ min: 1, max: 400 }),
      skipped: fc.constantFrom(0, 0, 0, 2),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('late' as const),
      symbol: fc.nat({ max: 2 }),
      back: fc.nat({ max: 90 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('clock' as const), laterSeconds: fc.nat({ max: 900 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('lose' as const, 'back' as const, 'publish' as const) }),
  },
);

test('whoever follows the feed knows in every interval what the candles are, however ticks come, late ones and gaps included', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), async (steps) => {
      await using rig = await Rig.open({ memoryHours: 48 });
      connected(rig);
      const { pump, memory, follower, failures } = follow(rig.core, INTERVALS);
      let now = START;
      const ids = SYMBOLS.map(() => 1);
      for (const each of steps) {
        if (each.do === 'trade' || each.do === 'clock') {
          now += each.laterSeconds * 1_000_000;
          rig.clock.set(now);
        }
        if (each.do === 'trade') {
          const id = (ids[each.symbol] += 1 + each.skipped);
          await rig.take([
            trade({ symbol: SYMBOLS[each.symbol], id, price: `${100 + (id % 9)}.5`, timeMicros: now }),
          ]);
        } else if (each.do === 'late') {
          const id = (ids[each.symbol] += 1);
          const timeMicros = Math.max(START, now - each.back * MINUTE);
          await rig.take([trade({ symbol: SYMBOLS[each.symbol], id, price: '90.25', timeMicros })]);
        } else if (each.do === 'clock') rig.control({ type: 'clock' });
        else if (each.do === 'lose')
          rig.control({ type: 'disconnected', reason: 'test', instruments: [...KEYS] });
        else if (each.do === 'back') connected(rig);
        else
          rig.core.pipeline.candles.touch(0, {
            fromMicros: START,
            toMicros: now,
            offset: rig.core.pipeline.nextOffset,
            since: 0,
          });
      }
      // What the aggregator does at its next cycle: candles whose completeness changed are touched.
      const cut = rig.core.pipeline.settle();
      for (const { instrument, fromMicros, toMicros, since } of rig.core.pipeline.gaps.changedSpans())
        rig.core.pipeline.candles.touch(instrument, {
          fromMicros,
          toMicros: toMicros + 1,
          offset: cut - 1,
          since,
        });
      pump.flush();
      pump.flush();
      expect(failures).toEqual([]);
      for (const key of KEYS.map(instrumentKey)) {
        for (const interval of INTERVALS) {
          const defined = definedCandles(rig.core, interval, key);
          expect(follower.of(interval, key)).toEqual(defined);
          expect(snapshotOf(memory.state(topics.candle(interval, key), 1e6))).toEqual(defined);
        }
        const unfilled = rig.core.pipeline.gaps
          .list()
          .filter((gap) => gap.instrument === key && gap.state !== 'filled');
        const known = [...(follower.gaps.get(key)?.values() ?? [])].filter(({ state }) => state !== 'filled');
        expect(byId(known)).toEqual(byId(unfilled));
      }
    }),
    { numRuns: Number(process.env['FEED_RUNS'] ?? 4) },
  );
});

function byId<T extends { readonly id: string }>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

test('a candle that closes is sent in the same turn, also a longer one whose last minute had no trade', async () => {
  await using rig = await Rig.open();
  connected(rig);
  // Forming candles would wait for an hour.
  const { follower } = follow(rig.core, ['1m', '5m'], { formingIntervalMs: 3_600_000 });
  await rig.live([trade({ id: 1, timeMicros: START + MINUTE })]);
  const isClosed = (interval: '1m' | '5m'): FeedCandle[] =>
    follower.of(interval, KEY).filter((candle) => candle.isClosed);
  await rig.live([trade({ id: 2, timeMicros: START + 2 * MINUTE + 1_000_000 })]);
  expect(isClosed('1m').map(({ openMicros }) => openMicros)).toEqual([START + MINUTE]);
  expect(isClosed('5m')).toEqual([]);
  rig.clock.set(START + 5 * MINUTE + 2_000_000);
  rig.control({ type: 'clock' });
  expect(isClosed('5m')).toMatchObject([
    { openMicros: START, closeMicros: START + 5 * MINUTE, tradeCount: 2 },
  ]);
});

test('a forming candle is not sent at every tick, a revised one at once, with its revision', async () => {
  await using rig = await Rig.open();
  connected(rig);
  const { follower } = follow(rig.core, ['1m'], { formingIntervalMs: 250 });
  for (let at = 0; at < 100; at += 1) {
    await rig.take([trade({ id: 1 + at, timeMicros: START + at * 1_000 })]);
    await rig.clock.advance(5);
  }
  expect(follower.ticks).toHaveLength(100);
  expect(follower.told.length).toBeLessThanOrEqual(3);
  await rig.live([trade({ id: 101, timeMicros: START + MINUTE + 300_000 })]);
  await rig.live([trade({ id: 102, timeMicros: START + 30_000_000 })]);
  expect(follower.of('1m', KEY)[0]).toMatchObject({ isClosed: true, revision: 1, tradeCount: 101 });
});

test('after a restart the snapshot has the history of the files, and longer candles know minutes that left memory', async () => {
  const before = await Rig.open();
  connected(before);
  for (let minute = 0; minute < 6 * 60; minute += 1)
    await before.live(trades(1 + minute, 1, { timeMicros: START + minute * MINUTE }));
  await before.settle();
  await using rig = await before.reopen();
  const { memory } = follow(rig.core, ['1m', '4h', '1d']);
  memory.begin(await publishedMinutes(rig.core.candleFiles, 1_500));
  const of = (interval: '1m' | '4h' | '1d') => snapshotOf(memory.state(topics.candle(interval, KEY), 1_000));
  expect(of('1m')).toHaveLength(6 * 60);
  expect(rig.core.pipeline.candles.floorMicros).toBeGreaterThan(START + 2 * HOUR);
  // 10:00 to 16:00 UTC lie in three spans of four hours.
  expect(of('4h').map(({ tradeCount }) => tradeCount)).toEqual([120, 240]);
  expect(of('1d')).toMatchObject([{ tradeCount: 360, open: 101.25 }]);
  expect(snapshotOf(memory.state(topics.candle('1m', KEY), 7))).toEqual(of('1m').slice(-7));
});

test('candles computed again from storage reach the follower', async () => {
  await using rig = await Rig.open({ memoryHours: 1 });
  connected(rig);
  const { follower } = follow(rig.core, ['1m', '15m']);
  for (let hour = 0; hour < 5; hour += 1)
    await rig.live([trade({ id: 1 + hour, timeMicros: START + hour * HOUR })]);
  await rig.settle();
  expect(rig.core.pipeline.candles.floorMicros).toBeGreaterThan(START + HOUR);
  await rig.take([trade({ id: 90, price: '7', timeMicros: START + 1_000_000 })], START + 4 * HOUR);
  await rig.settle();
  expect(follower.of('1m', KEY)[0]).toMatchObject({ openMicros: START, low: 7, tradeCount: 2 });
  expect(follower.of('15m', KEY)[0]).toMatchObject({ low: 7, tradeCount: 2 });
});

test("the venue's candle in memory that stands no more goes for the follower as well", async () => {
  const clock = new ManualClock({ startMicros: START + 30 * MINUTE });
  await using rig = await Rig.open({ clock });
  connected(rig);
  const { follower, memory, pump } = follow(rig.core, ['1m', '5m']);
  const lines = [1, 2, 8, 12].map((minute) => kline({ openTime: START + minute * MINUTE, close: '11' }));
  rig.sink.answer('rest', rig.clock.nowMicros(), klinesOf('BTCUSDT', lines));
  rig.core.pipeline.settle();
  pump.flush();
  expect(follower.of('1m', KEY)).toHaveLength(4);
  await rig.live([trade({ id: 1, timeMicros: START + 6 * MINUTE, price: '20' })]);
  rig.core.pipeline.settle();
  pump.flush();
  for (const interval of ['1m', '5m'] as const) {
    const defined = definedCandles(rig.core, interval, KEY);
    const told = follower.of(interval, KEY);
    expect(told.map(({ openMicros }) => openMicros)).toEqual(defined.map(({ openMicros }) => openMicros));
    const state = snapshotOf(memory.state(topics.candle(interval, KEY), 100));
    expect(state.filter(({ isGone }) => isGone !== true)).toEqual(told);
  }
  expect(follower.of('1m', KEY).map(({ openMicros }) => (openMicros - START) / MINUTE)).toEqual([1, 2, 6]);
});

test("the venue's candle that stands no more goes for the follower as it goes from the files, and for who joins later", async () => {
  const clock = new ManualClock({ startMicros: START + 30 * MINUTE });
  await using rig = await Rig.open({ memoryHours: 1, clock });
  connected(rig);
  const { follower, memory } = follow(rig.core, ['1m', '5m', '15m']);
  const lines = [1, 2, 8, 12].map((minute) => kline({ openTime: START + minute * MINUTE, close: '11' }));
  rig.sink.answer('rest', rig.clock.nowMicros(), klinesOf('BTCUSDT', lines));
  await rig.settle();
  await rig.live([trade({ symbol: SYMBOLS[1], id: 100, timeMicros: START + 3 * HOUR })]);
  await rig.settle();
  expect(rig.core.pipeline.candles.floorMicros).toBeGreaterThan(START + HOUR);
  const minutesOf = (candles: readonly FeedCandle[]) =>
    candles.map(({ openMicros }) => (openMicros - START) / MINUTE);
  memory.begin(await publishedMinutes(rig.core.candleFiles, 1_500));
  const before = memory.state(topics.candle('1m', KEY), 1_000);
  follower.sendCandles('1m', KEY, snapshotOf(before));
  for (const interval of ['5m', '15m'] as const)
    follower.sendCandles(interval, KEY, snapshotOf(memory.state(topics.candle(interval, KEY), 1_000)));
  expect(minutesOf(follower.of('1m', KEY))).toEqual([1, 2, 8, 12]);
  expect(minutesOf(follower.of('5m', KEY))).toEqual([0, 5, 10]);
  // The instrument's first trade: what follows it, minutes 8 and 12 as well, is told by trades from now on.
  await rig.take([trade({ id: 1, timeMicros: START + 6 * MINUTE, price: '20' })], START + 4 * HOUR);
  await rig.settle();
  const published = (await publishedRows(rig.core)).filter(({ instrument }) => instrument === KEYS[0]);
  expect(published.map(({ openTime }) => (openTime - START) / MINUTE)).toEqual([1, 2, 6]);
  expect(minutesOf(follower.of('1m', KEY))).toEqual([1, 2, 6]);
  expect(minutesOf(follower.of('5m', KEY))).toEqual([0, 5]);
  expect(minutesOf(follower.of('15m', KEY))).toEqual([0]);
  expect(follower.of('15m', KEY)[0]).toMatchObject({ high: 20, close: 20 });
  const gone = snapshotOf(memory.state(topics.candle('1m', KEY), 1_000)).filter(({ isGone }) => isGone);
  expect(minutesOf(gone)).toEqual([8, 12]);
  const gone5m = snapshotOf(memory.state(topics.candle('5m', KEY), 1_000)).filter(({ isGone }) => isGone);
  expect(minutesOf(gone5m)).toEqual([10]);
  // Told again, it is there again.
  await rig.take([trade({ id: 2, timeMicros: START + 8 * MINUTE, price: '21' })], START + 4 * HOUR);
  await rig.settle();
  expect(minutesOf(follower.of('1m', KEY))).toEqual([1, 2, 6, 8]);
});

test('every topic of a snapshot is one that a receiver can read', async () => {
  await using rig = await Rig.open();
  const { memory } = follow(rig.core, ['1m', '1h']);
  const names = [...memory.topics()];
  expect(names.map((name) => parseTopic(name).kind)).toHaveLength(1 + KEYS.length * 4);
  for (const name of names) if (!name.startsWith('tick/')) expect(memory.state(name, 1)).toBeDefined();
});

test('a gap between the minutes of a longer candle makes it incomplete, though no minute changes', async () => {
  await using rig = await Rig.open();
  connected(rig);
  const { pump, follower } = follow(rig.core, ['5m']);
  await rig.live(trades(1, 1, { timeMicros: START }));
  await rig.live(trades(2, 1, { timeMicros: START + 4 * MINUTE }));
  pump.flush();
  expect(follower.of('5m', KEY).map(({ isComplete }) => isComplete)).toEqual([true]);
  const [fromMicros, toMicros] = [START + 2 * MINUTE, START + 2 * MINUTE + 1];
  rig.control({
    type: 'lost',
    reason: 'test',
    spans: [{ instrument: KEY, fromMicros, toMicros, fromId: -1, toId: -1 }],
  });
  pump.flush();
  expect(follower.of('5m', KEY).map(({ isComplete }) => isComplete)).toEqual([false]);
});

test('a failure of the feed does not reach the fold', async () => {
  await using rig = await Rig.open();
  connected(rig);
  const { follower, failures } = follow(rig.core, ['1m']);
  follower.sendTicks = () => {
    throw new RangeError('broken on purpose');
  };
  await rig.take([trade({ id: 1 })]);
  expect(failures).toHaveLength(1);
  expect(rig.core.pipeline.buffer.rows).toBe(1);
});
