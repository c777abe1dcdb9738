import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MINUTE, candles, rowsOf } from '../candles/candle-fixture.ts';
import { joinCandles, takeRows } from './candle-join.ts';

/** Distinct candles of a few instruments, as [instrument, minute]. */
const distinct = fc.uniqueArray(fc.tuple(fc.nat(4), fc.nat(40)), { selector: String, maxLength: 60 });

test('slices that follow each other in time are joined without losing, doubling or disordering a candle', () => {
  fc.assert(
    fc.property(distinct, fc.array(fc.nat(40), { maxLength: 4 }), (pairs, cuts) => {
      const rows = pairs
        .map(([instrument, minute]) => ({
          instrument,
          openTime: minute * MINUTE,
          version: instrument * 100 + minute,
        }))
        .toSorted((a, b) => a.instrument - b.instrument || a.openTime - b.openTime);
      const bounds = [-1, ...cuts.toSorted((a, b) => a - b), 41].map((minute) => minute * MINUTE);
      const slices = bounds
        .slice(1)
        .map((to, at) => candles(rows.filter((row) => row.openTime > bounds[at] && row.openTime <= to)));

      const joined = rowsOf(joinCandles(slices)).toSorted((a, b) => a['instrument'] - b['instrument']);

      expect(joined).toEqual(rowsOf(candles(rows)));
    }),
  );
});

test("each instrument's rows stand together", () => {
  const row = (instrument: number, openTime: number): { instrument: number; openTime: number } => ({
    instrument,
    openTime,
  });
  const joined = joinCandles([candles([row(1, 0), row(0, 0)]), candles([row(0, 1), row(2, 1), row(1, 1)])]);
  expect([...joined.instrument]).toEqual([1, 1, 0, 0, 2]);
});

test('rows are taken in the order asked for', () => {
  const all = candles([
    { openTime: 0, close: 1 },
    { openTime: 1, close: 2 },
    { openTime: 2, close: 3 },
  ]);
  const ranges = [
    { begin: 2, end: 3 },
    { begin: 0, end: 1 },
  ];
  expect(rowsOf(takeRows(all, ranges))).toMatchObject([{ close: 3 }, { close: 1 }]);
  expect(rowsOf(takeRows(all, [{ begin: 0, end: 3 }]))).toEqual(rowsOf(all));
  expect(joinCandles([])).toMatchObject({ count: 0 });
});
