import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import { calendars } from '@tickwright/market';
import type { Gap } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCandleFiles } from '../candles/candle-files.ts';
import { MINUTE, candles, quietLog, tableOf } from '../candles/candle-fixture.ts';
import { HOUR_MICROS, dateMicros } from '../candles/candle-paths.ts';
import { openCandleQuery } from '../query/candle-query.ts';
import { openGapStore } from './gap-store.ts';
import type { GapStore } from './gap-store.ts';
import { ledgerGaps, publishedGaps } from './published-gaps.ts';

const HOUR = dateMicros('2025-11-20') + 9 * HOUR_MICROS;
const GAP: Gap = {
  id: 'a',
  instrument: 'SIM|ALPHA',
  fromMicros: HOUR + 2 * MINUTE,
  toMicros: HOUR + 3 * MINUTE,
  fromId: 7,
  toId: 9,
  cause: 'disconnect',
  state: 'open',
  openedOffset: 5,
  version: 5,
  openedMicros: HOUR + 3 * MINUTE,
};

let dataDir: string;
let database: Database;
let store: GapStore;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'published-gaps-'));
  database = await openDatabase({ path: ':memory:', log: quietLog });
  store = await openGapStore({ database, dataDir, clock: systemClock });
});

afterEach(async () => {
  await database.close();
  await rm(dataDir, { recursive: true });
});

test('published and stored gaps are told alike, without those that are filled, and anew when they change', async () => {
  const published = publishedGaps({ database, path: join(dataDir, 'gaps.parquet') });
  expect(await published.gaps()).toEqual([]);
  await store.append([
    GAP,
    { ...GAP, id: 'b', toMicros: -1, toId: -1, state: 'unfillable' },
    { ...GAP, id: 'c', state: 'filled' },
  ]);
  await store.publish();

  const { instrument, cause, fromId, toId } = GAP;
  const expected = [
    { instrument, cause, from: GAP.fromMicros, to: GAP.toMicros, fromId, toId },
    { instrument, cause, from: GAP.fromMicros, to: undefined },
  ];
  expect(await published.gaps()).toEqual(expected);
  expect(await ledgerGaps(store).gaps()).toEqual(expected);

  await store.append([{ ...GAP, state: 'filled', version: 6 }]);
  await store.publish();
  expect(await published.gaps()).toEqual(expected.slice(1));
});

test('a rolled-up candle is incomplete while a published gap lies in minutes without a candle', async () => {
  const opened = { dataDir, log: quietLog, clock: systemClock };
  await using files = await openCandleFiles({ ...opened, instruments: tableOf(['SIM|ALPHA']) });
  await using query = await openCandleQuery({ ...opened, calendars });
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR }, { openTime: HOUR + 6 * MINUTE }]));
  const request = { instrument: 'SIM|ALPHA', interval: '5m', from: HOUR, to: Infinity } as const;
  const isComplete = async (): Promise<boolean[]> =>
    (await query.getCandles(request)).candles.map((candle) => candle.isComplete);

  await store.append([GAP]);
  await store.publish();
  expect(await isComplete()).toEqual([false, true]);
  await store.append([{ ...GAP, state: 'filled', version: 6 }]);
  await store.publish();
  expect(await isComplete()).toEqual([true, true]);
});
