import { Exact, ZERO, toDecimal } from '../decimal.ts';
import type { Big, Decimal } from '../decimal.ts';
import type { Fill } from '../contract/fill.ts';
import type { ClosedTrade, Position } from '../contract/position.ts';

/** Decimals of prices that are means, for people. */
export const MEAN_DECIMALS = 8;
/**
 * Decimals that the cost of a part is rounded to. What is taken from a cost and what is left of it always add up to it
 * exactly, so that no money appears or goes by rounding.
 */
const COST_DECIMALS = 16;

/** The round trip that is under way. */
export interface OpenTrade {
  readonly direction: 'long' | 'short';
  readonly entryMicros: number;
  readonly entryQuantity: Decimal;
  readonly entryValue: Decimal;
  readonly exitQuantity: Decimal;
  readonly exitValue: Decimal;
  readonly grossPnl: Decimal;
  readonly fees: Decimal;
  readonly fills: number;
}

/** A position and the round trip it is part of. */
export interface Holding {
  readonly position: Position;
  readonly trade: OpenTrade | null;
}

/** A closed trade without its id, which the book gives. */
export type ClosedTradeFacts = Omit<ClosedTrade, 'id' | 'seq'>;

export interface HoldingChange {
  readonly holding: Holding;
  /** Before fees. */
  readonly realized: Big;
  readonly closed: ClosedTradeFacts | null;
}

export function emptyHolding(strategy: string, instrument: Position['instrument']): Holding {
  return {
    position: {
      strategy,
      instrument,
      quantity: ZERO,
      cost: ZERO,
      averagePrice: null,
      realizedPnl: ZERO,
      fees: ZERO,
      openedMicros: null,
    },
    trade: null,
  };
}

/** Adds a fill at average cost: first what closes, then what opens. Pure. */
export function addFill(holding: Holding, fill: Fill): HoldingChange {
  const quantity = new Exact(fill.quantity);
  const held = new Exact(holding.position.quantity);
  const signed = fill.side === 'buy' ? quantity : quantity.neg();
  const opposes = held.s !== signed.s && !held.eq(0);
  const closing = opposes ? least(held.abs(), quantity) : new Exact(0);
  const opening = quantity.minus(closing);
  const closingFees = opening.eq(0)
    ? new Exact(fill.fees)
    : new Exact(fill.fees).times(closing).div(quantity).round(MEAN_DECIMALS);
  const closed = closePart(holding, fill, { quantity: closing, fees: closingFees });
  const fees = new Exact(fill.fees).minus(closingFees);
  return { ...closed, holding: openPart(closed.holding, fill, { quantity: opening, fees }) };
}

interface Part {
  readonly quantity: Big;
  readonly fees: Big;
}

function closePart(holding: Holding, fill: Fill, part: Part): HoldingChange {
  const { position, trade } = holding;
  if (part.quantity.eq(0) || trade === null) return { holding, realized: new Exact(0), closed: null };
  const held = new Exact(position.quantity);
  const isAll = part.quantity.eq(held.abs());
  const cost = new Exact(position.cost);
  const released = isAll ? cost : cost.times(part.quantity).div(held.abs()).round(COST_DECIMALS);
  const value = part.quantity.times(fill.price);
  const realized = (fill.side === 'sell' ? value : value.neg()).minus(released);
  const left = fill.side === 'sell' ? held.minus(part.quantity) : held.plus(part.quantity);
  const after: OpenTrade = {
    ...trade,
    exitQuantity: toDecimal(part.quantity.plus(trade.exitQuantity)),
    exitValue: toDecimal(value.plus(trade.exitValue)),
    grossPnl: toDecimal(realized.plus(trade.grossPnl)),
    fees: toDecimal(part.fees.plus(trade.fees)),
    fills: trade.fills + 1,
  };
  const next = positionAfter(position, {
    quantity: left,
    cost: cost.minus(released),
    realized,
    fees: part.fees,
    openedMicros: isAll ? null : position.openedMicros,
  });
  return {
    holding: { position: next, trade: isAll ? null : after },
    realized,
    closed: isAll ? closedTrade(position, after, fill) : null,
  };
}

function openPart(holding: Holding, fill: Fill, part: Part): Holding {
  if (part.quantity.eq(0)) return holding;
  const { position } = holding;
  const value = part.quantity.times(fill.price);
  const isBuy = fill.side === 'buy';
  const trade = holding.trade ?? newTrade(fill);
  return {
    position: positionAfter(position, {
      quantity: new Exact(position.quantity).plus(isBuy ? part.quantity : part.quantity.neg()),
      cost: new Exact(position.cost).plus(isBuy ? value : value.neg()),
      realized: new Exact(0),
      fees: part.fees,
      openedMicros: position.openedMicros ?? fill.marketMicros,
    }),
    trade: {
      ...trade,
      entryQuantity: toDecimal(part.quantity.plus(trade.entryQuantity)),
      entryValue: toDecimal(value.plus(trade.entryValue)),
      fees: toDecimal(part.fees.plus(trade.fees)),
      fills: trade.fills + 1,
    },
  };
}

interface PositionChange {
  readonly quantity: Big;
  readonly cost: Big;
  readonly realized: Big;
  readonly fees: Big;
  readonly openedMicros: number | null;
}

function positionAfter(position: Position, change: PositionChange): Position {
  return {
    ...position,
    quantity: toDecimal(change.quantity),
    cost: toDecimal(change.cost),
    averagePrice: change.quantity.eq(0) ? null : mean(change.cost, change.quantity),
    realizedPnl: toDecimal(change.realized.plus(position.realizedPnl)),
    fees: toDecimal(change.fees.plus(position.fees)),
    openedMicros: change.openedMicros,
  };
}

function newTrade(fill: Fill): OpenTrade {
  return {
    direction: fill.side === 'buy' ? 'long' : 'short',
    entryMicros: fill.marketMicros,
    entryQuantity: ZERO,
    entryValue: ZERO,
    exitQuantity: ZERO,
    exitValue: ZERO,
    grossPnl: ZERO,
    fees: ZERO,
    fills: 0,
  };
}

function closedTrade(position: Position, trade: OpenTrade, fill: Fill): ClosedTradeFacts {
  return {
    strategy: position.strategy,
    instrument: position.instrument,
    direction: trade.direction,
    quantity: trade.entryQuantity,
    entryMicros: trade.entryMicros,
    exitMicros: fill.marketMicros,
    entryPrice: mean(new Exact(trade.entryValue), new Exact(trade.entryQuantity)),
    exitPrice: mean(new Exact(trade.exitValue), new Exact(trade.exitQuantity)),
    grossPnl: trade.grossPnl,
    fees: trade.fees,
    netPnl: toDecimal(new Exact(trade.grossPnl).minus(trade.fees)),
    fills: trade.fills,
  };
}

/** A mean price, rounded for people. */
export function mean(value: Big, quantity: Big): Decimal {
  return toDecimal(value.div(quantity).round(MEAN_DECIMALS));
}

export function least(one: Big, other: Big): Big {
  return one.lt(other) ? one : other;
}
