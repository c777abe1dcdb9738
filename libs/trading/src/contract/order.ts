import type { InstrumentKey } from '@tickwright/market';
import type { Decimal } from '../decimal.ts';

export type OrderSide = 'buy' | 'sell';
export type OrderType = 'market' | 'limit' | 'stop' | 'stop-limit';
/** day: until the session ends. ioc: what can be had at once, the rest is cancelled. gtc: until cancelled. */
export type Validity = 'day' | 'ioc' | 'gtc';
/** working: waits at the paper venue, perhaps filled in part. The other four are final. */
export type OrderState = 'working' | 'filled' | 'cancelled' | 'expired' | 'rejected';

export interface OrderRequest {
  readonly instrument: InstrumentKey;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly validity: Validity;
  readonly quantity: Decimal;
  /** Of limit and stop-limit orders, otherwise null. */
  readonly limitPrice: Decimal | null;
  /** Trigger of stop and stop-limit orders, otherwise null. */
  readonly stopPrice: Decimal | null;
  /** May only make the position smaller; cancelled when there is none left. */
  readonly reduceOnly: boolean;
}

/** Who wanted it. `manual` is also the owner of positions opened by hand. */
export type OrderOrigin = 'signal' | 'manual' | 'flatten' | 'square-off';

/** The owner of orders placed by hand. */
export const MANUAL = 'manual';

export interface Order extends OrderRequest {
  /** `o-1`, `o-2`...: the same in every replay. */
  readonly id: string;
  readonly origin: OrderOrigin;
  /** The owner of the position it changes: `StrategyConfig.id`, or `manual`. */
  readonly strategy: string;
  readonly signalId: string | null;
  readonly commandId: string | null;
  readonly state: OrderState;
  /** Number and time of the event that made it. */
  readonly createdSeq: number;
  readonly createdMicros: number;
  /** The market time at which it was decided: a candle's closing, the square-off's time, or createdMicros. */
  readonly decidedMicros: number;
  /** decidedMicros and the latency: it can be filled by what trades from here on. */
  readonly activeMicros: number;
  /** End of a day order, microseconds UTC, exclusive; null for others. */
  readonly expiresMicros: number | null;
  /** A stop that was touched. */
  readonly isTriggered: boolean;
  readonly filledQuantity: Decimal;
  /** Sum of its fills' values, exact. */
  readonly filledValue: Decimal;
  /** Mean price of its fills, rounded to 8 decimals; null without one. */
  readonly averagePrice: Decimal | null;
  /** Sum of its fills' fees. */
  readonly fees: Decimal;
  /** Why it is in this state. */
  readonly code: OrderReasonCode;
  readonly reason: string;
}

export type OrderReasonCode =
  // working
  | 'accepted'
  | 'triggered'
  | 'partly-filled'
  // filled
  | 'filled'
  // cancelled, expired
  | 'cancelled-by-hand'
  | 'cancelled-by-strategy'
  | 'ioc-rest'
  | 'replaced'
  | 'position-closed'
  | 'killed'
  | 'flattened'
  | 'squared-off'
  | 'strategy-stopped'
  | 'insufficient-funds'
  | 'session-ended'
  // rejected
  | 'unknown-instrument'
  | 'halted'
  | 'invalid-order'
  | 'price-off-tick'
  | 'quantity-off-lot'
  | 'below-minimum'
  | 'outside-bands'
  | 'currency'
  | 'no-session'
  | 'no-price'
  | 'no-fee-rates'
  | 'shorting'
  | 'nothing-to-reduce'
  | 'order-limit'
  | 'position-limit'
  | 'exposure-limit'
  | 'daily-loss'
  | 'square-off-passed';

/** One step of an order's life: the ledger appends it; all of them in order are the order's history. */
export interface OrderChange {
  readonly seq: number;
  readonly timeMicros: number;
  /** The order after the change, whole. */
  readonly order: Order;
}
