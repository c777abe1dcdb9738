import { element } from '../dom/element.ts';
import type { Column, Sort } from './column.ts';

/** The head of a table: titles, and buttons that sort. */
export class TableHead<Row> {
  readonly element: HTMLTableSectionElement;
  readonly columnGroup: HTMLTableColElement;
  readonly #cells = new Map<string, HTMLElement>();

  constructor(columns: readonly Column<Row>[], onSort: (column: string) => void) {
    this.columnGroup = element('colgroup');
    const row = element('tr', { role: 'row', 'aria-rowindex': 1 });
    for (const column of columns) {
      const hides = column.hides === undefined ? '' : `hides-${column.hides}`;
      const col = element('col', { class: `column-${column.id} ${hides}` });
      if (column.width !== undefined) col.style.width = column.width;
      this.columnGroup.append(col);
      const title =
        column.value === undefined
          ? element('span', {}, column.title)
          : element(
              'button',
              { type: 'button', class: 'sort', tabindex: -1, on: { click: () => onSort(column.id) } },
              column.title,
            );
      const cell = element(
        'th',
        {
          scope: 'col',
          role: 'columnheader',
          class: `${column.align === 'right' ? 'right ' : ''}${hides}`.trim(),
          title: column.hint,
        },
        title,
      );
      this.#cells.set(column.id, cell);
      row.append(cell);
    }
    this.element = element('thead', { role: 'rowgroup' }, row);
  }

  showSort(sort: Sort | undefined): void {
    for (const [id, cell] of this.#cells) {
      if (id === sort?.column) cell.setAttribute('aria-sort', sort.direction);
      else cell.removeAttribute('aria-sort');
    }
  }
}
