import type { CoverageRow } from '../api/coverage.ts';
import { element, fill } from '../dom/element.ts';
import { decimalText } from '../format/numbers.ts';
import type { Column } from '../table/column.ts';
import { VirtualTable } from '../table/virtual-table.ts';

/** An instrument's days by date. */
export interface InstrumentDays {
  readonly instrument: string;
  readonly days: ReadonlyMap<string, CoverageRow>;
}

/** How whole a day is, in words that the style sheet colours. */
export function levelOf(day: CoverageRow | undefined): 'none' | 'off' | 'full' | 'high' | 'low' | 'bad' {
  if (day === undefined) return 'none';
  if (day.completeness === null) return 'off';
  if (day.missing === 0 && day.completeness >= 0.9995) return 'full';
  if (day.completeness >= 0.99) return 'high';
  return day.completeness >= 0.9 ? 'low' : 'bad';
}

/** Percent as it fits a cell: never 100 unless it is whole. */
export function percentText(day: CoverageRow | undefined): string {
  if (day === undefined) return '';
  if (day.completeness === null) return '·';
  if (levelOf(day) === 'full') return '100';
  return decimalText(Math.floor(day.completeness * 1_000) / 10, 1);
}

/** A phone has no room for the segment, and would cut the rest. */
function paintKey(cell: HTMLElement, { instrument }: InstrumentDays): void {
  const bar = instrument.indexOf('|') + 1;
  const segment = element('span', { class: 'wide-only' }, instrument.slice(0, bar));
  fill(cell, segment, instrument.slice(bar));
}

function dayColumn(date: string): Column<InstrumentDays> {
  return {
    id: date,
    title: date.slice(5),
    hint: date,
    align: 'right',
    width: '3.75rem',
    text: ({ days }) => `${percentText(days.get(date))} ${days.get(date)?.missing ?? ''}`,
    paint: (cell, { days }) => {
      const day = days.get(date);
      cell.dataset['level'] = levelOf(day);
      cell.textContent = percentText(day);
    },
    hover: ({ instrument, days }) => dayText(instrument, date, days.get(date)),
  };
}

export function dayText(instrument: string, date: string, day: CoverageRow | undefined): string {
  if (day === undefined) return `${instrument}, ${date}: nothing is stored`;
  if (day.completeness === null)
    return `${instrument}, ${date}: ${day.unwatched > 0 ? 'not watched then' : 'no session'}`;
  const gaps = day.missingSpans.map(
    ({ from, to, cause, state }) => `${from.slice(11, 16)}–${to.slice(11, 16)} UTC ${cause}, ${state}`,
  );
  return [
    `${instrument}, ${date}: ${day.expected} minutes expected, ${day.present} present, ${day.untraded} without a trade, ${day.quiet} quiet, ${day.missing} missing`,
    ...gaps,
  ].join('\n');
}

/** Rows by instrument of what the ingestor tells by instrument and day. */
export function byInstrument(rows: readonly CoverageRow[]): readonly InstrumentDays[] {
  const found = new Map<string, Map<string, CoverageRow>>();
  for (const row of rows) {
    const days = found.get(row.instrument) ?? new Map<string, CoverageRow>();
    found.set(row.instrument, days.set(row.date, row));
  }
  return [...found].map(([instrument, days]) => ({ instrument, days }));
}

function mean(days: Iterable<CoverageRow>): number | null {
  let expected = 0;
  let missing = 0;
  for (const day of days) {
    if (day.completeness === null) continue;
    expected += day.expected;
    missing += day.missing + day.quiet;
  }
  return expected === 0 ? null : 1 - missing / expected;
}

/** Instruments down, days across; the worst first. */
export class HeatMap {
  readonly element = element('div', { class: 'heat-map' });
  readonly #onSelect: (row: InstrumentDays | undefined) => void;
  readonly #rows = new Map<string, InstrumentDays>();
  #table: VirtualTable<InstrumentDays> | undefined;
  #dates = '';

  constructor(onSelect: (row: InstrumentDays | undefined) => void) {
    this.#onSelect = onSelect;
  }

  show(rows: readonly InstrumentDays[], filter: string): void {
    this.#rows.clear();
    for (const row of rows) this.#rows.set(row.instrument, row);
    const dates = [...new Set(rows.flatMap(({ days }) => [...days.keys()]))].sort();
    if (this.#table === undefined || dates.join() !== this.#dates) this.#rebuild(dates);
    const wanted = filter.trim().toUpperCase();
    const order = rows
      .filter(({ instrument }) => instrument.toUpperCase().includes(wanted))
      .toSorted(
        (left, right) =>
          (mean(left.days.values()) ?? 2) - (mean(right.days.values()) ?? 2) ||
          left.instrument.localeCompare(right.instrument),
      );
    this.#table?.setOrder(
      order.map(({ instrument }) => instrument),
      undefined,
    );
  }

  #rebuild(dates: readonly string[]): void {
    this.#dates = dates.join();
    const columns: Column<InstrumentDays>[] = [
      {
        id: 'instrument',
        title: 'Instrument',
        width: '14rem',
        text: ({ instrument }) => instrument,
        paint: paintKey,
        hover: ({ instrument }) => instrument,
      },
      ...dates.map(dayColumn),
      { id: 'rest', title: '', text: () => '' },
    ];
    this.#table = new VirtualTable({
      label: 'Coverage by instrument and day, percent of the minutes expected',
      columns,
      rowOf: (key) => this.#rows.get(key),
      onSort: () => undefined,
      onOpen: () => undefined,
      onSelect: (key) => this.#onSelect(key === undefined ? undefined : this.#rows.get(key)),
    });
    this.element.replaceChildren(this.#table.element);
    // The newest days are asked about first, and a phone shows a few of them only.
    this.#table.element.scrollLeft = this.#table.element.scrollWidth;
  }

  move(step: number): void {
    this.#table?.move(step);
  }
}
