import { afterEach, expect, test } from 'vitest';
import { KEYS, MINUTE, Rig, START, answerOf, removeFolders, trade, trades } from './core-fixture.ts';
import { publishedRows } from './candles/plain-candles-fixture.ts';

afterEach(removeFolders);

const instruments = KEYS.slice(0, 1);
/** One trade a second: ids 1 to 60 in the first minute, 61 to 120 in the second. */
const ids = (first: number, count: number): ReturnType<typeof trades> =>
  trades(first, count, { timeMicros: START + (first - 1) * 1_000_000 });

/** Completeness by the minute after ten. */
async function completeness(rig: Rig): Promise<Record<number, boolean>> {
  const rows = await publishedRows(rig.core);
  return Object.fromEntries(rows.map((row) => [(row.openTime - START) / MINUTE, row.isComplete]));
}

function subscribe(rig: Rig, micros: number): void {
  rig.clock.set(micros);
  rig.control({ type: 'requested', instruments });
  rig.control({ type: 'acknowledged', instruments });
}

/** What history tells of the ids that were missed. */
async function fill(rig: Rig, first: number, count: number): Promise<void> {
  rig.sink.answer('rest', rig.clock.nowMicros(), answerOf('BTCUSDT', ids(first, count)));
  await rig.settle();
}

test('candles around a lost connection are incomplete, and are published anew as complete when history has filled it', async () => {
  await using rig = await Rig.open();
  subscribe(rig, START - MINUTE);
  await rig.live(ids(1, 90));
  await rig.settle();
  expect(await completeness(rig)).toEqual({ 0: true, 1: true });

  rig.clock.set(START + 95_000_000);
  rig.control({ type: 'disconnected', reason: 'a test', instruments });
  await rig.settle();
  expect(await completeness(rig)).toEqual({ 0: true, 1: false });
  expect(rig.core.pipeline.gaps.open()).toMatchObject([{ cause: 'disconnect', fromId: 91, toMicros: -1 }]);

  subscribe(rig, START + 4 * MINUTE);
  await rig.live(ids(270, 60));
  await rig.settle();
  expect(await completeness(rig)).toEqual({ 0: true, 1: false, 4: false, 5: true });
  expect(rig.core.pipeline.gaps.open()).toMatchObject([{ fromId: 91, toId: 269 }]);

  await fill(rig, 91, 100);
  expect(await completeness(rig)).toEqual({ 0: true, 1: true, 2: true, 3: false, 4: false, 5: true });
  await fill(rig, 191, 79);
  expect(await completeness(rig)).toEqual({ 0: true, 1: true, 2: true, 3: true, 4: true, 5: true });
  expect(rig.core.pipeline.gaps.open()).toEqual([]);
});

test.each([
  ['killed', 'crash', (rig: Rig) => rig.crash()],
  ['stopped', 'start', (rig: Rig) => rig.reopen()],
] as const)(
  'after a run that was %s, candles are incomplete from its last tick (%s) until that is filled',
  async (_how, cause, end) => {
    let rig = await Rig.open();
    await rig.core.begin();
    subscribe(rig, START - MINUTE);
    await rig.live(ids(1, 90));
    await rig.settle();
    rig = await end(rig);
    rig.clock.set(START + 4 * MINUTE);
    await rig.core.begin();
    subscribe(rig, START + 4 * MINUTE);
    await rig.settle();
    expect(await completeness(rig)).toEqual({ 0: true, 1: false });
    expect(rig.core.pipeline.gaps.open()).toMatchObject([{ cause, fromId: 91, toMicros: -1 }]);
    await rig.live(ids(270, 60));
    // Gaps and candles are the same for a process that is killed once more.
    rig = await rig.crash();
    await rig.settle();
    expect(await completeness(rig)).toEqual({ 0: true, 1: false, 4: false, 5: true });
    await fill(rig, 91, 179);
    expect(await completeness(rig)).toEqual({ 0: true, 1: true, 2: true, 3: true, 4: true, 5: true });
    await rig[Symbol.asyncDispose]();
  },
);

test('ids that are left out make the candles between them incomplete, with no event that says so', async () => {
  await using rig = await Rig.open();
  subscribe(rig, START - MINUTE);
  await rig.live([...ids(1, 30), ...ids(32, 60)]);
  await rig.settle();
  expect(await completeness(rig)).toEqual({ 0: false, 1: true });
  rig.clock.set(START + 5 * MINUTE);
  await fill(rig, 31, 1);
  expect(await completeness(rig)).toEqual({ 0: true, 1: true });
});

