import { calendars } from '@tickwright/market';
import { expect, test } from 'vitest';
import { squareOffMicros } from './session-times.ts';

function squareOffOn(calendar: string, date: string): string[] {
  const days = calendars(calendar);
  return days
    .sessionsOn(date)
    .map((session) => new Date(squareOffMicros(session, '15:20', days) / 1000).toISOString());
}

test('the square-off is at its time of day in the venue’s zone', () => {
  expect(squareOffOn('nse', '2026-11-18')).toEqual(['2026-11-18T09:50:00.000Z']); // 15:20 in India
  expect(squareOffOn('always', '2026-11-18')).toEqual(['2026-11-18T15:20:00.000Z']);
});

test('a session without that time of day is squared off ten minutes before its end', () => {
  expect(squareOffOn('nse', '2025-10-21')).toEqual(['2025-10-21T09:05:00.000Z']); // 13:45 to 14:45
  expect(squareOffOn('nse', '2024-03-02')).toEqual(['2024-03-02T04:20:00.000Z', '2024-03-02T06:50:00.000Z']);
});
