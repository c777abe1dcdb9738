import type { InstrumentKey } from '@tickwright/market';
import type { Decimal } from '../decimal.ts';
import type { FeeLine } from '../fees/fee-schedule.ts';
import type { OrderSide } from './order.ts';

/** maker: it rested and the market came to it. taker: it met what was there. */
export type Liquidity = 'maker' | 'taker';

/**
 * One execution. Fills alone, in order, give cash (start - buys + sells - fees), positions and realized P&L: `foldFills`.
 */
export interface Fill {
  /** `f-1`, `f-2`...: the same in every replay. */
  readonly id: string;
  readonly seq: number;
  /** The event's time. */
  readonly timeMicros: number;
  /** The market's time: the candle's opening for a fill at its open, otherwise its closing; a tick's eventTime. */
  readonly marketMicros: number;
  readonly orderId: string;
  readonly strategy: string;
  readonly instrument: InstrumentKey;
  readonly side: OrderSide;
  readonly quantity: Decimal;
  readonly price: Decimal;
  /** quantity x price, exact. */
  readonly value: Decimal;
  readonly liquidity: Liquidity;
  /** Sum of the lines. */
  readonly fees: Decimal;
  readonly feeLines: readonly FeeLine[];
  /** Which rule of the fill model made it: `open`, `limit`, `stop`. */
  readonly rule: 'open' | 'limit' | 'stop';
  /** How much worse than the market's price it was made, in price units. */
  readonly slippage: Decimal;
}