test('a first tick within its minute after a subscription makes that minute incomplete, over a crash before it too', async () => {
  let rig = await Rig.open();
  await rig.core.begin();
  subscribe(rig, START);
  await rig.flush();
  await rig.live(ids(20, 80));
  await rig.core.journal.sync();
  rig = await rig.crash();
  await rig.settle();
  expect(rig.core.pipeline.gaps.open()).toMatchObject([{ cause: 'start', toId: 19 }]);
  expect(await completeness(rig)).toEqual({ 0: false, 1: true });
  await rig[Symbol.asyncDispose]();
});

test('what the ledger heard while the buffer was given up is known after a crash that follows the catch-up', async () => {
  let rig = await Rig.open();
  await rig.core.begin();
  await rig.flush();
  rig.core.pipeline.buffer.spill();
  subscribe(rig, START);
  await rig.flush();
  expect(rig.core.pipeline.buffer.isSpilled).toBe(false);
  await rig.live(ids(20, 80));
  await rig.core.journal.sync();
  rig = await rig.crash();
  await rig.settle();
  expect(rig.core.pipeline.gaps.open()).toMatchObject([{ cause: 'start', toId: 19 }]);
  expect(await completeness(rig)).toEqual({ 0: false, 1: true });
  await rig[Symbol.asyncDispose]();
});

test('a gap that was filled after the last publication makes its forgotten candles complete in the next run', async () => {
  let rig = await Rig.open({ memoryHours: 1 });
  await rig.live([...ids(1, 30), ...ids(32, 60)]);
  await rig.live(ids(92, 1).map((each) => ({ ...each, timeMicros: START + 5 * 60 * MINUTE })));
  rig.clock.set(START + 5 * 60 * MINUTE);
  await rig.settle();
  expect(await completeness(rig)).toEqual({ 0: false, 1: true, 300: true });
  // The missing id proves to be of another minute: no stored tick of the first one changes.
  const [missing] = ids(31, 1);
  await rig.take(missing === undefined ? [] : [{ ...missing, timeMicros: START + MINUTE }]);
  await rig.flush();
  rig = await rig.crash();
  await rig.settle();
  expect(rig.core.pipeline.gaps.open()).toEqual([]);
  expect(await completeness(rig)).toEqual({ 0: true, 1: true, 300: true });
  await rig[Symbol.asyncDispose]();
});

/** Out of memory: what happens then concerns candles that are forgotten. */
const EARLIER = START - 5 * 60 * MINUTE;

test('a gap that a cycle saw before its ticks were stored is not taken as published by the run after a crash', async () => {
  let rig = await Rig.open({ memoryHours: 1 });
  await rig.live([trade({ id: 1, timeMicros: START }), trade({ id: 2, timeMicros: EARLIER })]);
  await rig.settle();
  expect(await completeness(rig)).toEqual({ [-300]: true, 0: true });
  // Ids 3 to 8 are missing from the time of a late one on; the frame after it is what the cycle is as of.
  await rig.live([trade({ id: 9, timeMicros: EARLIER - MINUTE })]);
  await rig.live([trade({ id: 10, timeMicros: START + 2_000 })]);
  await rig.publish();
  await rig.flush();
  rig = await rig.crash();
  await rig.settle();
  expect(await completeness(rig)).toEqual({ [-301]: false, [-300]: false, 0: false });
  await rig[Symbol.asyncDispose]();
});

test('a late tick whose candle begins with a gap that it shows is published by the run after a crash', async () => {
  let rig = await Rig.open({ memoryHours: 1 });
  await rig.live([trade({ id: 1, timeMicros: START })]);
  await rig.settle();
  // The candle and the gap begin at the same time: they are one entry of what is to be computed again.
  await rig.live([trade({ id: 4, timeMicros: EARLIER })]);
  await rig.live([trade({ id: 5, timeMicros: START + 2_000 })]);
  await rig.publish();
  await rig.flush();
  rig = await rig.crash();
  await rig.settle();
  expect(await completeness(rig)).toEqual({ [-300]: false, 0: false });
  await rig[Symbol.asyncDispose]();
});
