import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InstrumentTable, calendars, candleColumns, instrumentKey, splitKey } from '@tickwright/market';
import type { Gap } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { CandleFileMovedError, openCandleFiles, openCandleQuery, writeStatus } from '@tickwright/store';
import type { CandleFiles, CandleQuery } from '@tickwright/store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CandleFold } from './candle-fold.ts';
import { ALPHA, MINUTE, told } from './candle-fixture.ts';
import { FilesSource } from './files-source.ts';
import { GapTracker } from './gap-tracker.ts';

const HOUR = 3_600_000_000;
/** Of now: what is published must be fresh. */
const NOW = Math.floor((Date.now() * 1_000) / HOUR) * HOUR;
const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };

let dataDir: string;
let files: CandleFiles;
let query: CandleQuery;
let stop: AbortController;
let gaps: Gap[];

beforeEach(async () => {
  stop = new AbortController();
  gaps = [];
  dataDir = await mkdtemp(join(tmpdir(), 'files-source-'));
  const instruments = new InstrumentTable();
  const key = instrumentKey(ALPHA);
  instruments.add({
    key,
    ...splitKey(key),
    venueSymbol: 'ALPHA',
    priceDecimals: 2,
    quantityDecimals: 3,
    calendar: 'always',
  });
  files = await openCandleFiles({ dataDir, instruments, log, clock: systemClock });
  query = await openCandleQuery({
    dataDir,
    log,
    clock: systemClock,
    calendars,
    gaps: { gaps: async () => [] },
    retry: (work) => work(),
  });
});

afterEach(async () => {
  stop.abort();
  await query[Symbol.asyncDispose]();
  await files[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true });
});

/** Minutes of the hour as they are to stand: so many closed, and one that forms. */
async function publish(closed: number, change: { epoch?: string; revised?: number } = {}): Promise<void> {
  const rows = candleColumns(closed + 1);
  rows.count = closed + 1;
  for (let at = 0; at <= closed; at += 1) {
    rows.openTime[at] = NOW + at * MINUTE;
    rows.open[at] = 100;
    rows.high[at] = 102;
    rows.low[at] = 99;
    rows.close[at] = 101;
    rows.tradeCount[at] = 3;
    rows.isClosed[at] = at < closed ? 1 : 0;
    rows.isComplete[at] = 1;
    rows.version[at] = at === change.revised ? 999 : at + 1;
  }
  await files.publishHour('SIM', NOW, rows);
  const time = new Date().toISOString();
  const watermark = new Date((NOW + closed * MINUTE) / 1_000).toISOString();
  await writeStatus({
    dataDir,
    clock: systemClock,
    status: {
      epoch: change.epoch ?? 'a',
      offset: closed,
      durableOffset: closed,
      time,
      segments: { SIM: { watermark, openGaps: 0 } },
      ingestor: { pid: 1, instance: 'a', version: '0' },
    },
  });
}

function source(
  options: { consumedTo?: number; asked?: Pick<CandleQuery, 'latestCandles'>; staleAfterMs?: number } = {},
): {
  source: FilesSource;
  next: () => Promise<string[]>;
} {
  const { asked = query, staleAfterMs = 60_000, ...consumed } = options;
  const fold = new CandleFold({
    streams: [{ instrument: ALPHA, interval: '1m', warmUp: 2, ...consumed }],
    maxSignalAgeMs: 600_000,
  });
  const made = new FilesSource({
    dataDir,
    query: asked,
    fold,
    gaps: async () => gaps,
    tracker: new GapTracker([ALPHA]),
    staleAfterMs,
    clock: systemClock,
    log,
  });
  const events = made.events(stop.signal)[Symbol.asyncIterator]();
  return { source: made, next: async () => told((await events.next()).value ?? []) };
}

test('history comes first, each publish is noticed, and nothing is missing or double at the seam', async () => {
  await publish(3);
  const { next } = source();
  expect(await next()).toEqual(['warm 1', 'warm 2', 'forming 3', 'time 3', 'fresh'].map(inHour));
  await publish(4);
  expect(await next()).toEqual(['closed 3', 'forming 4', 'time 4'].map(inHour));
  await publish(6);
  expect(await next()).toEqual(['closed 4', 'closed 5', 'forming 6', 'time 6'].map(inHour));
});

test('after a restart it goes on behind what was consumed: what closed meanwhile is missed, once', async () => {
  await publish(5);
  const { next } = source({ consumedTo: NOW + 2 * MINUTE });
  expect(await next()).toEqual(
    ['warm 1', 'warm 2', 'missed 3', 'missed 4', 'forming 5', 'time 5', 'fresh'].map(inHour),
  );
});

test('a start of the ingestor makes it look at all that it remembers: what was revised meanwhile is told', async () => {
  await publish(30);
  const { next, source: files30 } = source();
  await next();
  await publish(31, { revised: 28, epoch: 'b' });
  expect(await next()).toEqual(['revised 28', 'closed 30', 'forming 31', 'time 31'].map(inHour));
  expect(files30.health.sweeps).toBe(1);
});

test('what fails is tried again; when the tries are used up it is stale, goes on, and is fresh again by itself', async () => {
  await publish(2);
  let failing = 0;
  const asked: Pick<CandleQuery, 'latestCandles'> = {
    latestCandles: async (request) => {
      if (failing > 0) {
        failing -= 1;
        throw new CandleFileMovedError('x.parquet');
      }
      return await query.latestCandles(request);
    },
  };
  const { next, source: tried } = source({ asked });
  await next();
  failing = 3;
  await publish(3);
  expect(await next()).toEqual(['closed 2', 'forming 3', 'time 3'].map(inHour));
  expect(tried.health).toMatchObject({ retries: 3, failures: 0, state: 'live' });
  failing = 4;
  await publish(4);
  expect(await next()).toEqual(['stale']);
  expect(tried.health).toMatchObject({ failures: 1, state: 'stale' });
  expect(tried.health.reason).toContain('x.parquet');
  expect(await next()).toEqual(['closed 3', 'forming 4', 'time 4', 'fresh'].map(inHour));
});

test('without an ingestor it is stale and says so; it begins when one publishes', async () => {
  const { next, source: alone } = source({ staleAfterMs: 500 });
  expect(await next()).toEqual(['stale']);
  expect(alone.health.reason).toBe('no ingestor has published candles here yet');
  await publish(1);
  expect(await next()).toEqual(['closed 0', 'forming 1', 'time 1', 'fresh'].map(inHour));
  expect(await next()).toEqual(['stale']);
  expect(alone.health.reason).toMatch(/^the ingestor has published nothing for 1 s$/);
});

/** `told` counts minutes from a fixed time; here they are counted from this hour. */
function inHour(text: string): string {
  const [word = '', number] = text.split(' ');
  if (number === undefined) return word;
  return (
    told([{ type: 'time', segment: 'SIM', micros: NOW + Number(number) * MINUTE }])[0]?.replace(
      'time',
      word,
    ) ?? ''
  );
}

test('an open gap is told before the candles it overlaps, its end after what has filled it', async () => {
  await publish(2);
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
  await writeFile(join(dataDir, 'gaps.parquet'), '1');
  await publish(3);
  expect(await next()).toEqual(['gap-opened', ...['closed 2', 'forming 3', 'time 3'].map(inHour)]);
  gaps = [{ ...gap, toMicros: NOW + MINUTE, state: 'filled' }];
  await writeFile(join(dataDir, 'gaps.parquet'), '22');
  await publish(4);
  expect(await next()).toEqual([...['closed 3', 'forming 4', 'time 4'].map(inHour), 'gap-closed']);
});
