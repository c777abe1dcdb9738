import { ManualClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { CoverageSchedule } from './coverage-schedule.ts';

test('a snapshot is due after a minute, after a million ticks, and when it is asked for; then not until the next', async () => {
  const clock = new ManualClock();
  const schedule = new CoverageSchedule(clock);
  expect(schedule.isDue).toBe(false);
  await clock.advance(60_000);
  expect(schedule.isDue).toBe(true);
  schedule.taken();
  expect(schedule.isDue).toBe(false);
  schedule.stored(999_999);
  expect(schedule.isDue).toBe(false);
  schedule.stored(1);
  expect(schedule.isDue).toBe(true);
  schedule.taken();
  schedule.ask();
  expect(schedule.isDue).toBe(true);
  schedule.taken();
  expect(schedule.isDue).toBe(false);
});
