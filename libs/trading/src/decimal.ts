import { Big } from 'big.js';

/**
 * An exact decimal as plain text: `-12.5`, never `1e21`, no superfluous zeros, zero is `0`. Money and quantities cross
 * every edge (events, ledger, JSON) in this form, so that no digit is lost; inside they are computed with big.js.
 */
export type Decimal = string & { readonly __brand: 'Decimal' };

/** Digits after the point that a quotient is rounded to, half up. Sums and products are exact. */
export const QUOTIENT_DECIMALS = 20;

/** A constructor of our own, so that nobody else's settings of big.js change our quotients. */
export const Exact = Big();
Exact.DP = QUOTIENT_DECIMALS;
Exact.RM = Big.roundHalfUp;

export type { Big };

export const ZERO = '0' as Decimal;

/**
 * The decimal of a text, a number or a Big. A number stands for its shortest decimal text, which is the venue's own for a
 * price that came as float64. Throws a RangeError for what is no finite decimal.
 */
export function decimal(value: string | number | Big): Decimal {
  try {
    return toDecimal(new Exact(value));
  } catch (error) {
    throw new RangeError(`"${String(value)}" is not a decimal: expected something like "1250.50"`, {
      cause: error,
    });
  }
}

/** A Big as plain text. */
export function toDecimal(value: Big): Decimal {
  const text = value.toFixed();
  return (text === '-0' ? '0' : text) as Decimal;
}
