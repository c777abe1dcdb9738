import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TICK_ANCHOR, anchorPath, statusPath } from '@tickwright/store';
import { afterEach, expect, test } from 'vitest';
import { publishedCandles, candlesBySql, storedIds } from '../candles/plain-candles-fixture.ts';
import {
  KEYS,
  MINUTE,
  Rig,
  START,
  removeFolders,
  temporaryFolder,
  trade,
  trades,
  whileTimePasses,
} from '../core-fixture.ts';
import { mismatches, verifyCore } from '../verification/verify-core.ts';
import { holdElsewhere } from './held-file-fixture.ts';

afterEach(removeFolders);

const never = new AbortController().signal;
const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `${KEYS[0]} ${from + at}`).toSorted();

/** Rounds of storing until the file is open. */
async function opened(rig: Rig): Promise<void> {
  for (let round = 0; !rig.core.pipeline.isLive; round += 1) {
    if (round > 200) throw new Error('the tick file was not opened');
    await rig.clock.advance(500);
    await whileTimePasses(rig.clock, Promise.resolve(rig.core.store(never)));
  }
}

async function storedRun(): Promise<string> {
  const rig = await Rig.open();
  await rig.live(trades(1, 30));
  await rig.settle();
  await rig[Symbol.asyncDispose]();
  return rig.dataDir;
}

const liveFile = (dataDir: string): string => join(dataDir, 'live', 'ticks_today.duckdb');

test('a tick file that another process has at the start is opened when it is free, and frames of the time before are stored exactly once', async () => {
  const dataDir = await storedRun();
  await using holder = await holdElsewhere(liveFile(dataDir));
  await using rig = await Rig.open({ dataDir, whenTickFileAway: 'open-later' });
  await rig.core.begin();
  rig.control({ type: 'acknowledged', instruments: KEYS });
  // Ids 21..30 are stored already, and 31..40 come twice.
  await rig.live(trades(21, 20, { timeMicros: START + 20_000_000 }));
  await rig.live(trades(31, 10, { timeMicros: START + 30_000_000 }));
  await rig.clock.advance(1_000);
  await rig.core.store(never);
  expect(rig.core.pipeline.isLive).toBe(false);
  expect(rig.core.flusher.health).toMatchObject({ state: 'journal-only', failures: 1 });
  expect(rig.core.pipeline.lastReceiveMicros(KEYS[0] ?? '')).toBe(START + 39_000_000);
  await expect(rig.core.tickFile.countTicks({})).rejects.toMatchObject({ code: 'database-locked' });
  expect(await rig.settle()).toBe(false);
  await holder.release();
  await opened(rig);
  expect(rig.core.flusher.health.state).toBe('ok');
  await rig.live(trades(36, 25, { timeMicros: START + MINUTE }));
  expect(await rig.settle()).toBe(true);
  expect((await storedIds(rig.core)).toSorted()).toEqual(ids(1, 60));
  expect(await publishedCandles(rig.core)).toEqual(await candlesBySql(rig.core));
  expect(mismatches(await verifyCore(rig.core, never))).toBe(0);
});

test('frames that come while the journal is applied are folded after it, each once', async () => {
  const dataDir = await storedRun();
  const holder = await holdElsewhere(liveFile(dataDir));
  await using rig = await Rig.open({ dataDir, whenTickFileAway: 'open-later' });
  await rig.live(trades(31, 100, { timeMicros: START + MINUTE }));
  await holder.release();
  let id = 131;
  const opening = opened(rig);
  while (!rig.core.pipeline.isLive) {
    await rig.live([trade({ id, timeMicros: START + 3 * MINUTE + id * 1_000 })]);
    id += 1;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await opening;
  await rig.settle();
  expect((await storedIds(rig.core)).length).toBe(id - 1);
  expect(mismatches(await verifyCore(rig.core, never))).toBe(0);
});

test('a run that ends before the tick file is free leaves its frames to the next one', async () => {
  const dataDir = await storedRun();
  const holder = await holdElsewhere(liveFile(dataDir));
  const rig = await Rig.open({ dataDir, whenTickFileAway: 'open-later' });
  await rig.core.begin();
  await rig.live(trades(31, 10));
  await rig[Symbol.asyncDispose]();
  await holder.release();
  await using next = await Rig.open({ dataDir });
  expect((await storedIds(next.core)).length).toBe(40);
});

test('a second instance is refused by the state file, whatever it finds of the tick file', async () => {
  const dataDir = await storedRun();
  await using _holder = await holdElsewhere(join(dataDir, 'state.duckdb'));
  await expect(Rig.open({ dataDir, whenTickFileAway: 'open-later' })).rejects.toMatchObject({
    code: 'database-locked',
    exitCode: 4,
  });
});

test('without being told otherwise a tick file that another process has is an error', async () => {
  const dataDir = await storedRun();
  await using _holder = await holdElsewhere(liveFile(dataDir));
  await expect(Rig.open({ dataDir })).rejects.toMatchObject({ code: 'database-locked', exitCode: 4 });
});

test('a journal that was lost while the tick file was away goes on behind what the anchor tells', async () => {
  const dataDir = await storedRun();
  await rm(join(dataDir, 'journal'), { recursive: true });
  await rm(statusPath(dataDir));
  const holder = await holdElsewhere(liveFile(dataDir));
  await using rig = await Rig.open({ dataDir, whenTickFileAway: 'open-later' });
  await rig.live(trades(31, 10));
  await holder.release();
  await opened(rig);
  expect((await storedIds(rig.core)).length).toBe(40);
});

test('a tick file that is an older one when it comes back is brought up from the journal; without that, the loss is named', async () => {
  const dataDir = await storedRun();
  const older = await temporaryFolder();
  await cp(liveFile(dataDir), join(older, 'ticks'));
  const next = await Rig.open({ dataDir });
  await next.live(trades(31, 10));
  await next.settle();
  await next[Symbol.asyncDispose]();
  for (const hasJournal of [true, false]) {
    const image = await temporaryFolder();
    await cp(dataDir, image, { recursive: true });
    await cp(join(older, 'ticks'), liveFile(image));
    if (!hasJournal) await rm(join(image, 'journal'), { recursive: true });
    const holder = await holdElsewhere(liveFile(image));
    await using rig = await Rig.open({ dataDir: image, whenTickFileAway: 'open-later' });
    await holder.release();
    if (!hasJournal) await expect(opened(rig)).rejects.toMatchObject({ code: 'store-loss', exitCode: 4 });
    else {
      await opened(rig);
      expect((await storedIds(rig.core)).length).toBe(40);
    }
  }
});

test('offsets given twice, because journal and anchor were lost while the tick file was away, are named and not taken for stored', async () => {
  const dataDir = await storedRun();
  await rm(join(dataDir, 'journal'), { recursive: true });
  await rm(statusPath(dataDir));
  await rm(anchorPath(liveFile(dataDir), TICK_ANCHOR));
  const holder = await holdElsewhere(liveFile(dataDir));
  await using rig = await Rig.open({ dataDir, whenTickFileAway: 'open-later' });
  await rig.live(trades(31, 10));
  await holder.release();
  await expect(opened(rig)).rejects.toMatchObject({ code: 'offsets-taken' });
  await expect(opened(rig)).rejects.toMatchObject({ code: 'offsets-taken' });
});
