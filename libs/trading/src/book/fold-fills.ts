import { Exact, toDecimal } from '../decimal.ts';
import type { Decimal } from '../decimal.ts';
import type { Fill } from '../contract/fill.ts';
import type { Position } from '../contract/position.ts';
import { addFill, emptyHolding } from './holding.ts';
import type { Holding } from './holding.ts';

/** What fills alone tell of an account. */
export interface FoldedFills {
  readonly cash: Decimal;
  /** Before fees. */
  readonly realizedPnl: Decimal;
  readonly fees: Decimal;
  /** In order of their first fill, flat ones too. */
  readonly positions: readonly Position[];
}

/** Rebuilds cash, positions and P&L from fills, in order of their numbers: the proof of the broker's book. */
export function foldFills(initialCash: Decimal, fills: Iterable<Fill>): FoldedFills {
  const holdings = new Map<string, Holding>();
  let cash = new Exact(initialCash);
  let realized = new Exact(0);
  let fees = new Exact(0);
  for (const fill of fills) {
    const key = holdingKey(fill);
    const change = addFill(holdings.get(key) ?? emptyHolding(fill.strategy, fill.instrument), fill);
    holdings.set(key, change.holding);
    cash = cash.plus(cashFlow(fill));
    realized = realized.plus(change.realized);
    fees = fees.plus(fill.fees);
  }
  return {
    cash: toDecimal(cash),
    realizedPnl: toDecimal(realized),
    fees: toDecimal(fees),
    positions: [...holdings.values()].map((holding) => holding.position),
  };
}

/** What a fill does to cash: what it brings or costs, and its fees. */
export function cashFlow(fill: Fill) {
  const value = new Exact(fill.value);
  return (fill.side === 'sell' ? value : value.neg()).minus(fill.fees);
}

/** The key of a holding: its owner, then the instrument, whose key has a bar and no owner's id has. */
export function holdingKey(of: Pick<Position, 'strategy' | 'instrument'>): string {
  return `${of.strategy}/${of.instrument}`;
}
