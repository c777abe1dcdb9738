import type { Decimal } from '../decimal.ts';

export interface Account {
  readonly currency: string;
  readonly initialCash: Decimal;
  /** initialCash - buys + sells - fees. */
  readonly cash: Decimal;
  /** Before fees. */
  readonly realizedPnl: Decimal;
  readonly fees: Decimal;
  readonly unrealizedPnl: Decimal;
  /** cash and the positions' market value: initialCash + realizedPnl + unrealizedPnl - fees. */
  readonly equity: Decimal;
  /** Sum of |market value|. */
  readonly exposure: Decimal;
  /** equity / marginRate - exposure - what working orders may open; what can still be bought. */
  readonly buyingPower: Decimal;
  /** The account's calendar date, YYYY-MM-DD, and the equity it began with. */
  readonly day: string;
  readonly dayStartEquity: Decimal;
  readonly dayPnl: Decimal;
  /** Orders that are not reductions are refused. */
  readonly killed: boolean;
  readonly killReason: string | null;
}

export interface EquityPoint {
  readonly seq: number;
  readonly timeMicros: number;
  readonly cash: Decimal;
  readonly equity: Decimal;
  readonly realizedPnl: Decimal;
  readonly unrealizedPnl: Decimal;
  readonly fees: Decimal;
  readonly exposure: Decimal;
}
