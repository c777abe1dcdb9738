import { calendars } from '@tickwright/market';
import { expect, test } from 'vitest';
import { endedDays } from './session-days.ts';

const nse = calendars('nse');
const ist = (date: string, time: string): number => Date.parse(`${date}T${time}+05:30`) * 1000;
const dates = (now: number, name = 'nse'): string[] =>
  endedDays(calendars(name), now).map(({ date }) => date);

test('a day has ended five minutes after its last close, and the last seven are made up for', () => {
  expect(dates(ist('2026-02-03', '15:34')).at(-1)).toBe('2026-02-02');
  const days = endedDays(nse, ist('2026-02-03', '15:35'));
  expect(days.map(({ date }) => date)).toEqual([
    '2026-01-27',
    '2026-01-28',
    '2026-01-29',
    '2026-01-30',
    '2026-02-01',
    '2026-02-02',
    '2026-02-03',
  ]);
  expect(days.at(-1)).toEqual({
    calendar: 'nse',
    date: '2026-02-03',
    fromMicros: ist('2026-02-03', '09:15'),
    toMicros: ist('2026-02-03', '15:30'),
    dueMicros: ist('2026-02-03', '15:35'),
  });
});

test('between the two sessions of a day it has not ended', () => {
  expect(dates(ist('2024-03-02', '10:30')).at(-1)).toBe('2024-03-01');
  expect(endedDays(nse, ist('2024-03-02', '12:35')).at(-1)).toMatchObject({
    fromMicros: ist('2024-03-02', '09:15'),
    toMicros: ist('2024-03-02', '12:30'),
  });
});

test('a market that never closes ends its days at midnight UTC; a year without data has none', () => {
  expect(dates(Date.UTC(2026, 1, 3, 0, 4) * 1000, 'always').at(-1)).toBe('2026-02-01');
  expect(dates(Date.UTC(2026, 1, 3, 0, 5) * 1000, 'always').at(-1)).toBe('2026-02-02');
  expect(dates(ist('2027-03-02', '18:00'))).toEqual([]);
});
