import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readStatus } from '@tickwright/store';
import { afterEach, expect, test } from 'vitest';
import {
  HOUR,
  KEYS,
  MINUTE,
  Rig,
  START,
  removeFolders,
  trade,
  trades,
  whileTimePasses,
} from '../core-fixture.ts';
import type { Trade } from '../core-fixture.ts';
import { plainCandles, publishedCandles, publishedRows } from './plain-candles-fixture.ts';
import { mismatches, verifyCore } from '../verification/verify-core.ts';

afterEach(removeFolders);

const signal = AbortSignal.timeout(600_000);
const ETH = KEYS[1];

async function expectPublished(rig: Rig, taken: readonly Trade[]): Promise<void> {
  expect(await publishedCandles(rig.core)).toEqual(plainCandles(taken));
  expect(mismatches(await verifyCore(rig.core, signal))).toBe(0);
}

test('candles that could not be published are published by a later cycle, and health tells both', async () => {
  await using rig = await Rig.open();
  const { aggregator } = rig.core;
  await rig.live(trades(1, 90));
  // A file where a folder has to be: the hour cannot be written.
  const blocked = join(rig.dataDir, 'live', 'candles');
  await rm(blocked, { recursive: true, force: true });
  await mkdir(join(rig.dataDir, 'live'), { recursive: true });
  await writeFile(blocked, '');
  expect(await rig.publish()).toBe(false);
  expect(aggregator.health).toMatchObject({ state: 'failing', failures: 1, cycles: 0, publishedOffset: 0 });
  expect(aggregator.health.lastError).toBeDefined();
  expect(await readStatus(rig.dataDir)).toBeUndefined();
  await rm(blocked);
  // Nothing new has come: the hour is published because it was owed.
  expect(await rig.publish()).toBe(true);
  expect(await publishedCandles(rig.core)).toEqual(plainCandles(trades(1, 90)));
  await rig.live(trades(91, 90, { timeMicros: START + 90_000_000 }));
  expect(await rig.settle()).toBe(true);
  expect(aggregator.health).toMatchObject({ state: 'ok', failures: 1, lastError: undefined });
  await expectPublished(rig, trades(1, 180));
});

test('a cycle publishes nothing and says nothing that the journal does not hold', async () => {
  await using rig = await Rig.open();
  await rig.take(trades(1, 30));
  const cycle = rig.core.aggregator.cycle();
  // The journal's clock stands, so nothing is durable yet, however long the cycle waits.
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await readStatus(rig.dataDir)).toBeUndefined();
  expect(await rig.core.candleFiles.list()).toEqual([]);
  await rig.core.journal.sync();
  expect(await cycle).toBe(true);
  expect((await readStatus(rig.dataDir))?.offset).toBe(31);
});

test('a closing asks for a cycle: one that a trade makes, and one that only the clock does', async () => {
  await using rig = await Rig.open();
  const { closings } = rig.core.pipeline;
  const isAsked = async (): Promise<boolean> => {
    const asked = closings.within(0, rig.clock, signal);
    await rig.clock.advance(1_000);
    return await asked;
  };
  await rig.live(trades(1, 60));
  expect(await isAsked()).toBe(false);
  await rig.live(trades(61, 1, { timeMicros: START + MINUTE + 300_000 }));
  expect(await isAsked()).toBe(true);
  expect(await isAsked()).toBe(false);
  await rig.clock.advance(125_000);
  rig.control({ type: 'clock' });
  expect(await isAsked()).toBe(true);
});

test('the status calls no candle closed that closed only after the published rows were copied', async () => {
  await using rig = await Rig.open();
  await rig.live(trades(1, 59));
  const cycle = rig.core.aggregator.cycle();
  // While the cycle waits for the disk, the minute gets its last trade and is closed by the next minute's first.
  await rig.live(trades(60, 5, { timeMicros: START + 59_000_000 }));
  await rig.core.journal.sync();
  expect(await cycle).toBe(true);
  expect(await publishedRows(rig.core)).toMatchObject([{ tradeCount: 59, isClosed: false }]);
  const watermark = async (): Promise<number> =>
    Date.parse((await readStatus(rig.dataDir))?.segments['BINANCE']?.watermark ?? '') * 1_000;
  expect(await watermark()).toBeLessThan(START + MINUTE);
  await rig.publish();
  expect(await watermark()).toBeGreaterThan(START + MINUTE);
});

test('a call during a cycle is counted, joins it, and starts no other', async () => {
  await using rig = await Rig.open();
  await rig.take(trades(1, 30));
  const cycles = [rig.core.aggregator.cycle(), rig.core.aggregator.cycle()];
  await rig.core.journal.sync();
  expect(await Promise.all(cycles)).toEqual([true, true]);
  expect(rig.core.aggregator.health).toMatchObject({ cycles: 1, skippedCycles: 1 });
});

/** Candles of the hours 10 to 15, and nothing before 14 in memory. */
async function withForgottenHours(): Promise<{ rig: Rig; taken: Trade[] }> {
  const rig = await Rig.open({ memoryHours: 1 });
  const taken = trades(1, 6 * 4).map((each, at) => ({ ...each, timeMicros: START + (at / 4) * HOUR }));
  rig.clock.set(START + 6 * HOUR);
  await rig.take(taken);
  await rig.settle();
  expect(rig.core.pipeline.candles.floorMicros).toBeGreaterThan(START + 3 * HOUR);
  return { rig, taken };
}

