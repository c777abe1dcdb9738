import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gap } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Clock } from '@tickwright/runtime';
import { CandleFileMovedError } from '@tickwright/store';
import type { CandleQuery } from '@tickwright/store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CandleFold } from './candle-fold.ts';
import { ALPHA, MINUTE, told } from './candle-fixture.ts';
import { FilesSource } from './files-source.ts';
import { GapTracker } from './gap-tracker.ts';
import { NOW, Published, inHour, quiet } from './published-fixture.ts';

let published: Published;
let stop: AbortController;
let gaps: Gap[];

beforeEach(async () => {
  stop = new AbortController();
  gaps = [];
  published = await Published.open();
});

afterEach(async () => {
  stop.abort();
  await published[Symbol.asyncDispose]();
});

function source(
  options: {
    consumedTo?: number;
    asked?: Pick<CandleQuery, 'latestIn'>;
    staleAfterMs?: number;
    clock?: Clock;
  } = {},
): {
  source: FilesSource;
  next: () => Promise<string[]>;
} {
  const { asked = published.query, staleAfterMs = 60_000, clock = systemClock, ...consumed } = options;
  const fold = new CandleFold({
    streams: [{ instrument: ALPHA, interval: '1m', warmUp: 2, ...consumed }],
    maxSignalAgeMs: 600_000,
  });
  const made = new FilesSource({
    dataDir: published.dataDir,
    query: asked,
    fold,
    gaps: async () => gaps,
    tracker: new GapTracker([ALPHA]),
    staleAfterMs,
    clock,
    log: quiet,
  });
  const events = made.events(stop.signal)[Symbol.asyncIterator]();
  return { source: made, next: async () => told((await events.next()).value ?? []) };
}

test('history comes first, each publish is noticed, and nothing is missing or double at the seam', async () => {
  await published.publish(3);
  const { next } = source();
  expect(await next()).toEqual(['warm 1', 'warm 2', 'forming 3', 'time 3', 'fresh'].map(inHour));
  await published.publish(4);
  expect(await next()).toEqual(['closed 3', 'forming 4', 'time 4'].map(inHour));
  await published.publish(6);
  expect(await next()).toEqual(['closed 4', 'closed 5', 'forming 6', 'time 6'].map(inHour));
});

test('after a restart it goes on behind what was consumed: what closed meanwhile is missed, once', async () => {
  await published.publish(5);
  const { next } = source({ consumedTo: NOW + 2 * MINUTE });
  expect(await next()).toEqual(
    ['warm 1', 'warm 2', 'missed 3', 'missed 4', 'forming 5', 'time 5', 'fresh'].map(inHour),
  );
});

test('a start of the ingestor makes it look at all that it remembers: what was revised meanwhile is told', async () => {
  await published.publish(30);
  const { next, source: files30 } = source();
  await next();
  await published.publish(31, { revised: 28, epoch: 'b' });
  expect(await next()).toEqual(['revised 28', 'closed 30', 'forming 31', 'time 31'].map(inHour));
  expect(files30.health.sweeps).toBe(1);
});

test('an old change in the last publication is told within a minute, though the ingestor publishes no more', async () => {
  let passedMs = 0;
  const clock: Clock = {
    nowMicros: () => systemClock.nowMicros(),
    monotonicMs: () => systemClock.monotonicMs() + passedMs,
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
  };
  await published.publish(30);
  const { next } = source({ clock });
  await next();
  await published.publish(45);
  await next();
  await published.publish(46, { revised: 29 });
  expect(await next()).toEqual(['closed 45', 'forming 46', 'time 46'].map(inHour));
  const later = next();
  passedMs = 60_000;
  expect(await later).toEqual(['revised 29'].map(inHour));
});

test('what fails is tried again; when the tries are used up it is stale, goes on, and is fresh again by itself', async () => {
  await published.publish(2);
  let failing = 0;
  const asked: Pick<CandleQuery, 'latestIn'> = {
    latestIn: async (instruments, wanted) => {
      if (failing > 0) {
        failing -= 1;
        throw new CandleFileMovedError('x.parquet');
      }
      return await published.query.latestIn(instruments, wanted);
    },
  };
  const { next, source: tried } = source({ asked });
  await next();
  failing = 3;
  await published.publish(3);
  expect(await next()).toEqual(['closed 2', 'forming 3', 'time 3'].map(inHour));
  expect(tried.health).toMatchObject({ retries: 3, failures: 0, state: 'live' });
  failing = 4;
  await published.publish(4);
  expect(await next()).toEqual(['stale']);
  expect(tried.health).toMatchObject({ failures: 1, state: 'stale' });
  expect(tried.health.reason).toContain('x.parquet');
  expect(await next()).toEqual(['closed 3', 'forming 4', 'time 4', 'fresh'].map(inHour));
});

test('without an ingestor it is stale and says so; it begins when one publishes', async () => {
  const { next, source: alone } = source({ staleAfterMs: 2_500 });
  expect(await next()).toEqual(['stale']);
  expect(alone.health.reason).toBe('no ingestor has published candles here yet');
  await published.publish(1);
  expect(await next()).toEqual(['warm 0', 'forming 1', 'time 1', 'fresh'].map(inHour));
  expect(await next()).toEqual(['stale']);
  expect(alone.health.reason).toMatch(/^the ingestor has published nothing for [3-9] s$/);
});

test('an open gap is told before the candles it overlaps, its end after what has filled it', async () => {
  await published.publish(2);
  const { next } = source();
  await next();
  const gap: Gap = {
    id: 'g1',
    instrument: ALPHA,
    fromMicros: NOW,
    toMicros: -1,
    fromId: -1,
    toId: -1,
    cause: 'disconnect',
    state: 'open',
    openedOffset: 1,
    version: 1,
    openedMicros: NOW,
  };
  gaps = [gap];
  await writeFile(join(published.dataDir, 'gaps.parquet'), '1');
  await published.publish(3);
  expect(await next()).toEqual(['gap-opened', ...['closed 2', 'forming 3', 'time 3'].map(inHour)]);
  gaps = [{ ...gap, toMicros: NOW + MINUTE, state: 'filled' }];
  await writeFile(join(published.dataDir, 'gaps.parquet'), '22');
  await published.publish(4);
  expect(await next()).toEqual([...['closed 3', 'forming 4', 'time 4'].map(inHour), 'gap-closed']);
});
