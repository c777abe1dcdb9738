import type { ClosedTrade, MarkedPosition } from '@tickwright/trading';
import { decimalTone, sumDecimals } from '../format/decimal-sum.ts';
import { money } from '../format/numbers.ts';
import { paintStrategy } from './columns.ts';
import type { Column } from '../table/column.ts';

/** A strategy's results. */
export interface StrategyResult {
  readonly strategy: string;
  readonly realized: string;
  readonly unrealized: string;
  readonly fees: string;
  readonly held: number;
  readonly trades: number;
  readonly wins: number;
}

/** Sums positions by strategy, and counts its closed trades. */
export function resultsOf(
  positions: readonly MarkedPosition[],
  trades: readonly ClosedTrade[],
): readonly StrategyResult[] {
  const names = new Set([...positions, ...trades].map(({ strategy }) => strategy));
  return [...names].sort().map((strategy) => {
    const own = positions.filter((each) => each.strategy === strategy);
    const closed = trades.filter((each) => each.strategy === strategy);
    return {
      strategy,
      realized: sumDecimals(own.map(({ realizedPnl }) => realizedPnl)),
      unrealized: sumDecimals(own.map(({ unrealizedPnl }) => unrealizedPnl)),
      fees: sumDecimals(own.map(({ fees }) => fees)),
      held: own.filter(({ quantity }) => quantity !== '0').length,
      trades: closed.length,
      wins: closed.filter(({ netPnl }) => decimalTone(netPnl) === 'up').length,
    };
  });
}

const SIGNED = { sign: 'always' } as const;

export const RESULT_COLUMNS: readonly Column<StrategyResult>[] = [
  { id: 'strategy', title: 'Strategy', wraps: true, text: ({ strategy }) => strategy, paint: paintStrategy },
  { id: 'held', title: 'Held', align: 'right', hides: 3, text: ({ held }) => String(held) },
  {
    id: 'realized',
    title: 'Realized',
    hint: 'Before fees',
    align: 'right',
    text: ({ realized }) => money(realized, SIGNED),
    tone: ({ realized }) => decimalTone(realized),
    csv: ({ realized }) => realized,
  },
  {
    id: 'unrealized',
    title: 'Unrealized',
    align: 'right',
    text: ({ unrealized }) => money(unrealized, SIGNED),
    tone: ({ unrealized }) => decimalTone(unrealized),
    csv: ({ unrealized }) => unrealized,
  },
  {
    id: 'fees',
    title: 'Fees',
    align: 'right',
    hides: 3,
    text: ({ fees }) => money(fees),
    csv: ({ fees }) => fees,
  },
  { id: 'trades', title: 'Trades', align: 'right', hides: 3, text: ({ trades }) => String(trades) },
  {
    id: 'wins',
    title: 'Won',
    align: 'right',
    text: ({ wins, trades }) => (trades === 0 ? '–' : `${Math.round((100 * wins) / trades)}%`),
  },
];
