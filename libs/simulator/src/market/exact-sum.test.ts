import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExactSum } from './exact-sum.ts';

test('an exact sum is the sum, beyond what a double can hold too', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat()), (numbers) => {
      const sum = new ExactSum();
      for (const number of numbers) sum.add(number);
      expect(sum.total()).toBe(numbers.reduce((total, number) => total + BigInt(number), 0n));
    }),
  );
});
