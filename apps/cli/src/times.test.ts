import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime } from './formats.ts';
import { timeArgument, timeRange } from './times.ts';
import { UsageError } from './usage-error.ts';

const micros = (iso: string): number => Date.parse(iso) * 1_000;

test.each([
  ['2026-11-20', micros('2026-11-20T00:00:00Z')],
  ['2026-11-20T09:15', micros('2026-11-20T09:15:00Z')],
  ['2026-11-20 09:15:30', micros('2026-11-20T09:15:30Z')],
  ['2026-11-20T09:15:30.5Z', micros('2026-11-20T09:15:30.500Z')],
  ['2026-11-20T09:15:30.000001Z', micros('2026-11-20T09:15:30Z') + 1],
  ['2026-11-20T09:15+05:30', micros('2026-11-20T03:45:00Z')],
  ['2026-11-20T09:15:00-0500', micros('2026-11-20T14:15:00Z')],
  ['1969-12-31T23:59:59.25Z', -750_000],
])('%s is a time, UTC unless it names a zone', (text, expected) => {
  expect(timeArgument(text, 0)).toBe(expected);
});

test('now is the time it is', () => {
  expect(timeArgument('now', 42)).toBe(42);
});

test.each([
  'yesterday',
  '',
  '2026-13-01',
  '2026-02-30',
  '2026-11-20T25:00',
  '2026-11-20T09:15.5',
  '2026-11-20T09:15:00.1234567Z',
  '1732060800',
  '20/11/2026',
])('"%s" is no time', (text) => {
  expect(() => timeArgument(text, 0)).toThrow(UsageError);
});

test('every time that is printed can be typed back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (time) => {
      expect(timeArgument(isoTime(time), 0)).toBe(time);
    }),
  );
});

test('a range that is empty or the wrong way round is a mistake of its writer', () => {
  expect(timeRange({ from: '2026-11-20', to: '2026-11-21' }, 0)).toEqual({
    fromMicros: micros('2026-11-20T00:00:00Z'),
    toMicros: micros('2026-11-21T00:00:00Z'),
  });
  expect(timeRange({}, 0)).toEqual({});
  expect(() => timeRange({ from: '2026-11-21', to: '2026-11-20' }, 0)).toThrow(
    /--from 2026-11-21 is not before/,
  );
  expect(() => timeRange({ from: '2026-11-20', to: '2026-11-20' }, 0)).toThrow(UsageError);
});
