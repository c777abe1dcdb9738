import { CommitInDoubtError, DatabaseFullError } from '@tickwright/database';
import { afterEach, expect, test } from 'vitest';
import { Rig, START, answerOf, removeFolders, trade, trades } from '../core-fixture.ts';
import type { Trade } from '../core-fixture.ts';
import { faultyFlusher } from './flusher-fixture.ts';
import type { Fault } from './flusher-fixture.ts';
import { idsOf, storedIds } from '../candles/plain-candles-fixture.ts';

afterEach(removeFolders);

const path = 'ticks_today.duckdb';
const full: Fault = () => Promise.reject(new DatabaseFullError({ path, found: 'a test' }));
const doubtful = (): CommitInDoubtError => new CommitInDoubtError({ path, found: 'a test' });
const lostCommit: Fault = () => Promise.reject(doubtful());
const untoldCommit: Fault = async (append) => {
  await append();
  throw doubtful();
};

/** All that was taken is stored once, now and after a restart. */
async function expectStored(rig: Rig, taken: readonly Trade[]): Promise<void> {
  expect(await storedIds(rig.core)).toEqual(idsOf(taken));
  await using next = await rig.reopen();
  expect(await storedIds(next.core)).toEqual(idsOf(taken));
}

test('an append that fails twice and then works stores every tick once', async () => {
  const rig = await Rig.open();
  const { flusher, faults, flush } = faultyFlusher(rig);
  faults.push(full, full);
  await rig.take(trades(1, 20));
  expect(await flush()).toBe(true);
  expect(flusher.health).toMatchObject({ state: 'ok', retries: 2, failures: 0, flushedRows: 20 });
  await expectStored(rig, trades(1, 20));
});

test.each([
  ['was done', untoldCommit, 0],
  ['was not done', lostCommit, 1],
] as const)('a commit in doubt that %s stores every tick once', async (_what, fault, retries) => {
  const rig = await Rig.open();
  const { flusher, faults, flush } = faultyFlusher(rig);
  await rig.take(trades(1, 20));
  faults.push(fault);
  expect(await flush()).toBe(true);
  // What the stored offset says to be in is not tried again.
  expect(flusher.health.retries).toBe(retries);
  await rig.take(trades(21, 10));
  expect(await flush()).toBe(true);
  expect(flusher.health.state).toBe('ok');
  await expectStored(rig, trades(1, 30));
});

test('when the tries are used up the ticks stay in memory, health says so, and a later flush stores all of them', async () => {
  const rig = await Rig.open();
  const { flusher, faults, flush } = faultyFlusher(rig);
  faults.push(...Array.from({ length: 8 }, () => full));
  await rig.take(trades(1, 20));
  expect(await flush()).toBe(false);
  await rig.take(trades(21, 20));
  expect(await flush()).toBe(false);
  expect(flusher.health).toMatchObject({ state: 'retrying', failures: 2, flushes: 0 });
  expect(flusher.health.lastError).toContain('no space left');
  expect(rig.core.pipeline.buffer.rows).toBe(40);
  await rig.take(trades(41, 1));
  expect(await flush()).toBe(true);
  expect(flusher.health).toMatchObject({ state: 'ok', flushedRows: 41, lastError: undefined });
  await expectStored(rig, trades(1, 41));
});

test('a flush that waits for the disk, begun by somebody who reads, ends with the run that joins it, and loses nothing', async () => {
  const rig = await Rig.open();
  const { flusher, flush } = faultyFlusher(rig);
  await rig.take(trades(1, 20));
  // The journal's clock stands: nothing becomes durable, as on a full disk.
  const asked = flusher.flush();
  const ending = new AbortController();
  const last = flusher.flush(ending.signal);
  ending.abort();
  expect(await Promise.all([asked, last])).toEqual([false, false]);
  expect(flusher.health).toMatchObject({ state: 'ok', failures: 0 });
  expect(await flush()).toBe(true);
  await expectStored(rig, trades(1, 20));
});

test('a given-up buffer is read back from the journal and joins without a seam while frames keep coming', async () => {
  await using undisturbed = await Rig.open();
  const rig = await Rig.open();
  const join = { due: trades(61, 7) };
  const { flusher, flush } = faultyFlusher(rig, () => {
    // What arrives while the catch-up ends: in the journal, folded, and not yet in the buffer.
    for (const each of join.due.splice(0)) void rig.take([each]);
  });
  const all = [...trades(1, 40), ...trades(30, 20), ...trades(50, 11), ...trades(61, 7), ...trades(60, 40)];
  await undisturbed.take(all);
  await undisturbed.flush();

  await rig.take(trades(1, 40));
  await flush();
  await rig.take(trades(30, 20));
  rig.core.pipeline.buffer.spill();
  await rig.take(trades(50, 11));
  const recovering = flush();
  expect(await recovering).toBe(true);
  expect(flusher.health.state).toBe('ok');
  // From here on ticks go by way of the buffer again.
  expect(rig.core.pipeline.buffer.isSpilled).toBe(false);
  await rig.take(trades(60, 40));
  expect(await flush()).toBe(true);
  expect(join.due).toEqual([]);
  expect(await storedIds(rig.core)).toEqual(await storedIds(undisturbed.core));
  await expectStored(rig, trades(1, 99));
});

