import type { ScannerChange, ScannerRow } from '../api/answers.ts';
import { decimalsOf } from '../format/numbers.ts';

const SPARK_LENGTH = 40;

/** A row as the table shows it. */
export interface ScannerView {
  readonly key: string;
  row: ScannerRow;
  /** The most decimals its price was seen with. */
  decimals: number;
  /** Which way the price went last. */
  lastMove: 'up' | 'down' | 'flat';
  readonly spark: number[];
}

export function rowKey(row: { readonly symbol: string; readonly interval: string }): string {
  return `${row.symbol} ${row.interval}`;
}

/** All rows by key, and which have changed since the last look. */
export class RowStore {
  readonly #views = new Map<string, ScannerView>();
  #changed = new Set<string>();

  get size(): number {
    return this.#views.size;
  }

  get(key: string): ScannerView | undefined {
    return this.#views.get(key);
  }

  all(): Iterable<ScannerView> {
    return this.#views.values();
  }

  /** The whole truth: rows that are not in it are gone. */
  replace(rows: readonly ScannerChange[]): void {
    const present = new Set(rows.map(rowKey));
    for (const key of this.#views.keys()) if (!present.has(key)) this.#views.delete(key);
    for (const row of rows) this.merge(row);
  }

  /** Takes the fields that changed. What is heard first of an unknown row must be whole; a part of one waits for the next answer. */
  merge(change: ScannerChange): void {
    const key = rowKey(change);
    const known = this.#views.get(key);
    if (known === undefined) {
      if (change.status === undefined) return;
      this.#views.set(key, newView(key, change as ScannerRow));
    } else update(known, change);
    this.#changed.add(key);
  }

  /** Keys that changed since this was asked last. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }
}

function newView(key: string, row: ScannerRow): ScannerView {
  const decimals = row.last_price === null ? 2 : decimalsOf(row.last_price);
  return { key, row, decimals, lastMove: 'flat', spark: [...(row.spark ?? [])].slice(-SPARK_LENGTH) };
}

function update(view: ScannerView, change: ScannerChange): void {
  const before = view.row;
  view.row = { ...before, ...change };
  if (change.spark !== undefined) view.spark.splice(0, view.spark.length, ...change.spark);
  const { last_price: now } = view.row;
  if (now === null || now === before.last_price) return;
  view.decimals = Math.max(view.decimals, decimalsOf(now));
  view.lastMove = before.last_price === null ? 'flat' : now > before.last_price ? 'up' : 'down';
  // The last point is the forming candle; a closed one moves on.
  if (view.row.last_bar_ts !== before.last_bar_ts || view.spark.length === 0) view.spark.push(now);
  else view.spark[view.spark.length - 1] = now;
  if (view.spark.length > SPARK_LENGTH) view.spark.shift();
}
