import { expect, test } from 'vitest';
import { INTERVALS, bucketOf, intervalMicros, parseInterval } from './interval.ts';
import { calendars } from './session-calendar.ts';
import type { Interval } from './interval.ts';

const at = (text: string): number => Date.parse(text) * 1000;

function bucket(text: string, interval: Interval, calendar: string): string[] | undefined {
  const found = bucketOf(at(text), interval, calendars(calendar));
  if (found === undefined) return undefined;
  return [found.openMicros, found.closeMicros].map((micros) =>
    new Date(micros / 1000).toISOString().slice(11, 16),
  );
}

test('an unknown interval is refused with the allowed ones', () => {
  expect(parseInterval('15m')).toBe('15m');
  expect(() => parseInterval('2m')).toThrow(
    '"2m" is not a candle interval: expected one of 1m, 3m, 5m, 15m, 30m, 1h, 4h, 1d',
  );
});

test('buckets of a market that never closes are anchored at UTC midnight', () => {
  expect(bucket('2024-01-02T13:47:12Z', '4h', 'always')).toEqual(['12:00', '16:00']);
  expect(bucket('2024-01-02T23:59:59.999Z', '15m', 'always')).toEqual(['23:45', '00:00']);
  expect(bucket('2024-01-02T13:47:12Z', '1d', 'always')).toEqual(['00:00', '00:00']);
});

test('NSE buckets are anchored at 09:15 India time, not at the hour', () => {
  expect(bucket('2024-01-02T09:44:59+05:30', '30m', 'nse')).toEqual(['03:45', '04:15']);
  expect(bucket('2024-01-02T10:15:00+05:30', '1h', 'nse')).toEqual(['04:45', '05:45']);
});

test('the last bucket of a session ends with it', () => {
  expect(bucket('2024-01-02T15:20:00+05:30', '1h', 'nse')).toEqual(['09:45', '10:00']);
  expect(bucket('2024-01-02T14:00:00+05:30', '4h', 'nse')).toEqual(['07:45', '10:00']);
  expect(bucket('2024-01-02T14:00:00+05:30', '1d', 'nse')).toEqual(['03:45', '10:00']);
});

test('a time outside every session has no bucket', () => {
  expect(bucket('2024-01-02T09:14:59.999+05:30', '1m', 'nse')).toBeUndefined();
  expect(bucket('2024-01-02T15:30:00+05:30', '1m', 'nse')).toBeUndefined();
});

test('every interval is a whole number of minutes, and rising', () => {
  const lengths = INTERVALS.map((interval) => intervalMicros(interval) / 60_000_000);
  expect(lengths).toEqual([1, 3, 5, 15, 30, 60, 240, 1440]);
});
