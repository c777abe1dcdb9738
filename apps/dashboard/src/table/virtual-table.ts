import { element } from '../dom/element.ts';
import type { Column, Sort } from './column.ts';
import { TableHead } from './table-head.ts';
import { TableRow } from './table-row.ts';

/** Rows beyond the visible ones, so that scrolling shows no emptiness. */
const BEYOND = 6;

export interface VirtualTableOptions<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rowOf: (key: string) => Row | undefined;
  readonly onSort: (column: string) => void;
  readonly onOpen: (key: string) => void;
  readonly onSelect?: (key: string | undefined) => void;
}

/**
 * A table of which only the rows in view exist. The order is given and stays until another is given; updates change cells in
 * place. Selection is by key, so that it survives both.
 */
export class VirtualTable<Row> {
  readonly element: HTMLElement;
  readonly #options: VirtualTableOptions<Row>;
  readonly #table: HTMLTableElement;
  readonly #head: TableHead<Row>;
  readonly #body = element('tbody', { role: 'rowgroup' });
  readonly #above = element('tr', { role: 'none', class: 'spacer', 'aria-hidden': 'true' });
  readonly #below = element('tr', { role: 'none', class: 'spacer', 'aria-hidden': 'true' });
  readonly #rows: TableRow<Row>[] = [];
  #keys: readonly string[] = [];
  #selected: string | undefined;
  #first = 0;
  #rowHeight = 28;
  #height = 0;

  constructor(options: VirtualTableOptions<Row>) {
    this.#options = options;
    this.#head = new TableHead(options.columns, options.onSort);
    this.#table = element(
      'table',
      { class: 'virtual', role: 'grid', 'aria-label': options.label, tabindex: 0 },
      this.#head.columnGroup,
      this.#head.element,
      this.#body,
    );
    this.#body.append(this.#above, this.#below);
    this.element = element('div', { class: 'scroll' }, this.#table);
    this.element.addEventListener('scroll', () => this.#render(), { passive: true });
    this.#body.addEventListener('click', (event) => this.#onClick(event));
    this.#body.addEventListener('dblclick', () => this.openSelected());
    new ResizeObserver(() => this.#measure()).observe(this.element);
  }

  get keys(): readonly string[] {
    return this.#keys;
  }

  get selected(): string | undefined {
    return this.#selected;
  }

  /** Another order, other rows. */
  setOrder(keys: readonly string[], sort: Sort | undefined): void {
    this.#keys = keys;
    this.#head.showSort(sort);
    this.#table.setAttribute('aria-rowcount', String(keys.length + 1));
    this.#render();
  }

  /** Shows the present values of what is in view; of these keys only, when given. */
  update(changed?: ReadonlySet<string>): void {
    for (const row of this.#rows) {
      if (row.key === undefined || (changed !== undefined && !changed.has(row.key))) continue;
      const value = this.#options.rowOf(row.key);
      if (value !== undefined) row.show(row.key, value);
    }
  }

  /** Writes what changes with time alone. */
  age(): void {
    for (const row of this.#rows) row.age();
  }

  select(key: string | undefined): void {
    this.#selected = key;
    this.#mark();
    this.#options.onSelect?.(key);
  }

  /** Moves the selection by rows and brings it into view. */
  move(step: number): void {
    if (this.#keys.length === 0) return;
    const at = this.#selected === undefined ? -1 : this.#keys.indexOf(this.#selected);
    const next = at < 0 ? (step > 0 ? 0 : this.#keys.length - 1) : at + step;
    this.moveTo(next);
  }

  /** Selects the row at a place, the nearest there is, and brings it into view. */
  moveTo(place: number): void {
    if (this.#keys.length === 0) return;
    const index = Math.max(0, Math.min(this.#keys.length - 1, place));
    this.#reveal(index);
    this.select(this.#keys[index]);
  }

  openSelected(): void {
    if (this.#selected !== undefined) this.#options.onOpen(this.#selected);
  }

  focus(): void {
    this.#table.focus({ preventScroll: true });
  }

  #measure(): void {
    const size = getComputedStyle(this.element).getPropertyValue('--row-height');
    this.#rowHeight = Number.parseFloat(size) || 28;
    this.#height = this.element.clientHeight;
    this.#render();
  }

  #reveal(index: number): void {
    const headHeight = this.#rowHeight;
    const top = index * this.#rowHeight;
    const { scrollTop } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.#rowHeight + headHeight > scrollTop + this.#height)
      this.element.scrollTop = top + this.#rowHeight + headHeight - this.#height;
    this.#render();
  }

  #onClick(event: Event): void {
    const target = event.target as Element;
    if (target.closest('a, button') !== null) return;
    const key = target.closest<HTMLElement>('tr[data-key]')?.dataset['key'];
    if (key !== undefined) this.select(key);
  }

  /** Reads sizes only that were measured before; writes rows and spacers. */
  #render(): void {
    const visible = Math.ceil((this.#height || 600) / this.#rowHeight) + 1;
    const first = Math.max(0, Math.floor(this.element.scrollTop / this.#rowHeight) - BEYOND);
    const last = Math.min(this.#keys.length, first + visible + 2 * BEYOND);
    // Rows keep their parity, so that stripes do not jump.
    this.#first = first - (first % 2);
    const count = Math.max(0, last - this.#first);
    this.#resize(count);
    for (let at = 0; at < count; at += 1) this.#place(at);
    this.#above.style.height = `${this.#first * this.#rowHeight}px`;
    this.#below.style.height = `${Math.max(0, this.#keys.length - last) * this.#rowHeight}px`;
    this.#above.hidden = this.#first === 0;
    this.#mark();
  }

  #resize(count: number): void {
    while (this.#rows.length < count) {
      const row = new TableRow(this.#options.columns);
      this.#rows.push(row);
      this.#below.before(row.element);
    }
    for (const row of this.#rows.splice(count)) row.element.remove();
  }

  #place(at: number): void {
    const row = this.#rows[at];
    const index = this.#first + at;
    const key = this.#keys[index];
    if (row === undefined || key === undefined) return;
    const value = this.#options.rowOf(key);
    if (value !== undefined) row.show(key, value);
    row.element.setAttribute('aria-rowindex', String(index + 2));
    row.element.id = `row-${index}`;
  }

  #mark(): void {
    let active: string | undefined;
    for (const row of this.#rows) {
      const isSelected = row.key !== undefined && row.key === this.#selected;
      if (isSelected) active = row.element.id;
      if ((row.element.getAttribute('aria-selected') === 'true') !== isSelected)
        row.element.setAttribute('aria-selected', String(isSelected));
    }
    if (active === undefined) this.#table.removeAttribute('aria-activedescendant');
    else this.#table.setAttribute('aria-activedescendant', active);
  }
}
