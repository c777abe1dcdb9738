import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CandleSource } from '@tickwright/market';
import { encodeImport } from '@tickwright/venues';
import { afterEach, expect, test } from 'vitest';
import {
  HOUR,
  KEYS,
  MINUTE,
  Rig,
  START,
  answerOf,
  quietLog,
  removeFolders,
  trade,
  trades,
} from './core-fixture.ts';
import type { RigOptions } from './core-fixture.ts';
import { publishedRows } from './candles/plain-candles-fixture.ts';
import { venueCoverage } from './candles/venue-coverage.ts';
import { ManualClock, systemClock } from '@tickwright/runtime';
import { openDatabase } from '@tickwright/database';
import { repairStore } from './repair/repair-store.ts';
import { kline, klinesOf } from './venue-candles-fixture.ts';
import { compareWithVenue } from './verification/venue-comparison.ts';
import { mismatches, verifyCore } from './verification/verify-core.ts';

afterEach(removeFolders);

const [BTC] = KEYS;
const at = (minute: number): number => START + minute * MINUTE;

/** Ten minutes after START. */
function open(options: RigOptions = {}): Promise<Rig> {
  return Rig.open({ clock: new ManualClock({ startMicros: at(10) }), ...options });
}

/** `minute: close source`, of BTC. */
async function published(rig: Rig): Promise<string[]> {
  expect(await rig.settle()).toBe(true);
  const rows = (await publishedRows(rig.core)).filter(({ instrument }) => instrument === BTC);
  return rows.map(
    ({ openTime, close, source, isComplete }) =>
      `${(openTime - START) / MINUTE}: ${close} ${source === CandleSource.venue ? 'venue' : 'ticks'}${isComplete ? '' : ' incomplete'}`,
  );
}

function told(rig: Rig, ...minutes: number[]): void {
  const rows = minutes.map((minute) => kline({ openTime: at(minute), close: '11' }));
  rig.sink.answer('rest', rig.clock.nowMicros(), klinesOf('BTCUSDT', rows));
}

const noMismatch = async (rig: Rig): Promise<void> =>
  expect((await verifyCore(rig.core, AbortSignal.timeout(60_000))).problems).toEqual([]);

test('before the first tick the venue tells the minutes, afterwards the ticks do, also those without a trade', async () => {
  await using rig = await open();
  told(rig, 1, 2);
  await rig.live([
    trade({ id: 1, timeMicros: at(5), price: '20' }),
    trade({ id: 2, timeMicros: at(7), price: '21' }),
  ]);
  told(rig, 4, 5, 6, 7, 8);
  expect(await published(rig)).toEqual([
    '1: 11 venue',
    '2: 11 venue',
    '4: 11 venue',
    '5: 20 ticks',
    '7: 21 ticks',
  ]);
  await noMismatch(rig);
});

test('in a gap the venue stands, also where some ticks are there; the ids that come later win, as a revision', async () => {
  const first = await open();
  await first.live(trades(1, 70, { timeMicros: at(1), price: '20' }));
  // 70 of 200 seconds are missing: 2:10 to 3:20.
  await first.live(trades(141, 60, { timeMicros: at(3) + 20_000_000, price: '22' }));
  first.control({ type: 'clock' });
  told(first, 1, 2, 3, 4);
  const withVenue = ['1: 20 ticks', '2: 11 venue', '3: 11 venue', '4: 22 ticks'];
  expect(await published(first)).toEqual(withVenue);
  await using rig = await first.crash();
  expect(await published(rig)).toEqual(withVenue);
  const missing = trades(71, 70, { timeMicros: at(2) + 10_000_000, price: '21' });
  rig.sink.answer('rest', rig.clock.nowMicros(), answerOf('BTCUSDT', missing));
  expect(await published(rig)).toEqual(['1: 20 ticks', '2: 21 ticks', '3: 22 ticks', '4: 22 ticks']);
  const revisions = (await publishedRows(rig.core)).map(({ revision }) => revision > 0);
  expect(revisions).toEqual([false, true, true, false]);
  await noMismatch(rig);
});

