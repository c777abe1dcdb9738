import { expect, test } from 'vitest';
import { ManualClock } from '@tickwright/runtime';
import { quietLog } from './queue-fixture.ts';
import { ScheduleError, nextTime, onSchedule } from './schedule.ts';

const micros = (text: string): number => Date.parse(text) * 1_000;

test('a time is in the zone of the venue', () => {
  const close = { pattern: '35 15 * * 1-5', timeZone: 'Asia/Kolkata' };
  // A Friday after the close: the next one is on Monday.
  expect(nextTime(close, micros('2026-11-20T10:04:59Z'))).toBe(micros('2026-11-20T10:05:00Z'));
  expect(nextTime(close, micros('2026-11-20T10:05:00Z'))).toBe(micros('2026-11-23T10:05:00Z'));
});

test('a change to summer time moves it', () => {
  const open = { pattern: '30 9 * * *', timeZone: 'America/New_York' };
  expect(nextTime(open, micros('2026-03-07T15:00:00Z'))).toBe(micros('2026-03-08T13:30:00Z'));
  expect(nextTime(open, micros('2026-03-06T15:00:00Z'))).toBe(micros('2026-03-07T14:30:00Z'));
});

test.each([
  ['61 * * * *', 'UTC'],
  ['not a pattern', 'UTC'],
  ['0 0 * * *', 'Mars/Olympus'],
])('"%s" in %s is an error that names both', (pattern, timeZone) => {
  const read = (): unknown => nextTime({ pattern, timeZone }, 0);
  expect(read).toThrow(ScheduleError);
  expect(read).toThrow(pattern);
});

test('work is done at its times, is not done twice for one, and a standstill is made up for once', async () => {
  const clock = new ManualClock({ startMicros: micros('2026-11-20T10:00:30Z') });
  const stop = new AbortController();
  const done: string[] = [];
  const running = onSchedule(
    { pattern: '* * * * *', timeZone: 'UTC' },
    {
      clock,
      log: quietLog,
      signal: stop.signal,
      work: async (due) => {
        done.push(new Date(due / 1_000).toISOString().slice(11, 16));
        if (done.length === 2) throw new Error('this one fails');
      },
    },
  );
  await clock.advance(150_000);
  expect(done).toEqual(['10:01', '10:02', '10:03']);
  // The machine slept: the wall clock has moved and nobody was woken.
  clock.set(micros('2026-11-20T14:00:10Z'));
  await clock.advance(60_000);
  expect(done).toEqual(['10:01', '10:02', '10:03', '10:04']);
  await clock.advance(60_000);
  expect(done).toEqual(['10:01', '10:02', '10:03', '10:04', '14:02']);
  stop.abort(new Error('stop'));
  await running;
});