test('a catch-up that fails stays in journal-only mode, says so, and the next one ends it', async () => {
  const rig = await Rig.open();
  const { flusher, faults, flush } = faultyFlusher(rig);
  await rig.take(trades(1, 20));
  rig.core.pipeline.buffer.spill();
  faults.push(full, full);
  for (const first of [21, 31]) {
    await rig.take(trades(first, 10));
    expect(await flush()).toBe(false);
    expect(flusher.health.state).toBe('journal-only');
    expect(rig.core.pipeline.buffer.isSpilled).toBe(true);
  }
  expect(await flush()).toBe(true);
  expect(flusher.health.state).toBe('ok');
  await expectStored(rig, trades(1, 40));
});

test('a tick that comes again after a crash is no new tick, whether a snapshot of ids was stored before it or after it', async () => {
  let rig = await Rig.open();
  for (const [first, waitMs] of [
    [1, 0],
    [21, 61_000],
    [41, 0],
    [61, 61_000],
    [81, 0],
  ] as const) {
    await rig.take(trades(first, 20));
    await rig.clock.advance(waitMs);
    await rig.flush();
    rig = await rig.crash();
    rig.sink.answer('rest', rig.clock.nowMicros(), answerOf('BTCUSDT', trades(1, first + 19)));
    await rig.take(trades(1, first + 19));
    expect(rig.core.pipeline.deduplicator.counts.accepted).toBe(0);
  }
  await rig.flush();
  await expectStored(rig, trades(1, 100));
});

test('ids of a snapshot whose flush failed are still covered after the next flush and a crash', async () => {
  const rig = await Rig.open();
  const { faults, flush } = faultyFlusher(rig);
  await rig.take(trades(1, 20));
  await rig.clock.advance(61_000);
  faults.push(...Array.from({ length: 4 }, () => full));
  expect(await flush()).toBe(false);
  await rig.take(trades(21, 20));
  expect(await flush()).toBe(true);
  const next = await rig.crash();
  await next.take(trades(1, 40));
  expect(next.core.pipeline.deduplicator.counts.accepted).toBe(0);
  await next.flush();
  await expectStored(next, trades(1, 40));
});

test('ids of a snapshot that was given up with the buffer are covered by the next snapshot', async () => {
  const rig = await Rig.open();
  const { faults, flush } = faultyFlusher(rig);
  await rig.take(trades(1, 20));
  await rig.clock.advance(61_000);
  faults.push(...Array.from({ length: 4 }, () => full));
  expect(await flush()).toBe(false);
  rig.core.pipeline.buffer.spill();
  expect(await flush()).toBe(true);
  await rig.clock.advance(61_000);
  // The next snapshot of changes is about another instrument alone.
  await rig.take([trade({ symbol: 'ETHUSDT', id: 1 })]);
  expect(await flush()).toBe(true);
  const next = await rig.crash();
  await next.take(trades(1, 20));
  expect(next.core.pipeline.deduplicator.counts.accepted).toBe(0);
  await expectStored(next, [...trades(1, 20), trade({ symbol: 'ETHUSDT', id: 1 })]);
});

test('ids of a snapshot that was due while nothing new had come are covered by the next snapshot', async () => {
  const rig = await Rig.open();
  await rig.take(trades(1, 20));
  await rig.flush();
  await rig.clock.advance(61_000);
  await rig.flush();
  await rig.clock.advance(61_000);
  await rig.take([trade({ symbol: 'ETHUSDT', id: 1 })]);
  await rig.flush();
  const next = await rig.crash();
  await next.take(trades(1, 20));
  expect(next.core.pipeline.deduplicator.counts.accepted).toBe(0);
  await expectStored(next, [...trades(1, 20), trade({ symbol: 'ETHUSDT', id: 1 })]);
});

test('gaps that waited while the buffer was given up are stored before the ticks that follow them', async () => {
  const rig = await Rig.open();
  const { flush } = faultyFlusher(rig);
  await rig.take(trades(1, 20));
  await flush();
  rig.core.pipeline.buffer.spill();
  await rig.take(trades(31, 5, { timeMicros: START + 30_000_000 }));
  const expected = rig.core.pipeline.gaps.open();
  expect(expected).toMatchObject([{ cause: 'sequence', fromId: 21, toId: 30 }]);
  expect(await flush()).toBe(true);
  await using next = await rig.crash();
  expect(next.core.pipeline.gaps.open()).toEqual(expected);
});

test('a tick file that was replaced by an older state of it gets what lies between from the journal', async () => {
  const rig = await Rig.open();
  const { flusher, flush } = faultyFlusher(rig);
  await rig.take(trades(1, 20));
  expect(await flush()).toBe(true);
  const { tickFile } = rig.core;
  const before = tickFile.appliedOffset;
  await rig.take(trades(21, 20));
  expect(await flush()).toBe(true);
  await tickFile.database.write(async (tx) => {
    await tx.run('DELETE FROM ticks WHERE frame_offset >= ?', [before]);
    await tx.run('DELETE FROM state WHERE applied_offset > ?', [before]);
  });
  expect(await tickFile.reload()).toBe(before);
  await rig.take(trades(41, 20));
  expect(await flush()).toBe(false);
  expect(flusher.health.state).toBe('journal-only');
  expect(await flush()).toBe(true);
  await expectStored(rig, trades(1, 60));
});
