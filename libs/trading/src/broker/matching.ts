import { Exact } from '../decimal.ts';
import type { Big } from '../decimal.ts';
import type { Fill, Liquidity } from '../contract/fill.ts';
import type { Order } from '../contract/order.ts';

/** A stretch of the market that orders can be filled in: a closed candle, or a trade (all four prices are its own). */
export interface MarketSpan {
  readonly kind: 'candle' | 'tick';
  /** Of a trade both are its time. */
  readonly openMicros: number;
  readonly closeMicros: number;
  readonly open: Big;
  readonly high: Big;
  readonly low: Big;
  readonly close: Big;
  readonly volume: Big;
}

export interface MatchRules {
  readonly slippageBps: string;
  readonly tickSize: string;
  readonly lowerBand: string | null;
  readonly upperBand: string | null;
}

/** What happens to an order in a span. */
export interface Match {
  readonly at: 'open' | 'inside';
  /** The market's price at which it happens: the open, the limit, the stop. */
  readonly reach: Big;
  /** null: a stop-limit was only triggered. */
  readonly price: Big | null;
  readonly liquidity: Liquidity;
  readonly rule: Fill['rule'];
  readonly triggers: boolean;
}

/** What happens to the order at the span's first price. `isNew`: it has not seen a span before. */
export function matchAtOpen(
  { order, isNew }: { readonly order: Order; readonly isNew: boolean },
  span: MarketSpan,
  rules: MatchRules,
): Match | undefined {
  const taken = (rule: Fill['rule'], triggers: boolean): Match => ({
    at: 'open',
    reach: span.open,
    price: limited(order, slipped(order, span.open, rules)),
    liquidity: 'taker',
    rule,
    triggers,
  });
  switch (order.type) {
    case 'market':
      return taken('open', false);
    case 'limit':
      return isNew && !isBeyondLimit(order, span.open) ? taken('open', false) : undefined;
    case 'stop':
      if (order.isTriggered) return taken('open', false);
      return touchesStop(order, span.open) ? taken('stop', true) : undefined;
    case 'stop-limit':
      if (order.isTriggered || !touchesStop(order, span.open)) return undefined;
      return isBeyondLimit(order, span.open)
        ? { at: 'open', reach: span.open, price: null, liquidity: 'taker', rule: 'stop', triggers: true }
        : taken('stop', true);
  }
}

/** What happens to the order between the span's open and its close, the worst for it that the candle allows. */
export function matchInside(order: Order, span: MarketSpan, rules: MatchRules): Match | undefined {
  if (order.type === 'limit' || (order.type === 'stop-limit' && order.isTriggered))
    return matchResting(order, span);
  if (order.type === 'market' || order.isTriggered) return undefined;
  const stop = new Exact(order.stopPrice ?? 0);
  const extreme = order.side === 'buy' ? span.high : span.low;
  if (!touchesStop(order, extreme)) return undefined;
  const price = order.type === 'stop' ? slipped(order, stop, rules) : null;
  return { at: 'inside', reach: stop, price, liquidity: 'taker', rule: 'stop', triggers: true };
}

/** A resting limit order is filled at its price when the market trades through it: a touch leaves it in the queue. */
function matchResting(order: Order, span: MarketSpan): Match | undefined {
  const limit = new Exact(order.limitPrice ?? 0);
  const isCrossed = order.side === 'buy' ? span.low.lt(limit) : span.high.gt(limit);
  if (!isCrossed) return undefined;
  return { at: 'inside', reach: limit, price: limit, liquidity: 'maker', rule: 'limit', triggers: false };
}

/** Whether a market price is worse than the order's limit. */
function isBeyondLimit(order: Order, price: Big): boolean {
  const limit = order.limitPrice ?? 0;
  return order.side === 'buy' ? price.gt(limit) : price.lt(limit);
}

function touchesStop(order: Order, price: Big): boolean {
  const stop = order.stopPrice ?? 0;
  return order.side === 'buy' ? price.gte(stop) : price.lte(stop);
}

/** Never worse than the limit, where there is one. */
function limited(order: Order, price: Big): Big {
  return order.limitPrice !== null && isBeyondLimit(order, price) ? new Exact(order.limitPrice) : price;
}

/** The price made worse by the slippage, away from us to the next tick, but within the bands. */
export function slipped(order: Pick<Order, 'side'>, price: Big, rules: MatchRules): Big {
  const share = new Exact(rules.slippageBps).times('0.0001');
  if (order.side === 'buy') {
    const worse = roundedUp(price.plus(price.times(share)), rules.tickSize);
    return rules.upperBand !== null && worse.gt(rules.upperBand) ? new Exact(rules.upperBand) : worse;
  }
  const rounded = roundedDown(price.minus(price.times(share)), rules.tickSize);
  const worse = rounded.gt(0) ? rounded : new Exact(rules.tickSize);
  return rules.lowerBand !== null && worse.lt(rules.lowerBand) ? new Exact(rules.lowerBand) : worse;
}

/** The greatest multiple of the step that is not more. Exact. */
export function roundedDown(value: Big, step: string): Big {
  return value.minus(value.mod(step));
}

function roundedUp(value: Big, step: string): Big {
  const rest = value.mod(step);
  return rest.eq(0) ? value : value.minus(rest).plus(step);
}
