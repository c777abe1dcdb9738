import { element } from '../dom/element.ts';
import type { Column } from './column.ts';

const FLASH_MS = 500;
const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** One row's elements, used again for whatever row comes into view. Writes only what differs from what it shows. */
export class TableRow<Row> {
  readonly element: HTMLTableRowElement;
  readonly #columns: readonly Column<Row>[];
  readonly #cells: HTMLElement[] = [];
  readonly #texts: string[] = [];
  readonly #tones: string[] = [];
  #key: string | undefined;
  #row: Row | undefined;

  constructor(columns: readonly Column<Row>[], kind: 'grid' | 'table' = 'grid') {
    this.#columns = columns;
    const isGrid = kind === 'grid';
    this.element = element('tr', isGrid ? { role: 'row' } : {});
    for (const [index, column] of columns.entries()) {
      const cell = element(index === 0 ? 'th' : 'td', {
        ...(index === 0 ? { scope: 'row' } : {}),
        ...(isGrid ? { role: index === 0 ? 'rowheader' : 'gridcell' } : {}),
        class: [
          column.align === 'right' ? 'right' : '',
          column.hides === undefined ? '' : `hides-${column.hides}`,
          column.wraps === true ? 'wrap' : '',
        ]
          .filter((name) => name !== '')
          .join(' '),
      });
      this.#cells.push(cell);
      this.#texts.push('');
      this.#tones.push('');
      this.element.append(cell);
    }
  }

  get key(): string | undefined {
    return this.#key;
  }

  /** Shows a row, perhaps another one than before. */
  show(key: string, row: Row): void {
    const isSame = key === this.#key;
    this.#key = key;
    this.#row = row;
    if (!isSame) {
      this.element.dataset['key'] = key;
      this.#texts.fill('\u0000');
    }
    for (let index = 0; index < this.#columns.length; index += 1) this.#write(index, row, isSame);
  }

  /** Writes the columns anew that change with time. */
  age(): void {
    const row = this.#row;
    if (row === undefined) return;
    for (const [index, column] of this.#columns.entries())
      if (column.ages === true) this.#write(index, row, false);
  }

  #write(index: number, row: Row, isUpdate: boolean): void {
    const column = this.#columns[index];
    const cell = this.#cells[index];
    if (column === undefined || cell === undefined) return;
    const text = column.text(row);
    const tone = column.tone?.(row) ?? '';
    if (text !== this.#texts[index]) {
      this.#texts[index] = text;
      if (column.paint === undefined) cell.textContent = text;
      else column.paint(cell, row);
      const hover = column.hover?.(row) ?? '';
      if (cell.title !== hover) cell.title = hover;
      if (isUpdate && column.flashes === true) flash(cell, tone);
    }
    if (tone !== this.#tones[index]) {
      this.#tones[index] = tone;
      cell.dataset['tone'] = tone;
    }
  }
}

/** By the animation interface: no class is toggled, so that no layout is forced. */
function flash(cell: HTMLElement, tone: string): void {
  if (calm.matches) return;
  const color = `var(--flash-${tone === 'up' || tone === 'down' ? tone : 'flat'})`;
  cell.animate([{ backgroundColor: color }, { backgroundColor: 'transparent' }], FLASH_MS);
}
