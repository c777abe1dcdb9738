import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STREAM_LIMITS } from '../limits.ts';
import { isMute, judgeInstrument, learned, staleAfterMs } from './watchdog.ts';
import type { Habit } from './watchdog.ts';

const limits = STREAM_LIMITS;
const habitOf = (gapMs: number, gaps = 100): Habit => ({ gaps, meanGapMs: gapMs });

test('the habit is the mean of the first gaps, and later follows the recent ones', () => {
  let habit: Habit = { gaps: 0, meanGapMs: 0 };
  for (const gap of [100, 200, 300]) habit = learned(habit, gap);
  expect(habit.meanGapMs).toBeCloseTo(200, 9);
  for (let i = 0; i < 500; i++) habit = learned(habit, 5_000);
  expect(habit.meanGapMs).toBeGreaterThan(4_900);
});

test('the habit lies between the smallest and the largest gap', () => {
  const run = (gaps: number[]): void => {
    const habit = gaps.reduce<Habit>(learned, { gaps: 0, meanGapMs: 0 });
    expect(habit.meanGapMs).toBeGreaterThanOrEqual(Math.min(...gaps) - 1e-6);
    expect(habit.meanGapMs).toBeLessThanOrEqual(Math.max(...gaps) + 1e-6);
  };
  fc.assert(fc.property(fc.array(fc.nat(1e6), { minLength: 1 }), run));
});

test('a liquid instrument is stale after 30 s, a slow one after twenty of its own gaps, an unknown one after minutes', () => {
  expect(staleAfterMs(habitOf(200), limits)).toBe(30_000);
  expect(staleAfterMs(habitOf(60_000), limits)).toBe(1_200_000);
  expect(staleAfterMs(habitOf(200, 3), limits)).toBe(limits.firstTickMs);
});

test.each([
  [0, 1_000, 'acknowledged'],
  [0, 31_000, 'stale'],
  [1, 1_000, 'first-tick'],
  [2, 1_000, 'live'],
  [2, 16_000, 'quiet'],
  [2, 31_000, 'stale'],
] as const)('after %i ticks and %i ms of silence a liquid instrument is %s', (ticksSeen, silentMs, state) => {
  expect(judgeInstrument({ ticksSeen, silentMs, habit: habitOf(1_000) }, limits)).toBe(state);
});

test('a connection is mute when its instruments together would have ticked many times over', () => {
  expect(isMute({ silentMs: 31_000, habits: [habitOf(1_000)], limits })).toBe(true);
  expect(isMute({ silentMs: 29_000, habits: [habitOf(1_000)], limits })).toBe(false);
  const slow = Array.from({ length: 100 }, () => habitOf(300_000));
  expect(isMute({ silentMs: 59_000, habits: slow, limits })).toBe(false);
  expect(isMute({ silentMs: 61_000, habits: slow, limits })).toBe(true);
  expect(isMute({ silentMs: 3_600_000, habits: slow.slice(0, 1), limits })).toBe(false);
});

test('a connection of which nothing is known is mute only when several instruments should tell something', () => {
  const unknown = habitOf(0, 0);
  expect(isMute({ silentMs: 1e9, habits: [], limits })).toBe(false);
  expect(isMute({ silentMs: 1e9, habits: [unknown], limits })).toBe(false);
  expect(isMute({ silentMs: limits.firstDataMs + 1, habits: [unknown, unknown], limits })).toBe(true);
});