test('where a gap was filled by candles the venue goes on standing for its edges, over a restart and out of memory too', async () => {
  const first = await open({ memoryHours: 1 });
  await first.live(trades(1, 70, { timeMicros: at(1), price: '20' }));
  await first.live(trades(141, 60, { timeMicros: at(3) + 20_000_000, price: '22' }));
  first.core.pipeline.settle();
  told(first, 2, 3);
  const { gaps } = first.core.pipeline;
  const gap = gaps.open().find(({ fromId }) => fromId === 71);
  if (gap === undefined) throw new Error('no gap');
  const { id, instrument, fromMicros, toMicros } = gap;
  first.control({ type: 'stand-in', spans: [{ instrument, fromMicros, toMicros }] });
  const frame = { receiveMicros: first.clock.nowMicros(), offset: first.core.pipeline.nextOffset - 1 };
  gaps.resolve({ id, state: 'filled', reason: "by the venue's candles" }, frame);
  const expected = ['1: 20 ticks', '2: 11 venue', '3: 11 venue', '4: 22 ticks'];
  expect(await published(first)).toEqual(expected);
  await first.clock.advance(3 * 60 * 60_000);
  await first.live([trade({ id: 201, timeMicros: START + 3 * HOUR, price: '23' })]);
  await using rig = await first.reopen();
  // Out of memory now: what is told is merged into the file.
  rig.sink.answer(
    'rest',
    rig.clock.nowMicros(),
    klinesOf('BTCUSDT', [kline({ openTime: at(2), close: '10.25' })]),
  );
  expect(await published(rig)).toEqual([
    '1: 20 ticks',
    '2: 10.25 venue',
    '3: 11 venue',
    '4: 22 ticks',
    '180: 23 ticks',
  ]);
});

test('a minute in which the venue says that nothing traded has no candle, flat or left out; both count as told', async () => {
  await using rig = await open();
  const flat = { open: '11', high: '11', low: '11', close: '11', volume: '0', trades: 0 };
  const rows = [kline({ openTime: at(1) }), kline({ openTime: at(2), ...flat }), kline({ openTime: at(4) })];
  rig.sink.answer('rest', rig.clock.nowMicros(), klinesOf('BTCUSDT', rows, { from: at(0), to: at(6) }));
  await rig.core.journal.sync();
  const coverage = await venueCoverage(rig.core, { instrument: BTC, fromMicros: at(0), toMicros: at(8) });
  expect(coverage).toEqual({
    candles: [at(1), at(4)],
    untraded: [at(0), at(2), at(3), at(5)],
    missing: [{ fromMicros: at(6), toMicros: at(8) }],
  });
  expect(await published(rig)).toEqual(['1: 11 venue', '4: 11 venue']);
});

test('a published candle of the venue that was altered is named, and made anew by a repair', async () => {
  const rig = await open();
  told(rig, 1, 2);
  await published(rig);
  const { candleFiles, instruments } = rig.core;
  const rows = await candleFiles.read('BINANCE', START);
  rows.close[0] = 11.5;
  await candleFiles.publishHour('BINANCE', START, rows);
  const report = await verifyCore(rig.core, AbortSignal.timeout(60_000));
  expect(mismatches(report)).toBe(1);
  expect(report.problems).toMatchObject([
    { kind: 'venue candle differs', instrument: instruments.at(0).key },
  ]);
  await rig[Symbol.asyncDispose]();
  await using again = await Rig.open({ dataDir: rig.dataDir, clock: rig.clock });
  expect(await published(again)).toEqual(['1: 11 venue', '2: 11 venue']);
});

