import type { InstrumentKey } from '@tickwright/market';
import { Exact, ZERO, toDecimal } from '../decimal.ts';
import type { Big } from '../decimal.ts';
import { least, mean } from '../book/holding.ts';
import type { InstrumentRules } from '../contract/instrument-rules.ts';
import type { Fill } from '../contract/fill.ts';
import type { Order } from '../contract/order.ts';
import type { OutputDraft } from '../engine/output-draft.ts';
import { dailyFees, feeTotal, fillFees } from '../fees/fee-calculation.ts';
import type { FeeLine } from '../fees/fee-schedule.ts';
import type { Desk } from './desk.ts';
import type { MarketSpan, Match } from './matching.ts';
import type { Participation } from './participation.ts';
import { remaining } from './working-orders.ts';
import type { WorkingOrder } from './working-orders.ts';

/** One attempt to fill. */
export interface Attempt {
  readonly match: Match;
  readonly span: MarketSpan;
  readonly rules: InstrumentRules;
  readonly pool: Participation;
}

/** Fills what can be filled of an order. Returns what was lacking, if it was not the price; undefined otherwise. */
export function fillOrder(
  desk: Desk,
  draft: OutputDraft,
  working: WorkingOrder,
  attempt: Attempt,
): string | undefined {
  const triggered = attempt.match.triggers ? trigger(desk, draft, working, attempt.match) : working;
  const { price } = attempt.match;
  if (price === null) return undefined;
  const { order } = triggered;
  const wanted = wantedQuantity(desk, order, attempt.rules);
  if (wanted.eq(0)) {
    endForNothingLeft(desk, draft, order);
    return undefined;
  }
  const fees = desk.rules.charges(order.instrument, marketTime(attempt));
  if (fees === undefined) {
    desk.end(draft, order, {
      state: 'cancelled',
      code: 'no-fee-rates',
      reason: 'no fee rates are known for the date',
    });
    return undefined;
  }
  const quantity = attempt.pool.take(wanted);
  if (quantity.eq(0)) return `our share of the volume ${attempt.span.volume.toFixed()} leaves no lot`;
  const fill = makeFill(desk, draft, triggered, { ...attempt, quantity, price });
  const shortfall = fundsShortfall(desk, fill);
  if (shortfall !== undefined) {
    desk.end(draft, order, { state: 'cancelled', code: 'insufficient-funds', reason: shortfall });
    return undefined;
  }
  book(desk, draft, triggered, fill);
  return quantity.lt(wanted)
    ? `our share of the volume ${attempt.span.volume.toFixed()} filled a part`
    : undefined;
}

function trigger(desk: Desk, draft: OutputDraft, working: WorkingOrder, match: Match): WorkingOrder {
  return desk.update(draft, working, {
    isTriggered: true,
    code: 'triggered',
    reason: `the market reached ${match.reach.toFixed()}`,
  });
}

/** What is left of the order, cut to what may be closed where it may not open. */
function wantedQuantity(desk: Desk, order: Order, rules: InstrumentRules): Big {
  const rest = remaining(order);
  const held = desk.book.quantity(order.strategy, order.instrument);
  const closable = order.side === 'sell' ? held : held.neg();
  const mayOpen = !order.reduceOnly && (order.side === 'buy' || rules.canShort);
  if (mayOpen) return rest;
  return closable.gt(0) ? least(rest, closable) : new Exact(0);
}

function endForNothingLeft(desk: Desk, draft: OutputDraft, order: Order): void {
  desk.end(draft, order, {
    state: 'cancelled',
    ...(order.reduceOnly
      ? { code: 'position-closed', reason: 'there is no position left to reduce' }
      : { code: 'shorting', reason: 'nothing is held any more, and the instrument cannot be sold short' }),
  });
}

/** At the open, inside a candle (known only at its end), or a trade's time. */
function marketTime(attempt: Attempt): number {
  return attempt.match.at === 'open' ? attempt.span.openMicros : attempt.span.closeMicros;
}

type Execution = Attempt & { readonly quantity: Big; readonly price: Big };

function makeFill(desk: Desk, draft: OutputDraft, working: WorkingOrder, execution: Execution): Fill {
  const { order } = working;
  const { quantity, price, match } = execution;
  const marketMicros = marketTime(execution);
  const value = quantity.times(price);
  const feeLines = chargesFor(desk, working, { value, marketMicros, isMaker: match.liquidity === 'maker' });
  return {
    id: desk.progress.peekId('fill'),
    seq: draft.seq,
    timeMicros: draft.timeMicros,
    marketMicros,
    orderId: order.id,
    strategy: order.strategy,
    instrument: order.instrument,
    side: order.side,
    quantity: toDecimal(quantity),
    price: toDecimal(price),
    value: toDecimal(value),
    liquidity: match.liquidity,
    fees: toDecimal(feeTotal(feeLines)),
    feeLines,
    rule: match.rule,
    slippage: toDecimal(price.minus(match.reach).abs()),
  };
}

