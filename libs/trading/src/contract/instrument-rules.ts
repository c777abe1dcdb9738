import type { InstrumentKey } from '@tickwright/market';
import type { Decimal } from '../decimal.ts';

/** What the venue demands of orders for an instrument. */
export interface InstrumentRules {
  readonly instrument: InstrumentKey;
  /** Name of the session calendar: `always`, `nse`. */
  readonly calendar: string;
  /** Must be the account's, or its orders are rejected. */
  readonly currency: string;
  /** `FeeSchedule.name`. */
  readonly fees: string;
  readonly tickSize: Decimal;
  readonly lotSize: Decimal;
  readonly minQuantity: Decimal | null;
  /** Least value of an order. */
  readonly minValue: Decimal | null;
  /** The day's price bands, inclusive; null: none known. */
  readonly lowerBand: Decimal | null;
  readonly upperBand: Decimal | null;
  /** Whether a position may be negative: not on a spot market, not for delivery. */
  readonly canShort: boolean;
  readonly isHalted: boolean;
  /** Why it is halted; empty otherwise. */
  readonly haltReason: string;
}
