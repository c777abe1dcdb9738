import type { Sort } from '../table/column.ts';
import type { ScannerView } from './row-store.ts';

export interface Preset {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly keep: (view: ScannerView) => boolean;
  /** Sorted so while the user has not chosen another order. */
  readonly sort: Sort;
}

const BY_SYMBOL: Sort = { column: 'symbol', direction: 'ascending' };

export const PRESETS: readonly Preset[] = [
  { id: 'all', title: 'All', hint: 'Every instrument', keep: () => true, sort: BY_SYMBOL },
  {
    id: 'signals',
    title: 'Signals',
    hint: 'With a signal, the newest first',
    keep: ({ row }) => row.last_signal !== null,
    sort: { column: 'signal', direction: 'descending' },
  },
  {
    id: 'gainers',
    title: 'Gainers',
    hint: 'Up on the day',
    keep: ({ row }) => (row.change_percent ?? 0) > 0,
    sort: { column: 'percent', direction: 'descending' },
  },
  {
    id: 'losers',
    title: 'Losers',
    hint: 'Down on the day',
    keep: ({ row }) => (row.change_percent ?? 0) < 0,
    sort: { column: 'percent', direction: 'ascending' },
  },
  {
    id: 'active',
    title: 'Unusual volume',
    hint: 'At least 1.5 times their mean volume',
    keep: ({ row }) => (row.relative_volume ?? 0) >= 1.5,
    sort: { column: 'relative', direction: 'descending' },
  },
  {
    id: 'held',
    title: 'Held',
    hint: 'With a position',
    keep: ({ row }) => Number(row.position) !== 0,
    sort: BY_SYMBOL,
  },
  {
    id: 'trouble',
    title: 'Trouble',
    hint: 'Warming, stale, stopped, or with gaps',
    keep: ({ row }) => row.status !== 'RUNNING' || row.open_gaps > 0,
    sort: { column: 'status', direction: 'ascending' },
  },
];

export function presetOf(id: string): Preset | undefined {
  return PRESETS.find((preset) => preset.id === id);
}
