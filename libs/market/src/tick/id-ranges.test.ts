import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IdRanges } from './id-ranges.ts';

const ids = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 80 });

/** The missing spans between the least and the greatest of a set, the slow and obvious way. */
function missing(set: ReadonlySet<number>): number[][] {
  const holes: number[][] = [];
  for (let id = Math.min(...set); id < Math.max(...set); id++) {
    if (set.has(id)) continue;
    const last = holes.at(-1);
    if (last !== undefined && last[1] === id - 1) last[1] = id;
    else holes.push([id, id]);
  }
  return holes;
}

describe('covered id ranges', () => {
  test('know each id once and name exactly what is missing, in whatever order ids come', () => {
    fc.assert(
      fc.property(ids, (list) => {
        const ranges = new IdRanges();
        const seen = new Set<number>();
        for (const id of list) {
          const before = ranges.holes();
          const { opened, within, isNew, givenUp } = ranges.add(id);
          expect(isNew).toBe(!seen.has(id));
          expect(givenUp).toBeUndefined();
          seen.add(id);
          const after = ranges.holes();
          expect(after).toEqual(missing(seen));
          if (opened !== undefined)
            expect(after).toEqual([...before, opened].toSorted((a, b) => a[0] - b[0]));
          else if (within === undefined) expect(after).toEqual(before);
          else expect(before).toContainEqual(within);
        }
        expect(IdRanges.fromNumbers(ranges.toNumbers()).toNumbers()).toEqual(ranges.toNumbers());
      }),
    );
  });

  test('add a span as they add its ids one by one', () => {
    const span = fc.tuple(fc.nat(50), fc.nat(9)).map(([from, length]) => [from, from + length] as const);
    fc.assert(
      fc.property(fc.array(span, { maxLength: 12 }), (spans) => {
        const whole = new IdRanges();
        const single = new IdRanges();
        for (const [from, to] of spans) {
          expect(whole.addRange(from, to)).toEqual([]);
          for (let id = from; id <= to; id++) single.add(id);
        }
        expect(whole.toNumbers()).toEqual(single.toNumbers());
      }),
    );
  });

  test('without a span know what was known but for its ids', () => {
    const span = fc.tuple(fc.nat(60), fc.nat(9));
    fc.assert(
      fc.property(ids, fc.array(span, { maxLength: 4 }), (list, spans) => {
        const ranges = new IdRanges();
        for (const id of list) ranges.add(id);
        const left = new Set(list);
        for (const [from, length] of spans) {
          expect(ranges.remove(from, from + length)).toEqual([]);
          for (let id = from; id <= from + length; id++) left.delete(id);
        }
        const single = new IdRanges();
        for (const id of left) single.add(id);
        expect(ranges.toNumbers()).toEqual(single.toNumbers());
      }),
    );
  });

  test('answer whether a span is covered as a look at each of its ids would', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { minLength: 20 }), fc.nat(60), fc.nat(6), (list, from, length) => {
        const to = from + length - 1;
        const ranges = new IdRanges();
        for (const id of list) ranges.add(id);
        const span = Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
        const absent = span.filter((id) => !list.includes(id));
        expect(ranges.covers(from, to)).toBe(absent.length === 0);
        const holes = ranges.holesWithin(from, to);
        expect(holes.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, at) => a + at))).toEqual(
          absent,
        );
      }),
    );
  });

  test('give up the oldest hole, and say so, when there are more ranges than they keep', () => {
    const ranges = new IdRanges(3);
    for (const id of [10, 20, 30]) expect(ranges.add(id).givenUp).toBeUndefined();
    expect(ranges.add(40)).toEqual({ isNew: true, opened: [31, 39], givenUp: [11, 19] });
    expect(ranges.toNumbers()).toEqual([10, 20, 30, 30, 40, 40]);
    expect(ranges.add(15).isNew).toBe(false);
    expect(ranges.addRange(50, 51)).toEqual([[21, 29]]);
    expect(ranges.add(2)).toEqual({ isNew: true, opened: [3, 9], givenUp: [3, 9] });
    expect(ranges.size).toBe(3);
  });

  test('refuse a stored form that is not ascending pairs', () => {
    for (const bad of [[5], [5, 4], [1, 2, 3, 4], [1, 2, 2, 4], [-1, 2], [1.5, 2]]) {
      expect(() => IdRanges.fromNumbers(bad)).toThrow(RangeError);
    }
  });
});
