import { tmpdir } from 'node:os';
import { ManualClock } from '@tickwright/runtime';
import { afterEach, expect, test } from 'vitest';
import { KEYS, MINUTE, Rig, START, removeFolders, trades } from '../core-fixture.ts';
import { diskSpace, reserveOf } from './disk-space.ts';
import { MIB, journalHealth, watchedDisk } from './disk-watch-fixture.ts';

afterEach(removeFolders);

/** A stream's side of it, as a list of what was asked. */
function asked(): { told: string[]; suspend(reason: string): void; restart(): void } {
  const told: string[] = [];
  return {
    told,
    suspend: (reason) => void told.push(`suspend ${reason}`),
    restart: () => void told.push('restart'),
  };
}

test('below the reserve all streams are suspended, once, and restarted only with a quarter more', async () => {
  const streams = [asked(), asked()];
  const disk = watchedDisk({ journal: journalHealth('ok'), streams, clock: new ManualClock() });
  const steps: [number, string, number][] = [
    [1_024, 'ok', 0],
    [1_023, 'paused', 1],
    [10, 'paused', 1],
    [1_024, 'paused', 1],
    [1_279, 'paused', 1],
    [1_280, 'ok', 2],
    [1_030, 'ok', 2],
    [900, 'paused', 3],
  ];
  for (const [freeMib, state, calls] of steps) {
    disk.freeBytes = freeMib * MIB;
    await disk.watch.round();
    expect([freeMib, disk.watch.health.state, streams[0]?.told.length]).toEqual([freeMib, state, calls]);
  }
  expect(streams.map(({ told }) => told)).toEqual([
    ['suspend disk', 'restart', 'suspend disk'],
    ['suspend disk', 'restart', 'suspend disk'],
  ]);
  expect(disk.watch.health).toMatchObject({ pauses: 2, reason: expect.stringContaining('900.0 MiB free') });
});

test('a journal that fails at two looks in a row pauses; one failed write does not; it must write again before they go on', async () => {
  const journal = { health: journalHealth('failing').health };
  const stream = asked();
  const disk = watchedDisk({ journal, streams: [stream], clock: new ManualClock() });
  const looks = async (...states: readonly ('ok' | 'failing')[]): Promise<void> => {
    for (const state of states) {
      journal.health = journalHealth(state).health;
      await disk.watch.round();
    }
  };
  await looks('failing', 'ok', 'failing', 'ok');
  expect(stream.told).toEqual([]);
  await looks('failing', 'failing', 'failing');
  expect(stream.told).toEqual(['suspend disk']);
  expect(disk.watch.health.reason).toContain('ENOSPC');
  disk.freeBytes = 10 * MIB;
  await looks('ok');
  expect(disk.watch.health.reason).toContain('10.0 MiB free');
  disk.freeBytes = 2_000 * MIB;
  await looks('ok');
  expect(stream.told).toEqual(['suspend disk', 'restart']);
});

test('a volume that cannot be looked at pauses nobody', async () => {
  const stream = asked();
  const disk = watchedDisk({ journal: journalHealth('ok'), streams: [stream], clock: new ManualClock() });
  disk.freeBytes = undefined;
  await disk.watch.round();
  expect([disk.watch.health.state, stream.told]).toEqual(['ok', []]);
});

test('the reserve is never more than its share of a small volume', async () => {
  const reserve = { reserveBytes: 1_024 * MIB, reservePercent: 10 };
  expect(reserveOf(100_000 * MIB, reserve)).toBe(1_024 * MIB);
  expect(reserveOf(64 * MIB, reserve)).toBe(Math.floor(6.4 * MIB));
  const { freeBytes, totalBytes } = await diskSpace(tmpdir());
  expect(freeBytes).toBeGreaterThan(0);
  expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
});

test('what is missed while paused is a gap of cause disk, the same after a crash, which the next ticks end', async () => {
  const instruments = KEYS.slice(0, 1);
  let rig = await Rig.open();
  rig.control({ type: 'acknowledged', instruments });
  await rig.live(trades(1, 20));
  rig.clock.set(START + MINUTE);
  rig.control({ type: 'paused', reason: 'disk', instruments });
  rig.control({ type: 'disconnected', reason: 'suspended', instruments });
  await rig.settle();
  const gaps = (): unknown[] =>
    rig.core.pipeline.gaps.open().map(({ cause, fromId, toId }) => [cause, fromId, toId]);
  expect(gaps()).toEqual([['disk', 21, -1]]);
  rig = await rig.crash();
  expect(gaps()).toEqual([['disk', 21, -1]]);
  rig.clock.set(START + 5 * MINUTE);
  rig.control({ type: 'requested', instruments });
  rig.control({ type: 'acknowledged', instruments });
  await rig.live(trades(50, 5, { timeMicros: START + 5 * MINUTE }));
  await rig.settle();
  expect(gaps()).toEqual([['disk', 21, 49]]);
  await rig[Symbol.asyncDispose]();
});
