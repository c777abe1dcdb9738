import { join } from 'node:path';
import { readJournal } from '@tickwright/journal';
import { ManualClock } from '@tickwright/runtime';
import { afterEach, expect, test } from 'vitest';
import {
  HOUR,
  KEYS,
  MINUTE,
  Rig,
  START,
  answerOf,
  instrumentsOf,
  removeFolders,
  trade,
  trades,
  whileTimePasses,
} from '../core-fixture.ts';
import {
  candlesBySql,
  publishedCandles,
  publishedRows,
  storedIds,
} from '../candles/plain-candles-fixture.ts';
import { replay } from './replay.ts';
import type { ReplayOptions, ReplayResult } from './replay.ts';
import { mismatches, verifyCore } from '../verification/verify-core.ts';

afterEach(removeFolders);

const never = new AbortController().signal;

/** A run with a lost connection, late trades, ids out of order, and an end. */
async function recorded(): Promise<Rig> {
  const rig = await Rig.open({ memoryHours: 1 });
  await rig.core.begin();
  const instruments = KEYS.slice(0, 1);
  rig.clock.set(START - MINUTE);
  rig.control({ type: 'acknowledged', instruments });
  await rig.live([...trades(1, 40), ...trades(45, 5, { timeMicros: START + 44_000_000 }), ...trades(30, 15)]);
  rig.clock.set(START + 70_000_000);
  rig.control({ type: 'disconnected', reason: 'a test', instruments });
  rig.control({ type: 'clock' });
  await rig.settle();
  rig.clock.set(START + 3 * HOUR);
  rig.control({ type: 'acknowledged', instruments });
  await rig.live(trades(100, 50, { timeMicros: START + 3 * HOUR, symbol: 'BTCUSDT' }));
  await rig.live(trades(7, 50, { timeMicros: START + 3 * HOUR, symbol: 'ETHUSDT' }));
  await rig.settle();
  rig.sink.answer(
    'rest',
    START + 3 * HOUR,
    answerOf('BTCUSDT', trades(50, 20, { timeMicros: START + 50_000_000 })),
  );
  await rig.take([trade({ id: 1_000, timeMicros: START + 5 * MINUTE })], START + 3 * HOUR);
  await rig.settle();
  return rig;
}

function replayOf(rig: Rig, from: Rig, told: Partial<ReplayOptions> = {}): Promise<ReplayResult> {
  return whileTimePasses(
    rig.clock,
    replay({
      core: rig.core,
      instruments: instrumentsOf(KEYS),
      blocks: readJournal({ directory: join(from.dataDir, 'journal') }),
      speed: Infinity,
      clock: rig.clock,
      signal: never,
      ...told,
    }),
  );
}

test('a journal replayed into another data directory gives the same ticks, candles, gaps and completeness; once more adds nothing', async () => {
  await using from = await recorded();
  await using rig = await Rig.open({ memoryHours: 1 });
  const ids = await storedIds(from.core);
  expect(ids.length).toBeGreaterThan(150);
  const first = await replayOf(rig, from);
  expect(first).toMatchObject({ accepted: ids.length, isComplete: true });
  for (let again = 0; again < 2; again += 1) {
    expect(await storedIds(rig.core)).toEqual(ids);
    expect(await publishedCandles(rig.core)).toEqual(await publishedCandles(from.core));
    expect(await candlesBySql(rig.core)).toEqual(await candlesBySql(from.core));
    const completeness = async ({ core }: Rig): Promise<boolean[]> =>
      (await publishedRows(core)).map(({ isComplete }) => isComplete);
    if (again === 0) {
      expect(await completeness(rig)).toEqual(await completeness(from));
      const spans = ({ core }: Rig): unknown[] =>
        core.pipeline.gaps
          .open()
          .map((gap) => [gap.cause, gap.fromMicros, gap.toMicros, gap.fromId, gap.toId]);
      expect(spans(rig)).toEqual(spans(from));
    }
    expect(mismatches(await verifyCore(rig.core, never))).toBe(0);
    if (again === 0) expect((await replayOf(rig, from)).accepted).toBe(0);
  }
});

/** Trades at 0, 1, 2, ... seconds, as one block of a journal. */
async function secondsBySecond(count: number): Promise<Rig> {
  const rig = await Rig.open();
  await rig.live(trades(1, count));
  await rig.flush();
  return rig;
}

test.each([
  [1, 1_000],
  [10, 100],
] as const)(
  'at speed %i frames are taken in when their time has come, %i ms apart',
  async (speed, paceMs) => {
    await using from = await secondsBySecond(10);
    await using rig = await Rig.open();
    const clock = new ManualClock({ startMicros: START + 48 * HOUR });
    const done = replay({
      core: rig.core,
      instruments: instrumentsOf(KEYS),
      blocks: readJournal({ directory: join(from.dataDir, 'journal') }),
      speed,
      clock,
      signal: never,
    });
    const accepted = (): number => rig.core.pipeline.deduplicator.counts.accepted;
    await until(() => accepted() === 1);
    for (let second = 1; second < 10; second += 1) {
      await until(() => clock.sleeping === 1);
      await clock.advance(paceMs - 1);
      expect(accepted()).toBe(second);
      await clock.advance(1);
      await until(() => accepted() === second + 1);
    }
    expect(await whileTimePasses(rig.clock, done)).toMatchObject({ accepted: 10, isComplete: true });
    // Time is the recorded one, whatever the clock says.
    for await (const rows of rig.core.tickFile.readTicks({ instrument: KEYS[0] ?? '' })) {
      expect(rows.map(({ receiveTime }) => receiveTime)).toEqual(
        trades(1, 10).map(({ timeMicros }) => timeMicros),
      );
    }
  },
);

test('an aborted replay takes no further frame, keeps what it took, and says that it is not complete', async () => {
  await using from = await secondsBySecond(10);
  await using rig = await Rig.open();
  const clock = new ManualClock();
  const stop = new AbortController();
  const done = replay({
    core: rig.core,
    instruments: instrumentsOf(KEYS),
    blocks: readJournal({ directory: join(from.dataDir, 'journal') }),
    speed: 1,
    clock,
    signal: stop.signal,
  });
  await until(() => clock.sleeping === 1);
  await clock.advance(3_000);
  stop.abort();
  const result = await whileTimePasses(rig.clock, done);
  expect(result).toMatchObject({ accepted: 4, isComplete: false });
  expect(await storedIds(rig.core)).toHaveLength(4);
});

/** Turns of the event loop until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns += 1) {
    if (turns > 5_000) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
