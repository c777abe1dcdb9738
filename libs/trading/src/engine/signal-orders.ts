import type { InstrumentKey } from '@tickwright/market';
import type { AccountControl } from '../broker/account-control.ts';
import type { Desk } from '../broker/desk.ts';
import { roundedDown } from '../broker/matching.ts';
import { placeOrder } from '../broker/placing.ts';
import { remaining } from '../broker/working-orders.ts';
import { Exact, toDecimal } from '../decimal.ts';
import type { Big } from '../decimal.ts';
import type { Sizing, StrategyConfig } from '../contract/engine-config.ts';
import type { Order, OrderRequest } from '../contract/order.ts';
import type { Signal, Vote } from '../contract/signal.ts';
import type { OutputDraft } from './output-draft.ts';

export interface Intention {
  readonly config: StrategyConfig;
  readonly instrument: InstrumentKey;
  readonly signalId: string;
  readonly vote: Vote;
  /** The candle's close. */
  readonly price: number;
  readonly decidedMicros: number;
}

type Consequence = Pick<Signal, 'outcome' | 'note' | 'orderIds'>;

/**
 * Brings the strategy's position to where its signal wants it: market day orders, one that closes what is held the other way,
 * one that opens. Orders of earlier signals that are on their way elsewhere are cancelled.
 */
export function followSignal(
  desk: Desk,
  control: AccountControl,
  draft: OutputDraft,
  intention: Intention,
): Consequence {
  const { config, vote, instrument } = intention;
  const policy = config.orders;
  if (vote.confidence < policy.minConfidence)
    return nothing(`confidence ${vote.confidence} is below ${policy.minConfidence}`);
  const target = targetSide(desk, intention);
  const held = desk.book.quantity(config.id, instrument);
  const own = ownOrders(desk, intention);
  const expected = own.reduce((sum, order) => sum.plus(signedRest(order)), held);
  if (sideOf(expected) === target) return nothing(alreadyThere(expected, own));
  cancelEarlier(desk, draft, own, intention);
  if (sideOf(held) === target) return nothing(alreadyThere(held, []));
  const orders: Order[] = [];
  const place = (request: Pick<OrderRequest, 'side' | 'quantity' | 'reduceOnly'>): void => {
    orders.push(placeOrder(desk, control, draft, placement(intention, request)));
  };
  if (!held.eq(0))
    place({ side: held.gt(0) ? 'sell' : 'buy', quantity: toDecimal(held.abs()), reduceOnly: true });
  const size = target === 0 ? new Exact(0) : sizeOf(desk, intention);
  if (size.gt(0)) place({ side: target > 0 ? 'buy' : 'sell', quantity: toDecimal(size), reduceOnly: false });
  return consequence(orders, target !== 0 && size.eq(0));
}

function nothing(note: string): Consequence {
  return { outcome: 'none', note, orderIds: [] };
}

function consequence(orders: readonly Order[], isTooSmall: boolean): Consequence {
  const notes = orders.flatMap(({ id, state, reason }) =>
    state === 'rejected' ? [`${id} was rejected: ${reason}`] : [],
  );
  if (isTooSmall) notes.push('the size comes to less than a lot');
  const isOrdered = orders.some(({ state }) => state !== 'rejected');
  return {
    outcome: isOrdered ? 'ordered' : 'none',
    note: notes.join('; '),
    orderIds: orders.map(({ id }) => id),
  };
}

/** 1 long, -1 short, 0 out. Where shorting is not allowed, short means out. */
function targetSide(desk: Desk, intention: Intention): -1 | 0 | 1 {
  const { direction } = intention.vote;
  if (direction === 'long') return 1;
  const canShort =
    intention.config.orders.allowShort && desk.rules.of(intention.instrument)?.canShort === true;
  return direction === 'short' && canShort ? -1 : 0;
}

function sideOf(quantity: Big): -1 | 0 | 1 {
  return quantity.cmp(0);
}

function ownOrders(desk: Desk, intention: Intention): Order[] {
  return desk.working
    .of(intention.instrument)
    .map(({ order }) => order)
    .filter((order) => order.strategy === intention.config.id);
}

function signedRest(order: Order): Big {
  const rest = remaining(order);
  return order.side === 'buy' ? rest : rest.neg();
}

function alreadyThere(expected: Big, own: readonly Order[]): string {
  const text = expected.eq(0)
    ? 'already flat'
    : `already ${expected.gt(0) ? 'long' : 'short'} ${expected.abs().toFixed()}`;
  return own.length === 0 ? text : `${text} once ${own.map(({ id }) => id).join(', ')} is done`;
}

function cancelEarlier(desk: Desk, draft: OutputDraft, own: readonly Order[], intention: Intention): void {
  const reason = `signal ${intention.signalId} wants to be ${intention.vote.direction}`;
  for (const order of own)
    if (order.origin === 'signal') desk.end(draft, order, { state: 'cancelled', code: 'replaced', reason });
}

function placement(
  intention: Intention,
  request: Pick<OrderRequest, 'side' | 'quantity' | 'reduceOnly'>,
): Parameters<typeof placeOrder>[3] {
  return {
    request: {
      ...request,
      instrument: intention.instrument,
      type: 'market',
      validity: 'day',
      limitPrice: null,
      stopPrice: null,
    },
    origin: 'signal',
    strategy: intention.config.id,
    signalId: intention.signalId,
    commandId: null,
    decidedMicros: intention.decidedMicros,
  };
}

function sizeOf(desk: Desk, intention: Intention): Big {
  const { sizing } = intention.config.orders;
  const lot = desk.rules.of(intention.instrument)?.lotSize ?? '1';
  const wanted = unroundedSize(desk, sizing, new Exact(String(intention.price)));
  return wanted.gt(0) ? roundedDown(wanted, lot) : new Exact(0);
}

function unroundedSize(desk: Desk, sizing: Sizing, price: Big): Big {
  switch (sizing.kind) {
    case 'quantity':
      return new Exact(sizing.quantity);
    case 'value':
      return new Exact(sizing.value).div(price);
    case 'equity':
      return desk.book.equity.times(sizing.share).div(price);
  }
}
