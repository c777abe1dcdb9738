import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listParts, listPieces, tickPaths } from '@tickwright/store';
import { checkCandleFiles, checkParts, setAsideCandleFiles } from '@tickwright/upkeep';
import { afterEach, expect, test } from 'vitest';
import { KEYS, HOUR, Rig, START, quietLog, removeFolders, trade, trades } from './core-fixture.ts';
import { dayWorkOf, retentionOf } from './day-work-fixture.ts';
import { publishedRows, storedIds } from './candles/plain-candles-fixture.ts';
import { spansOfLoss } from './repair/lost-spans.ts';
import { rebuildDifferingHours } from './repair/rebuilt-candles.ts';
import { mismatches, verifyCore } from './verification/verify-core.ts';

afterEach(removeFolders);

const never = new AbortController().signal;
const DAY = 24 * HOUR;

/** Ids 1..20 on the first day, 21..40 four days later, each day sealed when it was over. */
async function twoDays(options: { isCoverageStored?: boolean } = {}): Promise<Rig> {
  const rig = await Rig.open({ memoryHours: 1 });
  rig.control({ type: 'acknowledged', instruments: KEYS });
  for (const [first, startMicros] of [
    [1, START],
    [21, START + 4 * DAY],
  ] as const) {
    rig.clock.set(startMicros);
    await rig.live(trades(first, 20, { timeMicros: startMicros }));
    if (options.isCoverageStored !== false) rig.core.flusher.askCoverage();
    await rig.settle();
    rig.clock.set(startMicros + DAY);
    await dayWorkOf(rig).round();
  }
  return rig;
}

async function idsIn(rig: Rig): Promise<number[]> {
  return (await storedIds(rig.core)).map((name) => Number(name.split(' ').at(-1))).toSorted((a, b) => a - b);
}

test('days of ticks past their limit go, their candles stay as they are, and verification judges neither', async () => {
  let rig = await twoDays();
  const candles = await publishedRows(rig.core);
  expect(await listParts(tickPaths(rig.dataDir).parts)).toHaveLength(2);
  const uses = await retentionOf(rig, { tickDays: 3 }).round();
  expect(uses.find(({ store }) => store === 'ticks')).toMatchObject({ count: 1, limit: { hours: 72 } });
  expect(await idsIn(rig)).toEqual(Array.from({ length: 20 }, (_, at) => 21 + at));
  for (let start = 0; start < 2; start += 1) {
    expect(await publishedRows(rig.core)).toEqual(candles);
    expect(mismatches(await verifyCore(rig.core, never))).toBe(0);
    rig = await rig.reopen();
  }
  // What is known of ids outlives the ticks: an old one that comes again is a duplicate.
  await rig.live([trade({ id: 7, timeMicros: START + 6_000_000 })]);
  await rig.settle();
  expect(await idsIn(rig)).not.toContain(7);
  await rig[Symbol.asyncDispose]();
});

test('neither a check nor a repair takes removed ticks for lost, or what is left of them for all there is of a candle', async () => {
  await using rig = await twoDays();
  const candles = await publishedRows(rig.core);
  await retentionOf(rig, { tickDays: 3 }).round();
  const found = await checkParts(rig.dataDir, 'whole');
  expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
  // Some of it may be there again: a late tick of a minute that is gone.
  await rig.take([trade({ id: 41, price: '9999', timeMicros: START + 1_000_000 })]);
  await rig.settle();
  expect(await rebuildDifferingHours(rig.core, never)).toEqual([]);
  expect(await publishedRows(rig.core)).toEqual(candles);
  expect(await spansOfLoss(rig.core, [])).toEqual([]);
});

test('a damaged candle file whose ticks were removed is told, and stays where it is', async () => {
  const rig = await twoDays();
  await retentionOf(rig, { tickDays: 3 }).round();
  await rig[Symbol.asyncDispose]();
  const [oldest, ...others] = (await listPieces({ dataDir: rig.dataDir })).map(({ path }) => path).toSorted();
  for (const path of [oldest ?? '', others.at(-1) ?? '']) await writeFile(path, 'no parquet');
  const findings = (await checkCandleFiles(rig.dataDir)).filter(({ severity }) => severity === 'error');
  const told = new Map(findings.map(({ subject, canRepair }) => [subject, canRepair]));
  expect([told.get(oldest ?? ''), told.get(others.at(-1) ?? '')]).toEqual([false, true]);
  const { candleFiles } = await setAsideCandleFiles({ ...rig, log: quietLog }, findings);
  expect(candleFiles).toEqual([others.at(-1)]);
});

