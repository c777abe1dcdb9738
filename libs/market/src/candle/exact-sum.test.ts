import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIMB, addQuantity, powerOfTen, sumOf, toUnits } from './exact-sum.ts';

/** What a venue prints for a number of units: never more than 15 significant digits here, so that float64 tells them apart. */
function decimalText(units: bigint, decimals: number): string {
  const digits = units.toString().padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

function exactSum(quantities: readonly number[], decimals: number): { units: bigint; value: number } {
  const limbs = new Float64Array(2);
  for (const quantity of quantities) addQuantity(limbs, 0, quantity, powerOfTen(decimals));
  return { units: toUnits(limbs[0], limbs[1]), value: sumOf(limbs[0], limbs[1], decimals) };
}

const plainSum = (quantities: readonly number[]): number =>
  quantities.reduce((sum, quantity) => sum + quantity, 0);

/** Units with up to 15 significant digits and up to six zeros behind them: up to 2^69. */
const units = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, zeros]) => digits * 10n ** BigInt(zeros));
const case_ = fc.record({
  decimals: fc.integer({ min: 0, max: 10 }),
  parts: fc.array(units, { maxLength: 60 }),
});

test('a sum of quantities is the decimal sum to the last decimal, also above 2^52 units', () => {
  fc.assert(
    fc.property(case_, ({ decimals, parts }) => {
      const quantities = parts.map((part) => Number(decimalText(part, decimals)));
      const total = parts.reduce((sum, part) => sum + part, 0n);
      const sum = exactSum(quantities, decimals);
      expect(sum.units).toBe(total);
      expect(sum.value).toBe(Number(decimalText(total, decimals)));
    }),
  );
});

test('a plain sum of floats is wrong on data on which the exact sum is right', () => {
  const samples = fc.sample(case_, { numRuns: 200, seed: 7 });
  let plainFailures = 0;
  for (const { decimals, parts } of samples) {
    const quantities = parts.map((part) => Number(decimalText(part, decimals)));
    const total = Number(
      decimalText(
        parts.reduce((sum, part) => sum + part, 0n),
        decimals,
      ),
    );
    expect(exactSum(quantities, decimals).value).toBe(total);
    if (plainSum(quantities) !== total) plainFailures += 1;
  }
  expect(plainFailures).toBeGreaterThan(50);
});

test('ten times 0.1 is 1', () => {
  const tenths = Array.from({ length: 10 }, () => 0.1);
  expect(plainSum(tenths)).not.toBe(1);
  expect(exactSum(tenths, 8).value).toBe(1);
});

test('a quantity whose units exceed 2^53 is read as the venue printed it', () => {
  expect(exactSum([123456789.01], 8).units).toBe(12345678901000000n);
  expect(exactSum([123456789.01, 0.00000001], 8).units).toBe(12345678901000001n);
  expect(exactSum([1e22], 8).units).toBe(10n ** 30n);
});

test('a sum does not depend on the order of its parts', () => {
  fc.assert(
    fc.property(case_, ({ decimals, parts }) => {
      const quantities = parts.map((part) => Number(decimalText(part, decimals)));
      expect(exactSum(quantities.toReversed(), decimals)).toEqual(exactSum(quantities, decimals));
    }),
  );
});

test('the low limb carries into the high one exactly at 2^52', () => {
  const limbs = new Float64Array([LIMB - 1, 3]);
  addQuantity(limbs, 0, 1, 1);
  expect([...limbs]).toEqual([0, 4]);
});

test('a negative or missing quantity is refused and leaves the sum as it was', () => {
  const limbs = new Float64Array([5, 0]);
  for (const quantity of [-1, NaN, Infinity])
    expect(() => addQuantity(limbs, 0, quantity, 100)).toThrow(RangeError);
  expect([...limbs]).toEqual([5, 0]);
});

test('decimals that float64 cannot scale by are refused', () => {
  for (const decimals of [-1, 1.5, 23, NaN]) expect(() => powerOfTen(decimals)).toThrow(/0 to 22/);
});
