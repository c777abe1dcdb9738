import { element } from '../dom/element.ts';
import type { Column } from './column.ts';
import { TableRow } from './table-row.ts';

export interface PlainTableOptions<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly key: (row: Row) => string;
  /** What stands there without a row: what is missing, and what to do. */
  readonly empty: string;
  readonly onOpen?: (row: Row) => void;
}

/** A short table: all rows exist. Rows keep their elements, so that selection of text and focus survive updates. */
export class PlainTable<Row> {
  readonly element: HTMLElement;
  readonly #options: PlainTableOptions<Row>;
  readonly #body = element('tbody');
  readonly #table: HTMLTableElement;
  readonly #empty: HTMLElement;
  readonly #rows = new Map<string, TableRow<Row>>();
  #values: readonly Row[] = [];

  constructor(options: PlainTableOptions<Row>) {
    this.#options = options;
    const titles = options.columns.map(({ title, hint, align, hides }) =>
      element(
        'th',
        {
          scope: 'col',
          title: hint,
          class: `${align === 'right' ? 'right ' : ''}${hides === undefined ? '' : `hides-${hides}`}`.trim(),
        },
        title,
      ),
    );
    this.#table = element(
      'table',
      { class: 'plain', 'aria-label': options.label },
      element('thead', {}, element('tr', {}, ...titles)),
      this.#body,
    );
    this.#empty = element('p', { class: 'empty' }, options.empty);
    this.element = element(
      'div',
      { class: 'plain-scroll', tabindex: 0, role: 'region', 'aria-label': options.label },
      this.#table,
      this.#empty,
    );
    this.#table.hidden = true;
    const { onOpen } = options;
    if (onOpen !== undefined)
      this.#body.addEventListener('click', (event) => {
        const target = event.target as Element;
        if (target.closest('a, button') !== null) return;
        const key = target.closest<HTMLElement>('tr[data-key]')?.dataset['key'];
        const row = this.#values.find((each) => options.key(each) === key);
        if (row !== undefined) onOpen(row);
      });
  }

  get rows(): readonly Row[] {
    return this.#values;
  }

  setRows(rows: readonly Row[]): void {
    this.#values = rows;
    this.#table.hidden = rows.length === 0;
    this.#empty.hidden = rows.length > 0;
    const keys = new Set(rows.map(this.#options.key));
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue;
      row.element.remove();
      this.#rows.delete(key);
    }
    let before: Element | null = this.#body.firstElementChild;
    for (const value of rows) {
      const key = this.#options.key(value);
      let row = this.#rows.get(key);
      if (row === undefined) {
        row = new TableRow(this.#options.columns, 'table');
        this.#rows.set(key, row);
      }
      row.show(key, value);
      if (row.element === before) before = before.nextElementSibling;
      else this.#body.insertBefore(row.element, before);
    }
  }

  age(): void {
    for (const row of this.#rows.values()) row.age();
  }
}
