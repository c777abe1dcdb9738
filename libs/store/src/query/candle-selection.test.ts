import fc from 'fast-check';
import { expect, test } from 'vitest';
import { candles, rowsOf, tableOf } from '../candles/candle-fixture.ts';
import { newestRows } from './candle-selection.ts';

const instruments = tableOf(['SIM|A', 'SIM|B', 'SIM|C']);

/** Distinct candles of a few instruments, as [instrument, time, whether it is closed]. */
const some = fc.uniqueArray(fc.tuple(fc.nat(2), fc.nat(20), fc.nat(1)), {
  selector: ([instrument, time]) => `${instrument} ${time}`,
  maxLength: 50,
});

test('of each instrument the newest rows are kept, whole, in order, and no more than asked for', () => {
  fc.assert(
    fc.property(
      some,
      fc.constantFrom(1, 2, 5, 100, Infinity),
      fc.nat(20),
      fc.boolean(),
      (rows, count, from, forming) => {
        const sorted = rows
          .toSorted(([a, atA], [b, atB]) => a - b || atA - atB)
          .map(([instrument, openTime, isClosed], version) => ({ instrument, openTime, isClosed, version }));
        const wanted = sorted.filter(
          ({ openTime, isClosed }) => openTime >= from && (forming || isClosed === 1),
        );
        const own = [0, 1, 2].map((number) => wanted.filter(({ instrument }) => instrument === number));
        const tail = { count, wholeFrom: from, includeForming: forming, instruments };

        const { rows: kept, isEnough } = newestRows(candles(sorted), tail);

        expect(rowsOf(kept)).toEqual(rowsOf(candles(own.flatMap((each) => each.slice(-count)))));
        expect(isEnough).toBe(own.every((each) => each.length >= count));
      },
    ),
  );
});
