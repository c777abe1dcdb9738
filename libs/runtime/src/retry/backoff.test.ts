import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoff } from './backoff.ts';

test('the ceiling doubles up to the maximum, and reset begins again', () => {
  const waits = backoff({ minMs: 250, maxMs: 30_000, random: () => 1 });
  const first = Array.from({ length: 9 }, () => waits.nextMs());
  expect(first).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  waits.reset();
  expect(waits.nextMs()).toBe(500);
});

test('no wait is ever outside its bounds, however often it is asked', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 }),
      (draws) => {
        let next = 0;
        const waits = backoff({ minMs: 250, maxMs: 30_000, random: () => draws[next++] });
        return draws.every(() => {
          const ms = waits.nextMs();
          return ms >= 250 && ms <= 30_000;
        });
      },
    ),
  );
});

test('bounds that make no sense are refused', () => {
  expect(() => backoff({ minMs: 0, maxMs: 1 })).toThrow(RangeError);
  expect(() => backoff({ minMs: 2, maxMs: 1 })).toThrow(RangeError);
});
