/**
 * Exact sums of decimal quantities. A quantity is counted in units of 10^-decimals, and the count is held as two float64
 * integers: `low` below 2^52 and `high`, how many times 2^52. Adding is then integer arithmetic without rounding, whatever
 * the order, where a plain sum of floats drifts in the last decimals after a few hundred trades.
 */

/** One unit of the high limb. */
export const LIMB = 2 ** 52;

/**
 * Below this many units `round(quantity * 10^decimals)` is certainly right: the float64 nearest to the decimal and the
 * product each add an error of at most units * 2^-53, together less than a half.
 */
const ROUNDING_LIMIT = 2 ** 51;

/** 10^22 is the largest power of ten that a float64 holds exactly. */
export const MAX_DECIMALS = 22;

const POWERS_OF_TEN: readonly number[] = Array.from({ length: MAX_DECIMALS + 1 }, (_, decimals) =>
  Number(`1e${decimals}`),
);

/** 10^decimals, exact. Throws a RangeError for decimals that are not an integer of 0..22. */
export function powerOfTen(decimals: number): number {
  const power = POWERS_OF_TEN[decimals];
  if (power === undefined) {
    throw new RangeError(
      `${decimals} is not a number of decimals: expected an integer of 0 to ${MAX_DECIMALS}`,
    );
  }
  return power;
}

/**
 * Adds a quantity to the sum whose limbs are `limbs[at]` (low) and `limbs[at + 1]` (high).
 * `quantity` is the float64 nearest to a decimal that is not negative; `scale` is `powerOfTen(decimals)`.
 * Throws a RangeError for a quantity that is negative or not finite.
 */
export function addQuantity(limbs: Float64Array, at: number, quantity: number, scale: number): void {
  const product = quantity * scale;
  if (product >= 0 && product < ROUNDING_LIMIT) {
    const low = limbs[at] + Math.round(product);
    if (low < LIMB) {
      limbs[at] = low;
    } else {
      limbs[at] = low - LIMB;
      limbs[at + 1] += 1;
    }
  } else {
    addUnits(limbs, at, manyUnits(quantity, scale));
  }
}

/** Adds a number of units, by way of BigInt: for the rare large quantity. */
function addUnits(limbs: Float64Array, at: number, units: bigint): void {
  const sum = toUnits(limbs[at], limbs[at + 1]) + units;
  limbs[at] = Number(BigInt.asUintN(52, sum));
  limbs[at + 1] = Number(sum >> 52n);
}

/** The float64 nearest to the sum's decimal value, so that it prints with the venue's decimals. */
export function sumOf(low: number, high: number, decimals: number): number {
  // Below 2^53 units the dividend is exact, and one division is rounded correctly.
  if (high < 2) return (high * LIMB + low) / powerOfTen(decimals);
  return Number(`${toUnits(low, high)}e-${decimals}`);
}

/** The number of units in two limbs. */
export function toUnits(low: number, high: number): bigint {
  return (BigInt(high) << 52n) + BigInt(low);
}

/**
 * Units of a large quantity, read from the shortest decimal that stands for this float64. That is the venue's own decimal
 * for up to 15 significant digits, where multiplying is already off: 123456789.01 at 8 decimals.
 */
function manyUnits(quantity: number, scale: number): bigint {
  if (!(quantity >= 0 && Number.isFinite(quantity))) {
    throw new RangeError(`${quantity} cannot be added to a volume: expected a quantity of zero or more`);
  }
  const [mantissa = '0', exponent = '0'] = String(quantity).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const digits = BigInt(whole + fraction);
  const shift = POWERS_OF_TEN.indexOf(scale) + Number(exponent) - fraction.length;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return (digits + divisor / 2n) / divisor;
}
