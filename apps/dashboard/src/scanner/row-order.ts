import type { Column } from '../table/column.ts';
import { comparison } from '../table/column.ts';
import type { RowStore, ScannerView } from './row-store.ts';
import { effectivePreset, effectiveSort } from './view-state.ts';
import type { ViewState } from './view-state.ts';
import { watchlist } from './watchlists.ts';

/** A row matches when it contains every word: of its key, interval, status, or its strategies' names. */
export function textFilter(text: string): (view: ScannerView) => boolean {
  const words = text
    .toUpperCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return () => true;
  return ({ row }) => {
    const all = `${row.symbol} ${row.interval} ${row.status} ${row.strategies.map(({ id }) => id).join(' ')} ${row.last_signal?.direction ?? ''}`;
    const upper = all.toUpperCase();
    return words.every((word) => upper.includes(word));
  };
}

/** The keys that a view shows, in its order; equal ones by key, so that an order is the same each time. */
export function orderOf(store: RowStore, view: ViewState, columns: readonly Column<ScannerView>[]): string[] {
  const { keep } = effectivePreset(view);
  const matches = textFilter(view.text);
  const list = view.list === '' ? undefined : watchlist(view.list);
  const sort = effectiveSort(view);
  const compare = comparison(
    columns.find(({ id }) => id === sort.column),
    sort.direction,
  );
  return [...store.all()]
    .filter((each) => (list?.has(each.row.symbol) ?? true) && keep(each) && matches(each))
    .sort((left, right) => compare(left, right) || (left.key < right.key ? -1 : 1))
    .map(({ key }) => key);
}
