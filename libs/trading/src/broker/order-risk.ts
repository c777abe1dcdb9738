import { Exact } from '../decimal.ts';
import type { Big } from '../decimal.ts';
import type { RiskLimits } from '../contract/risk-limits.ts';
import type { OrderReason } from './order-shape.ts';

/** What limits are held against, the order counted in. Values are in the account's currency. */
export interface RiskFacts {
  readonly limits: RiskLimits;
  /** The part of the order that makes a position, or makes one larger. */
  readonly opening: Big;
  readonly orderValue: Big;
  readonly orderQuantity: Big;
  /** |value| of the instrument's net holding at the worst, with all working orders. */
  readonly positionValue: Big;
  /** Sum of |value| at the worst, over all holdings and working orders. */
  readonly committed: Big;
  readonly marginRate: Big;
  readonly equity: Big;
  /** Estimated. */
  readonly fees: Big;
  readonly workingOrders: number;
  readonly ordersToday: number;
}

/** The first limit an order breaks. Orders that open nothing break none. */
export function riskRejection(facts: RiskFacts): OrderReason | undefined {
  if (facts.opening.lte(0)) return undefined;
  return orderLimit(facts) ?? holdingLimit(facts) ?? fundsRejection(facts);
}

function orderLimit(facts: RiskFacts): OrderReason | undefined {
  const { limits } = facts;
  const beyond = (reason: string): OrderReason => ({ code: 'order-limit', reason });
  if (isOver(facts.orderValue, limits.maxOrderValue))
    return beyond(`the order's value ${money(facts.orderValue)} is over the limit ${limits.maxOrderValue}`);
  if (isOver(facts.orderQuantity, limits.maxOrderQuantity))
    return beyond(
      `the order's quantity ${facts.orderQuantity.toFixed()} is over the limit ${limits.maxOrderQuantity}`,
    );
  if (limits.maxWorkingOrders !== null && facts.workingOrders >= limits.maxWorkingOrders)
    return beyond(
      `${facts.workingOrders} orders are working already, the limit is ${limits.maxWorkingOrders}`,
    );
  if (limits.maxOrdersPerDay !== null && facts.ordersToday >= limits.maxOrdersPerDay)
    return beyond(`${facts.ordersToday} orders were placed today, the limit is ${limits.maxOrdersPerDay}`);
  return undefined;
}

function holdingLimit(facts: RiskFacts): OrderReason | undefined {
  const { limits } = facts;
  if (isOver(facts.positionValue, limits.maxPositionValue))
    return {
      code: 'position-limit',
      reason: `the position could reach ${money(facts.positionValue)}, the limit is ${limits.maxPositionValue}`,
    };
  if (isOver(facts.committed, limits.maxExposure))
    return {
      code: 'exposure-limit',
      reason: `the exposure could reach ${money(facts.committed)}, the limit is ${limits.maxExposure}`,
    };
  return undefined;
}

function fundsRejection(facts: RiskFacts): OrderReason | undefined {
  const needed = facts.committed.times(facts.marginRate).plus(facts.fees);
  if (needed.lte(facts.equity)) return undefined;
  return {
    code: 'insufficient-funds',
    reason: `${money(needed)} would be needed with all positions, working orders and fees; the equity is ${money(facts.equity)}`,
  };
}

function isOver(value: Big, limit: string | null): boolean {
  return limit !== null && value.gt(new Exact(limit));
}

function money(value: Big): string {
  return value.toFixed(2);
}
