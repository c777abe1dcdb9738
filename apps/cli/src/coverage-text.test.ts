import type { CoverageJson } from '@tickwright/ingestor';
import { expect, test } from 'vitest';
import { readableCoverage } from './coverage-text.ts';

const whole: CoverageJson = {
  instrument: 'NSE_EQ|A',
  date: '2026-02-03',
  expected: 375,
  present: 300,
  partial: 0,
  untraded: 75,
  quiet: 0,
  missing: 0,
  unwatched: 0,
  completeness: 1,
  missingSpans: [],
  outsideCount: 0,
  outside: [],
};
const torn: CoverageJson = {
  ...whole,
  instrument: 'NSE_EQ|B',
  untraded: 60,
  missing: 15,
  partial: 1,
  completeness: 360 / 375,
  missingSpans: [
    {
      from: '2026-02-03T04:30:00.000Z',
      to: '2026-02-03T04:45:00.000Z',
      cause: 'disconnect',
      state: 'unfillable',
      reason: 'the venue keeps no more',
    },
  ],
  outsideCount: 2,
  outside: ['2026-02-03T10:10:00.000Z', '2026-02-03T10:11:00.000Z'],
};

test('each day is a line, what is missing or outside is named, and the verdict stands last', () => {
  expect(readableCoverage([whole, torn])).toBe(
    [
      'instrument  day         expected  candles  no trades  quiet  missing  not subscribed  outside  complete',
      'NSE_EQ|A    2026-02-03       375      300         75      0        0               0        0  100 %',
      'NSE_EQ|B    2026-02-03       375      300         60      0       15               0        2  96.00 %',
      'MISSING  NSE_EQ|B: 2026-02-03 04:30Z to 2026-02-03 04:45Z, disconnect, unfillable: the venue keeps no more',
      'OUTSIDE  NSE_EQ|B: the candle of 2026-02-03 10:10Z and 1 more is outside the session',
      '2 days of instruments, 750 minutes expected: 600 candles, 135 without a trade, 0 quiet; 15 minutes missing, 98.00 % complete; 1 candle touched by an open gap',
      '',
    ].join('\n'),
  );
});

test('of many days only those with something amiss are listed, a part of them; nearly whole is not 100 %', () => {
  const many = Array.from({ length: 3_000 }, () => whole);
  const almost = { ...torn, missing: 1, outsideCount: 0, outside: [], completeness: 374_999 / 375_000 };
  const text = readableCoverage([...many, ...Array.from({ length: 50 }, () => almost)]);
  expect(text).not.toContain('NSE_EQ|A');
  expect(text).toContain('99.99 %');
  expect(text).toContain('and 10 more days (--json)');
  expect(readableCoverage(many).trimEnd().split('\n')).toHaveLength(1);
  expect(readableCoverage([])).toContain('nothing to check');
});
