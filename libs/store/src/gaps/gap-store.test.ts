import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import type { Gap } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FILLED_KEPT_DAYS, openGapStore } from './gap-store.ts';
import type { GapStore } from './gap-store.ts';
import { START, quietLog } from '../ticks/tick-fixture.ts';

const DAY = 86_400_000_000;

let dataDir: string;
let database: Database;
let store: GapStore;
const clock = { ...systemClock, nowMicros: () => START };

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gaps-'));
  database = await openDatabase({ path: join(dataDir, 'state.duckdb'), log: quietLog });
  store = await openGapStore({ database, dataDir, clock });
});

afterEach(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

function gap(row: Partial<Gap>): Gap {
  return {
    id: 'a',
    instrument: 'SIM|ALPHA',
    fromMicros: START,
    toMicros: -1,
    fromId: -1,
    toId: -1,
    cause: 'disconnect',
    state: 'open',
    openedOffset: 5,
    version: 5,
    openedMicros: START,
    ...row,
  };
}

async function reopen(): Promise<void> {
  await store.close();
  await database.close();
  database = await openDatabase({ path: join(dataDir, 'state.duckdb'), log: quietLog });
  store = await openGapStore({ database, dataDir, clock });
}

test('the newest version of a gap stands, over restarts', async () => {
  const other = gap({
    id: 'b',
    instrument: 'BINANCE|BTCUSDT',
    fromId: 7,
    toId: 2 ** 53 - 1,
    cause: 'sequence',
    version: 6,
  });
  const filled = gap({ state: 'filled', toMicros: START + 9, reason: 'history', version: 9 });
  await store.append([gap({}), other]);
  await store.append([filled]);
  await store.append([]);
  expect(await store.load()).toEqual([filled, other]);
  await reopen();
  expect(await store.load()).toEqual([filled, other]);
  expect(await store.list()).toEqual([other, filled]);
  expect(await store.list({ state: 'open' })).toEqual([other]);
});

test('of two versions made at one offset the one written last stands, also after a restart', async () => {
  await store.append([gap({ state: 'filling' })]);
  await reopen();
  await store.append([gap({ state: 'unfillable', reason: 'too old' })]);
  expect(await store.load()).toEqual([gap({ state: 'unfillable', reason: 'too old' })]);
});

test('the gaps are told as they stood at a journal offset', async () => {
  await store.append([
    gap({}),
    gap({ state: 'filled', version: 8 }),
    gap({ id: 'b', openedOffset: 8, version: 8 }),
  ]);
  expect(await store.load({ asOf: 5 })).toEqual([]);
  expect(await store.load({ asOf: 8 })).toEqual([gap({})]);
  expect(await store.load({ asOf: 9 })).toHaveLength(2);
});

test('closing forgets old filled gaps and old versions, and nothing else', async () => {
  const old = START - (FILLED_KEPT_DAYS + 1) * DAY;
  await store.append([
    gap({ id: 'old filled', openedMicros: old }),
    gap({ id: 'old filled', openedMicros: old, state: 'filled', version: 6 }),
    gap({ id: 'old open', openedMicros: old }),
    gap({ id: 'old open', openedMicros: old, state: 'filling', version: 7 }),
    gap({ id: 'old unfillable', openedMicros: old, state: 'unfillable' }),
    gap({ id: 'new filled' }),
    gap({ id: 'new filled', state: 'filled', version: 8 }),
  ]);
  await reopen();
  expect((await store.load()).map(({ id, state }) => [id, state])).toEqual([
    ['new filled', 'filled'],
    ['old open', 'filling'],
    ['old unfillable', 'unfillable'],
  ]);
  expect((await store.load({ asOf: 6 })).map(({ id, state }) => [id, state])).toEqual([
    ['new filled', 'open'],
    ['old unfillable', 'unfillable'],
  ]);
  await store.append([gap({ id: 'later' })]);
  expect(await store.list()).toHaveLength(4);
});

test('publishing replaces a file that anyone can read', async () => {
  await store.append([gap({})]);
  await store.publish();
  await store.append([gap({ state: 'filled', toMicros: START + 1, version: 6 })]);
  await store.publish();
  await using anyone = await openDatabase({ path: ':memory:', log: quietLog });
  expect(await anyone.read(`SELECT * FROM '${dataDir}/gaps.parquet'`)).toEqual([
    {
      id: 'a',
      instrument: 'SIM|ALPHA',
      from_time: START,
      to_time: START + 1,
      from_id: null,
      to_id: null,
      cause: 'disconnect',
      state: 'filled',
      reason: null,
      opened_offset: 5,
      version: 6,
      opened_time: START,
    },
  ]);
  expect((await readdir(dataDir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});
