import { readdir } from 'node:fs/promises';
import { listParts, openCandleQuery, tickPaths } from '@tickwright/store';
import type { Candle } from '@tickwright/store';
import { calendars } from '@tickwright/market';
import { afterEach, expect, test } from 'vitest';
import { HOUR, KEYS, Rig, START, quietLog, removeFolders, trade, trades } from './core-fixture.ts';
import type { RigOptions, Trade } from './core-fixture.ts';
import { DayWork } from './day-work.ts';
import { dayWorkOf, retentionOf } from './day-work-fixture.ts';
import {
  candlesBySql,
  idsOf,
  plainCandles,
  publishedCandles,
  publishedRows,
  storedIds,
} from './candles/plain-candles-fixture.ts';
import { mismatches, verifyCore } from './verification/verify-core.ts';

afterEach(removeFolders);

const signal = AbortSignal.timeout(600_000);
const MIDNIGHT = START + 14 * HOUR;
const [BTC = ''] = KEYS;

/** Two trades an hour from ten o'clock until after three in the next night. */
const taken = trades(1, 36).map((each, at) => ({ ...each, timeMicros: START + at * (HOUR / 2) }));

async function overNight(options: RigOptions = {}): Promise<Rig> {
  const rig = await Rig.open({ memoryHours: 1, ...options });
  for (const each of taken) {
    rig.clock.set(each.timeMicros);
    await rig.take([each]);
    if (each.id % 8 === 0) await rig.settle();
  }
  await rig.settle();
  return rig;
}

async function answers(rig: Rig): Promise<readonly Candle[]> {
  await using query = await openCandleQuery({
    dataDir: rig.dataDir,
    log: quietLog,
    clock: rig.clock,
    calendars,
  });
  const { candles } = await query.getCandles({
    instrument: BTC,
    interval: '1h',
    from: 0,
    to: MIDNIGHT + 24 * HOUR,
  });
  return candles;
}

async function expectAll(rig: Rig, expected: readonly Trade[]): Promise<void> {
  expect(await storedIds(rig.core)).toEqual(idsOf(expected));
  expect(await candlesBySql(rig.core)).toEqual(plainCandles(expected));
  expect(await publishedCandles(rig.core)).toEqual(plainCandles(expected));
  expect(mismatches(await verifyCore(rig.core, signal))).toBe(0);
}

test('after midnight ticks become Parquet parts and the day one candle file, and every answer is the same as before', async () => {
  let rig = await overNight();
  const before = await answers(rig);
  expect(before).toHaveLength(18);
  const work = dayWorkOf(rig);
  await work.round();

  const parts = await listParts(tickPaths(rig.dataDir).parts);
  expect(parts.map(({ segment, date }) => `${segment} ${date}`)).toEqual([
    'BINANCE 2024-08-08',
    'BINANCE 2024-08-09',
  ]);
  const pieces = await rig.core.candleFiles.list();
  expect(pieces.filter(({ date }) => date === '2024-08-08')).toMatchObject([{ kind: 'day' }]);
  expect(pieces.filter(({ date }) => date === '2024-08-09').map(({ kind }) => kind)).toEqual([
    'hour',
    'hour',
    'hour',
    'hour',
  ]);
  const names = await readdir(rig.dataDir, { recursive: true });
  expect(names.filter((name) => name.includes('2024-08-08') && name.endsWith('10.parquet'))).toEqual([]);
  expect(await answers(rig)).toEqual(before);
  await expectAll(rig, taken);

  rig = await rig.crash();
  expect(await answers(rig)).toEqual(before);
  await expectAll(rig, taken);
  // What was sealed is known: it is not taken a second time.
  await rig.take(taken);
  expect(rig.core.pipeline.deduplicator.counts.accepted).toBe(0);
  await rig[Symbol.asyncDispose]();
});

test('a second round finds nothing to do, and today is left alone', async () => {
  await using rig = await overNight();
  const work = dayWorkOf(rig);
  await work.round();
  await rig.take([trade({ id: 37, timeMicros: rig.clock.nowMicros() })]);
  await rig.settle();
  const parts = await listParts(tickPaths(rig.dataDir).parts);
  const pieces = await rig.core.candleFiles.list();
  await work.round();
  expect(await listParts(tickPaths(rig.dataDir).parts)).toEqual(parts);
  expect(await rig.core.candleFiles.list()).toEqual(pieces);
});

test('an old event time alone seals nothing: the day of a tick is that of its receiving', async () => {
  await using rig = await Rig.open();
  await rig.take([trade({ id: 1, timeMicros: START - 72 * HOUR })]);
  await rig.settle();
  await dayWorkOf(rig).round();
  expect(await listParts(tickPaths(rig.dataDir).parts)).toEqual([]);
});

test('a tick that comes after its day was finished is merged into the day, with a new revision', async () => {
  await using rig = await overNight();
  const work = dayWorkOf(rig);
  await work.round();
  const before = await publishedRows(rig.core);
  const late = trade({ id: 37, price: '9999', timeMicros: START + 1_000_000 });
  await rig.take([late]);
  await rig.settle();
  const pieces = await rig.core.candleFiles.list();
  expect(pieces.filter(({ date }) => date === '2024-08-08')).toMatchObject([{ kind: 'day' }]);
  const after = await publishedRows(rig.core);
  expect(after[0]).toMatchObject({ high: 9999, tradeCount: 2, revision: (before[0]?.revision ?? 0) + 1 });
  expect(after.slice(1)).toEqual(before.slice(1));
  await expectAll(rig, [...taken, late]);
});

test('limits that cannot be held are told and held by the next round, and ticks that no end of day sealed are sealed', async () => {
  const warnings: string[] = [];
  const log = { ...quietLog, warn: (_fields: object, message: string) => void warnings.push(message) };
  await using rig = await overNight();
  let failures = 1;
  const core = new Proxy(rig.core, {
    get(target, name) {
      if (name === 'tickFile' && failures-- > 0) throw new Error('a test');
      const value: unknown = Reflect.get(target, name, target);
      return value;
    },
  });
  const work = new DayWork({ core, retention: retentionOf(rig), clock: rig.clock, log });
  await work.round();
  expect(warnings).toHaveLength(1);
  await work.round();
  expect(warnings).toHaveLength(1);
  // An end of day is to come: nothing is sealed before it, until it is long overdue.
  expect(await listParts(tickPaths(rig.dataDir).parts)).toHaveLength(0);
  rig.clock.set(taken[0].timeMicros + 73 * HOUR);
  await work.round();
  expect(await listParts(tickPaths(rig.dataDir).parts)).toHaveLength(2);
  await expectAll(rig, taken);
});
