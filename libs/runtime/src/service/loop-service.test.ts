import { ManualClock } from '../clock/manual-clock.ts';
import { expect, test } from 'vitest';
import { EarlyRound } from './early-round.ts';
import { loopService } from './loop-service.ts';

interface Loop {
  readonly clock: ManualClock;
  readonly early: EarlyRound;
  readonly counts: { rounds: number; missed: number };
  readonly startedAtMs: number[];
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** A loop at a pace of 100 ms whose rounds take these times, one after the other, then none. */
function loopOf(takesMs: readonly number[], early = new EarlyRound()): Loop {
  const clock = new ManualClock();
  const counts = { rounds: 0, missed: 0 };
  const startedAtMs: number[] = [];
  const left = [...takesMs];
  const stop = new AbortController();
  const service = loopService({
    name: 'test',
    intervalMs: 100,
    clock,
    counts,
    early,
    work: async () => {
      startedAtMs.push(clock.monotonicMs());
      await clock.sleep(left.shift() ?? 0);
    },
  });
  return { clock, early, counts, startedAtMs, stop, ended: service.run(stop.signal) };
}

test('rounds follow one another at the pace, however long a round within it takes', async () => {
  const { clock, counts, startedAtMs, stop, ended } = loopOf([0, 60, 99, 0]);
  await clock.advance(450);
  expect(startedAtMs).toEqual([100, 200, 300, 400]);
  expect(counts).toEqual({ rounds: 4, missed: 0 });
  stop.abort();
  await ended;
});

test('a round that takes longer is not overlapped: those that it covers are counted as missed, and the pace goes on', async () => {
  const { clock, counts, startedAtMs, stop, ended } = loopOf([250, 0, 101]);
  await clock.advance(850);
  expect(startedAtMs).toEqual([100, 400, 500, 700, 800]);
  expect(counts).toEqual({ rounds: 5, missed: 3 });
  stop.abort();
  await ended;
});

test('an abort ends the loop at once, without waiting for the next round', async () => {
  const { clock, counts, stop, ended } = loopOf([]);
  await clock.advance(130);
  stop.abort();
  await ended;
  expect(clock.sleeping).toBe(0);
  await clock.advance(1_000);
  expect(counts.rounds).toBe(1);
});

test('an abort during a round ends the loop when the round has ended', async () => {
  const { clock, counts, stop, ended } = loopOf([50]);
  await clock.advance(120);
  stop.abort();
  expect(counts.rounds).toBe(0);
  await clock.advance(30);
  await ended;
  expect(counts.rounds).toBe(1);
});

test('a round that is asked for comes at once, and the pace stays as it was', async () => {
  const { clock, early, counts, startedAtMs, stop, ended } = loopOf([]);
  await clock.advance(130);
  early.ask();
  await clock.advance(200);
  expect(startedAtMs).toEqual([100, 130, 200, 300]);
  expect(counts).toEqual({ rounds: 4, missed: 0 });
  stop.abort();
  await ended;
});

test('a round that is asked for while one is under way comes after it, once however often it was asked for', async () => {
  const { clock, early, startedAtMs, stop, ended } = loopOf([40]);
  await clock.advance(110);
  early.ask();
  early.ask();
  await clock.advance(200);
  expect(startedAtMs).toEqual([100, 140, 200, 300]);
  stop.abort();
  await ended;
});

test('a round asked for that outlasts its neighbour of the pace takes no round away from it', async () => {
  const { clock, early, counts, startedAtMs, stop, ended } = loopOf([0, 90, 0]);
  await clock.advance(150);
  early.ask();
  await clock.advance(170);
  expect(startedAtMs).toEqual([100, 150, 240, 300]);
  expect(counts.missed).toBe(0);
  stop.abort();
  await ended;
});

test('a round that is to come some time after it was asked for comes then, and has what was asked for meanwhile', async () => {
  const { clock, early, counts, startedAtMs, stop, ended } = loopOf([], new EarlyRound({ afterMs: 30 }));
  await clock.advance(120);
  early.ask();
  await clock.advance(20);
  early.ask();
  await clock.advance(70);
  expect(startedAtMs).toEqual([100, 150, 200]);
  expect(counts).toEqual({ rounds: 3, missed: 0 });
  stop.abort();
  await ended;
});