test('a late tick of a forgotten hour revises its candle there and leaves the others alone', async () => {
  const { rig, taken } = await withForgottenHours();
  const before = await publishedRows(rig.core);
  const late = trade({ id: 25, price: '9999', timeMicros: START + 30_000_000 });
  await rig.take([late]);
  await rig.settle();
  await expectPublished(rig, [...taken, late]);
  const after = await publishedRows(rig.core);
  expect(after[0]).toMatchObject({ openTime: START, high: 9999, revision: (before[0]?.revision ?? 0) + 1 });
  expect(after.slice(1)).toEqual(before.slice(1));
  await rig[Symbol.asyncDispose]();
});

test('a late tick of a forgotten hour is published after a crash between its storing and its publication', async () => {
  const { rig, taken } = await withForgottenHours();
  const late = trade({ id: 25, price: '9999', timeMicros: START + 30_000_000 });
  await rig.take([late]);
  // The cycle cannot compute the candle yet, because the tick is not stored; the flush after it stores it.
  expect(await rig.publish()).toBe(true);
  expect(await rig.flush()).toBe(true);
  await using next = await rig.crash();
  await next.settle();
  await expectPublished(next, [...taken, late]);
});

test('late ticks of many forgotten hours are published in turns of one hour, and files stand for no tick that waits', async () => {
  const { rig, taken } = await withForgottenHours();
  const { aggregator } = rig.core;
  const late = [0, 1, 2].map((hour) =>
    trade({ id: 25 + hour, price: '9999', timeMicros: START + hour * HOUR + 30_000_000 }),
  );
  const before = aggregator.health.publishedOffset;
  await rig.take(late);
  await rig.flush();
  const revised = async (): Promise<number> =>
    (await publishedRows(rig.core)).filter((row) => row.high === 9999).length;
  const seen: unknown[] = [];
  for (let round = 0; round < 4; round += 1) {
    await whileTimePasses(rig.clock, aggregator.cycle({ oldHoursMs: 0 }));
    seen.push([await revised(), aggregator.health.publishedOffset - before]);
  }
  const end = rig.core.journal.nextOffset - before;
  // An hour that waits holds the offset back at its own tick, whatever was published after it.
  expect(seen).toEqual([
    [1, end - 2],
    [2, end - 1],
    [3, end],
    [3, end],
  ]);
  await expectPublished(rig, [...taken, ...late]);
  await rig[Symbol.asyncDispose]();
});

test('ticks stored and not yet published when the process was killed are published by the next run', async () => {
  const rig = await Rig.open();
  await rig.take(trades(1, 30));
  await rig.settle();
  await rig.live(trades(31, 60, { timeMicros: START + 30_000_000 }));
  await rig.flush();
  await using next = await rig.crash();
  await next.settle();
  await expectPublished(next, trades(1, 90));
});

test('a candle that was published as forming and lies out of memory after a crash is closed in its file', async () => {
  const rig = await Rig.open({ memoryHours: 1 });
  await rig.take(trades(1, 30));
  await rig.settle();
  await rig.live(trades(31, 5, { timeMicros: START + HOUR }));
  await rig.flush();
  await using next = await rig.crash();
  await next.settle();
  const rows = await publishedRows(next.core);
  expect(rows.map((row) => row.isClosed)).toEqual([true, false]);
  expect(rows.map((row) => row.revision)).toEqual([0, 0]);
});

test('a gap that begins or ends within a forgotten minute makes that minute incomplete, and its filling makes it complete', async () => {
  const { rig, taken } = await withForgottenHours();
  const older = [
    trade({ symbol: 'ETHUSDT', id: 1, timeMicros: START + 20_000_000 }),
    // A hole from within the first minute to the very first microsecond of the third.
    trade({ symbol: 'ETHUSDT', id: 2, timeMicros: START + 40_000_000 }),
    trade({ symbol: 'ETHUSDT', id: 4, timeMicros: START + 2 * MINUTE }),
    trade({ symbol: 'ETHUSDT', id: 5, timeMicros: START + 3 * MINUTE }),
  ];
  await rig.take(older.slice(0, 2));
  await rig.settle();
  await rig.take(older.slice(2));
  await rig.settle();
  const completeness = async (): Promise<boolean[]> =>
    (await publishedRows(rig.core)).filter((row) => row.instrument === ETH).map((row) => row.isComplete);
  expect(await completeness()).toEqual([false, false, true]);
  const missing = trade({ symbol: 'ETHUSDT', id: 3, timeMicros: START + MINUTE });
  await rig.take([missing]);
  await rig.settle();
  expect(await completeness()).toEqual([true, true, true, true]);
  await expectPublished(rig, [...taken, ...older, missing]);
  await rig[Symbol.asyncDispose]();
});

test('no unfinished file is left of what was published', async () => {
  await using rig = await Rig.open();
  await rig.take(trades(1, 30));
  await rig.settle();
  const names = await readdir(rig.dataDir, { recursive: true });
  expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(names.filter((name) => name.endsWith('.parquet'))).toContain(
    join('live', 'candles', 'segment=BINANCE', 'date=2024-08-08', '10.parquet'),
  );
});
