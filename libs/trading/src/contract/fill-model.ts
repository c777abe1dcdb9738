import type { Interval } from '@tickwright/market';
import type { Decimal } from '../decimal.ts';

/** How the paper venue fills. The rules stand in this lib's README. */
export interface FillModel {
  /** ticks: on each trade (feed mode). candles: on closed candles of `interval` (files mode). */
  readonly on: 'ticks' | 'candles';
  /** The candles that fill, and that value positions where fills are on candles. */
  readonly interval: Interval;
  /** How much worse than the market's price an order that takes is filled, in basis points. */
  readonly slippageBps: Decimal;
  /** The share of the traded volume that all our orders of an instrument together can have; null: as much as they want. */
  readonly participation: Decimal | null;
  /** From the decision to the venue. */
  readonly latencyMs: number;
}
