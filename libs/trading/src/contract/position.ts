import type { InstrumentKey } from '@tickwright/market';
import type { Decimal } from '../decimal.ts';

/**
 * A holding of one strategy (or of `manual`) in one instrument, at average cost. Strategies hold apart from each other; the
 * instrument's net holding is the sum.
 */
export interface Position {
  readonly strategy: string;
  readonly instrument: InstrumentKey;
  /** Positive long, negative short, zero flat. */
  readonly quantity: Decimal;
  /** What the open quantity cost, without fees: negative for a short one (what it brought). Exact. */
  readonly cost: Decimal;
  /** cost / quantity, rounded to 8 decimals; null when flat. */
  readonly averagePrice: Decimal | null;
  /** Before fees, since the ledger's beginning. */
  readonly realizedPnl: Decimal;
  readonly fees: Decimal;
  /** Time of the fill that opened it; null when flat. */
  readonly openedMicros: number | null;
}

/** A position with its market value. */
export interface MarkedPosition extends Position {
  readonly markPrice: Decimal | null;
  readonly markMicros: number | null;
  /** 0 without a mark. */
  readonly unrealizedPnl: Decimal;
  /** quantity x mark, 0 without a mark. */
  readonly marketValue: Decimal;
}

/** From flat to flat, or to the other side. */
export interface ClosedTrade {
  /** `t-1`, `t-2`... */
  readonly id: string;
  readonly seq: number;
  readonly strategy: string;
  readonly instrument: InstrumentKey;
  readonly direction: 'long' | 'short';
  /** All that was bought (long) or sold (short) in it. */
  readonly quantity: Decimal;
  readonly entryMicros: number;
  readonly exitMicros: number;
  /** Mean prices, rounded to 8 decimals. */
  readonly entryPrice: Decimal;
  readonly exitPrice: Decimal;
  readonly grossPnl: Decimal;
  readonly fees: Decimal;
  readonly netPnl: Decimal;
  /** How many fills it took. */
  readonly fills: number;
}