interface Charged {
  readonly value: Big;
  readonly marketMicros: number;
  readonly isMaker: boolean;
}

function chargesFor(desk: Desk, working: WorkingOrder, charged: Charged): FeeLine[] {
  const { order } = working;
  const charges = desk.rules.charges(order.instrument, charged.marketMicros) ?? [];
  const before = executedOn(working, dateOf(desk, order.instrument, charged.marketMicros));
  const after = {
    side: order.side,
    value: before.value.plus(charged.value),
    makerValue: before.makerValue.plus(charged.isMaker ? charged.value : 0),
  };
  const daily = dailyFees(charges, order.side);
  const isCharged =
    desk.markets.get(order.instrument).chargedOn === dateOf(desk, order.instrument, charged.marketMicros);
  return [...fillFees(charges, before, after), ...(isCharged ? [] : daily)];
}

function executedOn(working: WorkingOrder, day: string) {
  const isSameDay = working.day === day;
  return {
    side: working.order.side,
    value: new Exact(isSameDay ? working.dayValue : 0),
    makerValue: new Exact(isSameDay ? working.dayMakerValue : 0),
  };
}

function dateOf(desk: Desk, instrument: InstrumentKey, micros: number): string {
  return desk.rules.calendarOf(instrument)?.dateOf(micros) ?? '';
}

/** What is lacking to hold what the fill would open; undefined: nothing, or it only closes. */
function fundsShortfall(desk: Desk, fill: Fill): string | undefined {
  const held = desk.book.quantity(fill.strategy, fill.instrument);
  const after = fill.side === 'buy' ? held.plus(fill.quantity) : held.minus(fill.quantity);
  if (after.abs().lte(held.abs()) && after.s === held.s) return undefined;
  if (after.eq(0)) return undefined;
  const mark = new Exact(String(desk.markets.get(fill.instrument).price ?? fill.price));
  const exposure = desk.book.exposure.minus(held.times(mark).abs()).plus(after.times(fill.price).abs());
  const equity = desk.book.equity.plus(held.times(new Exact(fill.price).minus(mark))).minus(fill.fees);
  const needed = exposure.times(desk.rules.config.account.marginRate);
  if (needed.lte(equity)) return undefined;
  return `${needed.toFixed(2)} would be needed for the fill at ${fill.price}, the equity is ${equity.toFixed(2)}`;
}

function book(desk: Desk, draft: OutputDraft, working: WorkingOrder, fill: Fill): void {
  desk.progress.nextId('fill');
  draft.fills.push(fill);
  const { holding, closed } = desk.book.add(fill);
  draft.addPosition(holding.position);
  draft.accountChanged = true;
  if (closed !== null)
    draft.closedTrades.push({ id: desk.progress.nextId('trade'), seq: draft.seq, ...closed });
  noteDailyCharge(desk, fill);
  settleOrder(desk, draft, working, fill);
  if (holding.position.quantity === ZERO) cancelReductions(desk, draft, fill);
}

function noteDailyCharge(desk: Desk, fill: Fill): void {
  const charges = desk.rules.charges(fill.instrument, fill.marketMicros) ?? [];
  if (dailyFees(charges, fill.side).length === 0) return;
  desk.markets.update(fill.instrument, { chargedOn: dateOf(desk, fill.instrument, fill.marketMicros) });
}

function settleOrder(desk: Desk, draft: OutputDraft, working: WorkingOrder, fill: Fill): void {
  const { order } = working;
  const filled = new Exact(order.filledQuantity).plus(fill.quantity);
  const value = new Exact(order.filledValue).plus(fill.value);
  const isWhole = filled.eq(order.quantity);
  const text = `${fill.quantity} at ${fill.price}`;
  const change: Partial<Order> = {
    filledQuantity: toDecimal(filled),
    filledValue: toDecimal(value),
    averagePrice: mean(value, filled),
    fees: toDecimal(new Exact(order.fees).plus(fill.fees)),
  };
  if (isWhole) {
    const end = { state: 'filled', code: 'filled', reason: `filled: ${text}` } as const;
    desk.end(draft, { ...order, ...change }, end);
    return;
  }
  const day = dateOf(desk, fill.instrument, fill.marketMicros);
  const before = executedOn(working, day);
  const isMaker = fill.liquidity === 'maker';
  const next: WorkingOrder = {
    ...working,
    isNew: false,
    day,
    dayValue: toDecimal(before.value.plus(fill.value)),
    dayMakerValue: toDecimal(before.makerValue.plus(isMaker ? fill.value : 0)),
  };
  desk.update(draft, next, { ...change, code: 'partly-filled', reason: `filled in part: ${text}` });
}

/** What could only reduce a position that is gone has nothing to wait for. */
function cancelReductions(desk: Desk, draft: OutputDraft, of: Pick<Fill, 'strategy' | 'instrument'>): void {
  for (const { order } of desk.working.of(of.instrument))
    if (order.reduceOnly && order.strategy === of.strategy) endForNothingLeft(desk, draft, order);
}
