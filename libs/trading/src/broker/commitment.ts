import { Exact } from '../decimal.ts';
import type { Big } from '../decimal.ts';
import type { Order } from '../contract/order.ts';
import { remaining } from './working-orders.ts';

/** The most that a holding can come to with its working orders, as signed quantities. */
export interface Reach {
  readonly highest: Big;
  readonly lowest: Big;
}

/**
 * How far orders can carry a holding: orders that may only reduce are taken to be filled, of the others once all purchases
 * and once all sales.
 */
export function reachOf(held: Big, orders: readonly Order[]): Reach {
  let reduced = held;
  let bought = new Exact(0);
  let sold = new Exact(0);
  for (const order of orders) {
    const rest = remaining(order);
    if (order.reduceOnly) reduced = towardsZero(reduced, order, rest);
    else if (order.side === 'buy') bought = bought.plus(rest);
    else sold = sold.plus(rest);
  }
  return { highest: reduced.plus(bought), lowest: reduced.minus(sold) };
}

function towardsZero(held: Big, order: Order, rest: Big): Big {
  if (order.side === 'sell') return held.gt(0) ? (rest.gte(held) ? new Exact(0) : held.minus(rest)) : held;
  return held.lt(0) ? (rest.gte(held.abs()) ? new Exact(0) : held.plus(rest)) : held;
}

/** The greater of |highest| and |lowest|. */
export function widest(reach: Reach): Big {
  const up = reach.highest.abs();
  const down = reach.lowest.abs();
  return up.gt(down) ? up : down;
}

/**
 * How much of an order makes a position or makes one larger, its owner's holding and the other orders of the same side
 * counted first: what they close is not there to be closed twice.
 */
export function openingPart(held: Big, order: Order, others: readonly Order[]): Big {
  if (order.reduceOnly) return new Exact(0);
  const closable = order.side === 'sell' ? held : held.neg();
  const taken = others
    .filter((other) => other.side === order.side)
    .reduce((sum, other) => sum.plus(remaining(other)), new Exact(0));
  const left = closable.minus(taken);
  const opening = remaining(order).minus(left.gt(0) ? left : 0);
  return opening.gt(0) ? opening : new Exact(0);
}
