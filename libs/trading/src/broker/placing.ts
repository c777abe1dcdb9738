import { ZERO } from '../decimal.ts';
import type { Big } from '../decimal.ts';
import type { Order, OrderOrigin, OrderRequest } from '../contract/order.ts';
import type { OutputDraft } from '../engine/output-draft.ts';
import type { AccountControl } from './account-control.ts';
import type { Desk } from './desk.ts';
import { openingOf, referencePrice, riskFacts } from './exposure.ts';
import { riskRejection } from './order-risk.ts';
import { shapeRejection } from './order-shape.ts';
import type { OrderReason } from './order-shape.ts';

export interface Placement {
  readonly request: OrderRequest;
  readonly origin: OrderOrigin;
  readonly strategy: string;
  readonly signalId: string | null;
  readonly commandId: string | null;
  /** Market time of the decision. */
  readonly decidedMicros: number;
}

/** Orders that the broker itself places to close positions: only a missing instrument keeps them from working. */
const CLOSING_ORIGINS: readonly OrderOrigin[] = ['flatten', 'square-off'];

/** Takes an order in, or rejects it with its reason; either way it is an order with a number and a history. */
export function placeOrder(
  desk: Desk,
  control: AccountControl,
  draft: OutputDraft,
  placement: Placement,
): Order {
  const order = newOrder(desk, draft, placement);
  const rejection = rejectionOf(desk, control, order);
  if (rejection !== undefined) {
    draft.addNotice({
      code: 'order-rejected',
      text: `order ${order.id} was rejected: ${rejection.reason}`,
      instrument: order.instrument,
      strategy: order.strategy,
    });
    return desk.end(draft, order, { ...rejection, state: 'rejected' });
  }
  if (openingOf(desk, order).gt(0)) control.countOrder(draft);
  desk.working.put({ order, isNew: true, day: '', dayValue: ZERO, dayMakerValue: ZERO });
  draft.addOrder(order);
  return order;
}

function newOrder(desk: Desk, draft: OutputDraft, placement: Placement): Order {
  const { request, decidedMicros, ...source } = placement;
  const session = desk.rules.calendarOf(request.instrument)?.sessionAt(decidedMicros);
  return {
    ...request,
    ...source,
    id: desk.progress.nextId('order'),
    state: 'working',
    createdSeq: draft.seq,
    createdMicros: draft.timeMicros,
    decidedMicros,
    activeMicros: decidedMicros + desk.rules.config.fills.latencyMs * 1000,
    expiresMicros: request.validity === 'gtc' ? null : (session?.closeMicros ?? null),
    isTriggered: false,
    filledQuantity: ZERO,
    filledValue: ZERO,
    averagePrice: null,
    fees: ZERO,
    code: 'accepted',
    reason: 'accepted by the paper venue',
  };
}

function rejectionOf(desk: Desk, control: AccountControl, order: Order): OrderReason | undefined {
  const rules = desk.rules.of(order.instrument);
  if (rules !== undefined && CLOSING_ORIGINS.includes(order.origin)) return undefined;
  return (
    shapeRejection(order, rules) ?? venueRejection(desk, order) ?? holdingRejection(desk, control, order)
  );
}

/** What the venue and its day say. */
function venueRejection(desk: Desk, order: Order): OrderReason | undefined {
  const rules = desk.rules.of(order.instrument);
  const { currency } = desk.book.money;
  if (rules?.isHalted === true)
    return { code: 'halted', reason: `${order.instrument} is halted: ${rules.haltReason}` };
  if (rules !== undefined && rules.currency !== currency)
    return {
      code: 'currency',
      reason: `${order.instrument} trades in ${rules.currency}, the account is in ${currency}`,
    };
  if (order.validity !== 'gtc' && order.expiresMicros === null)
    return { code: 'no-session', reason: 'the market is closed: only gtc orders wait for the next session' };
  if (desk.rules.charges(order.instrument, order.decidedMicros) === undefined)
    return {
      code: 'no-fee-rates',
      reason: `the fee schedule ${rules?.fees ?? ''} has no rates for that date`,
    };
  return undefined;
}

/** What the account, its holdings and its limits say. */
function holdingRejection(desk: Desk, control: AccountControl, order: Order): OrderReason | undefined {
  const held = desk.book.quantity(order.strategy, order.instrument);
  if (order.reduceOnly && !reduces(held, order))
    return {
      code: 'nothing-to-reduce',
      reason: `the position is ${held.toFixed()}: a ${order.side} cannot reduce it`,
    };
  const opening = openingOf(desk, order);
  if (opening.eq(0)) return undefined;
  const refusal = control.refusal();
  if (refusal !== undefined) return refusal;
  if (desk.rules.isSquaredOff(order.instrument, order.decidedMicros))
    return {
      code: 'square-off-passed',
      reason: `no position is opened after the square-off at ${desk.rules.config.squareOff}`,
    };
  if (order.side === 'sell' && desk.rules.of(order.instrument)?.canShort !== true)
    return {
      code: 'shorting',
      reason: `${order.instrument} cannot be sold short; the position is ${held.toFixed()}`,
    };
  const price = referencePrice(desk, order);
  if (price === undefined)
    return { code: 'no-price', reason: `no price of ${order.instrument} is known yet` };
  return (
    minimumRejection(desk, order, price) ??
    riskRejection(riskFacts(desk, { order, opening, price }, control.ordersToday))
  );
}

function reduces(held: Big, order: Order): boolean {
  return order.side === 'sell' ? held.gt(0) : held.lt(0);
}

function minimumRejection(desk: Desk, order: Order, price: Big): OrderReason | undefined {
  const least = desk.rules.of(order.instrument)?.minValue ?? null;
  const value = price.times(order.quantity);
  if (least === null || value.gte(least)) return undefined;
  return {
    code: 'below-minimum',
    reason: `the order's value ${value.toFixed(2)} is below the least, ${least}`,
  };
}
