import type { InstrumentKey } from '@tickwright/market';
import { Exact } from '../decimal.ts';
import type { Big } from '../decimal.ts';
import type { Order } from '../contract/order.ts';
import { owedFees } from '../fees/fee-calculation.ts';
import { openingPart, reachOf, widest } from './commitment.ts';
import type { Desk } from './desk.ts';
import { slipped } from './matching.ts';
import type { RiskFacts } from './order-risk.ts';

/** An order that is about to be placed. */
export interface Weighed {
  readonly order: Order;
  readonly opening: Big;
  readonly price: Big;
}

/** At what price the order is reckoned: its own, or the last one with slippage. */
export function referencePrice(desk: Desk, order: Order): Big | undefined {
  const own = ownPrice(order);
  if (own !== undefined) return own;
  const { price } = desk.markets.get(order.instrument);
  const rules = desk.rules.of(order.instrument);
  if (price === null || rules === undefined) return undefined;
  return slipped(order, new Exact(String(price)), desk.rules.matchRules(rules));
}

/** The part of an order that opens, its owner's other orders counted first. */
export function openingOf(desk: Desk, order: Order): Big {
  const others = desk.working
    .of(order.instrument)
    .map((working) => working.order)
    .filter((other) => other.strategy === order.strategy && other.id !== order.id);
  return openingPart(desk.book.quantity(order.strategy, order.instrument), order, others);
}

/** What an order's limits are held against. */
export function riskFacts(desk: Desk, weighed: Weighed, ordersToday: number): RiskFacts {
  const { order, opening, price } = weighed;
  const { config } = desk.rules;
  const orderQuantity = new Exact(order.quantity);
  const charges = desk.rules.charges(order.instrument, order.decidedMicros) ?? [];
  const value = orderQuantity.times(price);
  const fees = owedFees(charges, { side: order.side, value, makerValue: new Exact(0) });
  return {
    limits: config.risk,
    opening,
    orderValue: value,
    orderQuantity,
    positionValue: netReach(ownersOf(desk, order.instrument, order)).times(price),
    committed: committedWith(desk, weighed),
    marginRate: new Exact(config.account.marginRate),
    equity: desk.book.equity,
    fees: fees.reduce((sum, fee) => sum.plus(fee.amount), new Exact(0)),
    workingOrders: desk.working.size,
    ordersToday,
  };
}

/** The exposure of all at its worst, with one more order. */
function committedWith(desk: Desk, more: Weighed): Big {
  const { instrument } = more.order;
  const others = desk.commitments.total.minus(desk.commitments.of(instrument));
  return others.plus(committedIn(desk, instrument, more));
}

/** The exposure in an instrument at its worst: its holdings and working orders, and one more order where given. */
export function committedIn(desk: Desk, instrument: InstrumentKey, more?: Weighed): Big {
  const mark = new Exact(String(desk.markets.get(instrument).price ?? 0));
  let sum = new Exact(0);
  for (const owner of ownersOf(desk, instrument, more?.order)) {
    const prices = owner.orders.map((order) => (order === more?.order ? more.price : ownPrice(order)));
    sum = sum.plus(widest(reachOf(owner.held, owner.orders)).times(dearest(mark, prices)));
  }
  return sum;
}

/** Who holds or orders an instrument. */
interface Owner {
  readonly held: Big;
  readonly orders: readonly Order[];
}

function ownersOf(desk: Desk, instrument: InstrumentKey, more: Order | undefined): Owner[] {
  const orders = desk.working.of(instrument).map((working) => working.order);
  if (more?.instrument === instrument) orders.push(more);
  const holders = desk.book.held(instrument).map((holding) => holding.position);
  const names = new Set([...orders, ...holders].map((of) => of.strategy));
  return [...names].map((name) => ({
    held: desk.book.quantity(name, instrument),
    orders: orders.filter((order) => order.strategy === name),
  }));
}

/** |quantity| that all owners' holdings together can reach. */
function netReach(owners: readonly Owner[]): Big {
  let highest = new Exact(0);
  let lowest = new Exact(0);
  for (const owner of owners) {
    const reach = reachOf(owner.held, owner.orders);
    highest = highest.plus(reach.highest);
    lowest = lowest.plus(reach.lowest);
  }
  return widest({ highest, lowest });
}

function ownPrice(order: Order): Big | undefined {
  const own = order.limitPrice ?? order.stopPrice;
  return own === null ? undefined : new Exact(own);
}

/** The highest of the mark and the orders' own prices. */
function dearest(mark: Big, prices: readonly (Big | undefined)[]): Big {
  return prices.reduce<Big>((best, price) => (price !== undefined && price.gt(best) ? price : best), mark);
}
