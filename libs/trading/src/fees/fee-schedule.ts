import type { Decimal } from '../decimal.ts';

/**
 * One charge. It is reckoned on the whole executed value of an order and a fill is charged what its order owes by then and has
 * not paid: many part fills cost what one fill costs.
 */
export type FeeCharge = {
  readonly name: string;
  readonly on: 'buy' | 'sell' | 'both';
  readonly decimals: number;
} & (
  | {
      /** A share of the value: 0.00025 is 0.025 %. The lower of it and `cap`, where there is one. */
      readonly kind: 'rate';
      readonly rate: Decimal;
      readonly cap: Decimal | null;
    }
  | {
      /** A share of the value that depends on the liquidity. */
      readonly kind: 'maker-taker';
      readonly maker: Decimal;
      readonly taker: Decimal;
    }
  | {
      /** A share of other charges of the order, unrounded, by name. */
      readonly kind: 'tax';
      readonly rate: Decimal;
      readonly of: readonly string[];
    }
  | {
      /** Once an instrument and day. */
      readonly kind: 'daily';
      readonly amount: Decimal;
    }
);

/** The charges from a date on, in the instrument's calendar. */
export interface FeeVersion {
  /** YYYY-MM-DD, inclusive. */
  readonly from: string;
  readonly charges: readonly FeeCharge[];
}

/** Dated data. Before the first version's date nothing is known, and orders are rejected. */
export interface FeeSchedule {
  readonly name: string;
  /** Where the rates were taken from. */
  readonly source: string;
  /** In order of `from`. */
  readonly versions: readonly FeeVersion[];
}

/** One charge of one fill. */
export interface FeeLine {
  readonly name: string;
  readonly amount: Decimal;
}
