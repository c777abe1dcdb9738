import { Exact, toDecimal } from '../decimal.ts';
import type { Big } from '../decimal.ts';
import type { OrderSide } from '../contract/order.ts';
import type { FeeCharge, FeeLine, FeeSchedule, FeeVersion } from './fee-schedule.ts';

/** What of an order was executed on one day. */
export interface Executed {
  readonly side: OrderSide;
  readonly value: Big;
  /** The part of the value that was filled as maker. */
  readonly makerValue: Big;
}

/** One charge of an order: exact, and as charged. */
export interface OwedFee {
  readonly name: string;
  readonly exact: Big;
  readonly amount: Big;
}

/** The charges on a date, YYYY-MM-DD; undefined before the first version. */
export function feeVersionOn(schedule: FeeSchedule, date: string): FeeVersion | undefined {
  return schedule.versions.filter((version) => version.from <= date).at(-1);
}

/** What an order owes for what was executed. Charges that come once a day are not among them: see `dailyFees`. */
export function owedFees(charges: readonly FeeCharge[], executed: Executed): OwedFee[] {
  const owed: OwedFee[] = [];
  for (const charge of charges) {
    const exact = exactFee(charge, executed, owed);
    if (exact === undefined) continue;
    owed.push({ name: charge.name, exact, amount: exact.round(charge.decimals) });
  }
  return owed;
}

function exactFee(charge: FeeCharge, executed: Executed, before: readonly OwedFee[]): Big | undefined {
  if (charge.on !== 'both' && charge.on !== executed.side) return undefined;
  switch (charge.kind) {
    case 'rate': {
      const share = executed.value.times(charge.rate);
      return charge.cap !== null && share.gt(charge.cap) ? new Exact(charge.cap) : share;
    }
    case 'maker-taker':
      return executed.makerValue
        .times(charge.maker)
        .plus(executed.value.minus(executed.makerValue).times(charge.taker));
    case 'tax':
      return before
        .filter((fee) => charge.of.includes(fee.name))
        .reduce((sum, fee) => sum.plus(fee.exact), new Exact(0))
        .times(charge.rate);
    case 'daily':
      return undefined;
  }
}

/**
 * What one more fill is charged: what the order owes with it, less what it owed before. Charges of zero are left out. The
 * sum over an order's fills is thus what one fill of the whole would cost.
 */
export function fillFees(charges: readonly FeeCharge[], before: Executed, after: Executed): FeeLine[] {
  const paid = new Map(owedFees(charges, before).map((fee) => [fee.name, fee.amount]));
  return owedFees(charges, after)
    .map(({ name, amount }) => ({ name, amount: amount.minus(paid.get(name) ?? 0) }))
    .filter(({ amount }) => !amount.eq(0))
    .map(({ name, amount }) => ({ name, amount: toDecimal(amount) }));
}

/** The charges that an instrument's first such order of the day bears. */
export function dailyFees(charges: readonly FeeCharge[], side: OrderSide): FeeLine[] {
  return charges.flatMap((charge) =>
    charge.kind === 'daily' && (charge.on === 'both' || charge.on === side)
      ? [{ name: charge.name, amount: toDecimal(new Exact(charge.amount).round(charge.decimals)) }]
      : [],
  );
}

/** Sum of lines. */
export function feeTotal(lines: readonly FeeLine[]): Big {
  return lines.reduce((sum, line) => sum.plus(line.amount), new Exact(0));
}