test("our candles and the venue's own are compared field by field, where the venue told", async () => {
  await using rig = await open();
  await rig.live(trades(1, 3, { timeMicros: at(1), price: '20', quantity: '1' }));
  await rig.live(trades(4, 2, { timeMicros: at(2), price: '20', quantity: '1' }));
  const same = { open: '20', high: '20', low: '20', close: '20', volume: '3', trades: 3 };
  const rows = [kline({ openTime: at(1), ...same }), kline({ openTime: at(2), ...same })];
  rig.sink.answer('rest', rig.clock.nowMicros(), klinesOf('BTCUSDT', rows));
  rig.control({ type: 'clock' });
  await published(rig);
  const found = [];
  for await (const some of compareWithVenue(rig.core, { fromMicros: at(0), toMicros: at(10) }))
    found.push(...some);
  expect(
    found.map(({ openTime, field, ours, theirs }) => [openTime.slice(14, 16), field, ours, theirs]),
  ).toEqual([
    ['02', 'volume', 2, 3],
    ['02', 'tradeCount', 2, 3],
  ]);
});

test('imported candles of days long past stand in files of their own, without a tick, and sparse minutes are told', async () => {
  const first = await open();
  const day = START - 30 * 24 * HOUR;
  const candles = [0, 3, 4].map((minute) => ({
    openTimeMicros: day + minute * MINUTE,
    open: 10,
    high: 12,
    low: 9,
    close: 11,
    volume: '7',
  }));
  const span = { fromMicros: day, toMicros: day + 6 * MINUTE };
  const told = { instrument: BTC, minutes: 1, ...span };
  first.sink.answer('import', first.clock.nowMicros(), encodeImport({ ...told, candles }));
  first.sink.answer(
    'import',
    first.clock.nowMicros(),
    encodeImport({ ...told, candles: candles.toReversed() }),
  );
  expect(await published(first)).toHaveLength(3);
  await first.live(trades(1, 3, { timeMicros: at(9), price: '20' }));
  await using rig = await first.reopen();
  const sources = (await published(rig)).map((row) => row.split(': ')[1]);
  expect(sources).toEqual(['11 venue', '11 venue', '11 venue', '20 ticks']);
  const { untraded, missing } = await venueCoverage(rig.core, { instrument: BTC, ...span });
  expect([untraded.length, missing.length]).toEqual([3, 0]);
  expect(rig.core.pipeline.fold.decoder('binance').counts.rejected.outOfOrder).toBe(0);
  await noMismatch(rig);
});

test('a sealed part of venue rows that was damaged is set aside and made anew from the journal', async () => {
  const rig = await open();
  told(rig, 1, 2);
  await published(rig);
  await rig.core.tickFile.seal();
  const { dataDir, clock } = rig;
  await rig[Symbol.asyncDispose]();
  const names = await readdir(join(dataDir, 'ticks'), { recursive: true });
  const part = names.find((name) => name.endsWith('.venue')) ?? '';
  await writeFile(join(dataDir, 'ticks', part), 'nothing of the kind');
  await rm(join(dataDir, 'live/candles'), { recursive: true, force: true });
  const config = {
    dataDir,
    ingestor: { memoryHours: 2, journal: { fileBytes: 1 << 20, syncIntervalMs: 20 } },
  };
  const signal = AbortSignal.timeout(60_000);
  const work = { config, version: '0', clock: systemClock, log: quietLog, signal };
  const repair = await repairStore(work as unknown as Parameters<typeof repairStore>[0]);
  expect(repair.actions.map(({ did }) => did)).toContain('made it anew: 3 of 3 venue rows');
  expect(repair.after.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  await using again = await Rig.open({ dataDir, clock });
  expect(await published(again)).toEqual(['1: 11 venue', '2: 11 venue']);
  await using anyone = await openDatabase({ path: ':memory:', log: quietLog });
  const [row] = await anyone.read(`SELECT count(*) AS told FROM read_parquet('${dataDir}/ticks/**/*.venue')`);
  expect(row).toEqual({ told: 3 });
});