test('ticks whose ids are stored nowhere else stay, whatever the limit says', async () => {
  await using rig = await twoDays({ isCoverageStored: false });
  await retentionOf(rig, { tickDays: 3 }).round();
  expect(await idsIn(rig)).toHaveLength(40);
});

test('a late tick of a removed day does not replace a whole candle by a part of it', async () => {
  await using rig = await twoDays();
  await retentionOf(rig, { tickDays: 3 }).round();
  const candles = await publishedRows(rig.core);
  const [first] = candles;
  // An id that was never seen, with the time of a candle whose ticks are gone.
  await rig.take([trade({ id: 41, price: '9999', timeMicros: START + 1_000_000 })]);
  await rig.settle();
  await rig.settle();
  expect(await idsIn(rig)).toContain(41);
  expect((await publishedRows(rig.core))[0]).toEqual(first);
  expect(mismatches(await verifyCore(rig.core, never))).toBe(0);
});

test('ids that are missing after what is kept begins are still found', async () => {
  await using rig = await twoDays();
  await retentionOf(rig, { tickDays: 3 }).round();
  rig.clock.set(START + 5 * DAY);
  await rig.live(trades(41, 10, { timeMicros: START + 5 * DAY }));
  await rig.settle();
  await rig.core.tickFile.database.write((tx) => tx.run('DELETE FROM ticks WHERE trade_id = 45'));
  const { counts } = await verifyCore(rig.core, never);
  expect(counts).toMatchObject({ 'ids missing': 1 });
});

test('a journal past its bytes keeps the frames that are not sealed, and says so once; sealed ones go', async () => {
  const warnings: string[] = [];
  const ignore = (): void => undefined;
  const log = {
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (_: object, text: string) => void warnings.push(text),
  };
  let rig = await Rig.open();
  // A journal file for each run, so that there is something to remove.
  for (let run = 0; run < 3; run += 1) {
    await rig.live(trades(1 + run * 10, 10));
    await rig.settle();
    rig = await rig.reopen();
  }
  const files = async (): Promise<number> => (await readdir(join(rig.dataDir, 'journal'))).length;
  const before = await files();
  expect(before).toBeGreaterThanOrEqual(3);
  const limits = { journal: { bytes: 1, hours: 1_000 } };
  const retention = retentionOf({ core: rig.core, clock: rig.clock, log }, limits);
  await retention.round();
  await retention.round();
  expect(await files()).toBe(before);
  expect(warnings).toEqual([expect.stringContaining('are not sealed yet: they stay')]);
  rig.clock.set(START + DAY);
  await dayWorkOf(rig, limits).round();
  expect(await files()).toBe(1);
  expect(await idsIn(rig)).toHaveLength(30);
  await rig[Symbol.asyncDispose]();
});

test('what was set aside stays past its limit and is warned of, unless an age is configured', async () => {
  await using rig = await Rig.open();
  const folder = join(rig.dataDir, 'quarantine');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'old.wal'), 'x'.repeat(100));
  await utimes(join(folder, 'old.wal'), 1, 1);
  rig.clock.set(Date.now() * 1_000);
  const quarantine = { bytes: 10, hours: 24 };
  const uses = await retentionOf(rig, { quarantine }).round();
  expect(uses.find(({ store }) => store === 'quarantine')).toMatchObject({
    bytes: 100,
    warning: expect.stringContaining('limits.quarantine.deleteAfterDays'),
  });
  // Set aside just now, whatever the age of what it holds.
  await retentionOf(rig, { quarantine: { ...quarantine, deleteAfterDays: 1 } }).round();
  expect(await readdir(folder)).toEqual(['old.wal']);
  rig.clock.set((Date.now() + 2 * 86_400_000) * 1_000);
  await retentionOf(rig, { quarantine: { ...quarantine, deleteAfterDays: 1 } }).round();
  expect(await readdir(folder)).toEqual([]);
});

test('candles past their years go only when their ticks are gone', async () => {
  await using rig = await twoDays();
  rig.clock.set(START + 400 * DAY);
  const before = await publishedRows(rig.core);
  await retentionOf(rig, { candleYears: 1, tickDays: 10_000 }).round();
  expect(await publishedRows(rig.core)).toEqual(before);
  await retentionOf(rig, { candleYears: 1, tickDays: 397 }).round();
  await retentionOf(rig, { candleYears: 1, tickDays: 397 }).round();
  const left = await publishedRows(rig.core);
  expect(left.length).toBeGreaterThan(0);
  expect(left.length).toBeLessThan(before.length);
  expect(mismatches(await verifyCore(rig.core, never))).toBe(0);
});
