export type Tone = 'up' | 'down' | 'flat' | 'warn' | 'bad' | 'muted' | '';

/** One column of a table of rows. */
export interface Column<Row> {
  /** In the URL and in CSV. */
  readonly id: string;
  readonly title: string;
  /** Said on hover over the title. */
  readonly hint?: string;
  readonly align?: 'left' | 'right';
  /** CSS width, `7rem`; without one it takes what is left. */
  readonly width?: string;
  /** A sentence: it breaks into lines where the others would cut it. */
  readonly wraps?: true;
  /** Hidden on narrow screens: 1 first, 3 last; without it always there. */
  readonly hides?: 1 | 2 | 3;
  /** What the cell says; written only when it changed. */
  readonly text: (row: Row) => string;
  readonly tone?: (row: Row) => Tone;
  readonly hover?: (row: Row) => string;
  /** Paints a cell that is more than text. Called when `text` changed. */
  readonly paint?: (cell: HTMLElement, row: Row) => void;
  /** What to sort by; a column without it is not sorted by. null sorts last, either way. */
  readonly value?: (row: Row) => number | string | null;
  /** For CSV; `value` or `text` without it. */
  readonly csv?: (row: Row) => string | number | null;
  /** Changes with time alone, without a new row: ages. */
  readonly ages?: boolean;
  /** A change is shown by a short flash of the cell. */
  readonly flashes?: boolean;
}

export interface Sort {
  readonly column: string;
  readonly direction: 'ascending' | 'descending';
}

/** Compares by a column; what is not known comes last in either direction. */
export function comparison<Row>(
  column: Column<Row> | undefined,
  direction: Sort['direction'],
): (left: Row, right: Row) => number {
  const value = column?.value;
  if (value === undefined) return () => 0;
  const sign = direction === 'ascending' ? 1 : -1;
  return (left, right) => {
    const a = value(left);
    const b = value(right);
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
    return sign * String(a).localeCompare(String(b));
  };
}
