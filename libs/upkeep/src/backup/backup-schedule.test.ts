import { ManualClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { BackupSchedule } from './backup-schedule.ts';
import type { BackupReason } from './backup-schedule.ts';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 0, 5, 9) * 1_000;

interface Day {
  readonly clock: ManualClock;
  readonly state: { isOpen: boolean; last: number };
  /** Asks every minute; each backup that is due is made, unless told otherwise. */
  pass(minutes: number, isMade?: { readonly isMade: boolean }): Promise<(BackupReason | number)[]>;
}

function day(told: { everyMinutes: number; isOpen: boolean; closing?: 'elsewhere' }): Day {
  const clock = new ManualClock({ startMicros: START });
  const state = { isOpen: told.isOpen, last: 0 };
  const schedule = new BackupSchedule({
    ...told,
    clock,
    isSessionOpen: () => state.isOpen,
    lastMicros: () => state.last,
  });
  schedule.due();
  const pass: Day['pass'] = async (minutes, { isMade } = { isMade: true }) => {
    const seen: (BackupReason | number)[] = [];
    for (let minute = 1; minute <= minutes; minute += 1) {
      await clock.advance(MINUTE_MS);
      const reason = schedule.due();
      if (reason === undefined) continue;
      seen.push(minute, reason);
      if (isMade) state.last = clock.nowMicros();
    }
    return seen;
  };
  return { clock, state, pass };
}

test('a backup is due every interval while a session is open, and none at the start', async () => {
  const { pass } = day({ everyMinutes: 60, isOpen: true });
  expect(await pass(150)).toEqual([60, 'scheduled', 120, 'scheduled']);
});

test('one is due after the last session has closed, and then none until the next opens', async () => {
  const { state, pass } = day({ everyMinutes: 60, isOpen: true });
  expect(await pass(70)).toEqual([60, 'scheduled']);
  state.isOpen = false;
  expect(await pass(600)).toEqual([1, 'session closed']);
  state.isOpen = true;
  expect(await pass(2)).toEqual([1, 'scheduled']);
});

test('where others see to the one after a close, none is due while all sessions are closed', async () => {
  const { state, pass } = day({ everyMinutes: 60, isOpen: true, closing: 'elsewhere' });
  expect(await pass(70)).toEqual([60, 'scheduled']);
  state.isOpen = false;
  expect(await pass(600)).toEqual([]);
  state.isOpen = true;
  expect(await pass(2)).toEqual([1, 'scheduled']);
});

test('one that could not be made is due again after five minutes, also after the close', async () => {
  const { state, pass } = day({ everyMinutes: 60, isOpen: true });
  expect(await pass(66, { isMade: false })).toEqual([60, 'scheduled', 65, 'scheduled']);
  state.isOpen = false;
  expect(await pass(10, { isMade: false })).toEqual([4, 'session closed', 9, 'session closed']);
  expect(await pass(20)).toEqual([4, 'session closed']);
});

test('a restart does not make one before the interval since the last is over', async () => {
  const { state, pass } = day({ everyMinutes: 60, isOpen: true });
  state.last = START - 50 * MINUTE_MS * 1_000;
  expect(await pass(20)).toEqual([10, 'scheduled']);
});

test('with an interval of 0 none is ever due by itself', async () => {
  const { pass } = day({ everyMinutes: 0, isOpen: true });
  expect(await pass(300)).toEqual([]);
});
