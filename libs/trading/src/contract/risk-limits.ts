import type { Decimal } from '../decimal.ts';

/** Limits in the account's currency; null: none. Orders that make a position smaller are always allowed. */
export interface RiskLimits {
  /** Value of one order. */
  readonly maxOrderValue: Decimal | null;
  readonly maxOrderQuantity: Decimal | null;
  /** |value| of an instrument's net holding, all strategies and working orders together. */
  readonly maxPositionValue: Decimal | null;
  /** Sum of |value| over all positions and working orders. */
  readonly maxExposure: Decimal | null;
  readonly maxWorkingOrders: number | null;
  /** Orders in one day of the account, reductions aside. */
  readonly maxOrdersPerDay: number | null;
  /** A day's loss that cancels, flattens and refuses until the next day. */
  readonly maxDailyLoss: Decimal | null;
}
