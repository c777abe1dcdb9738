import { messageOf } from '../api/api-error.ts';
import { comparedDays, dayRuns, differencesOf } from '../api/day-reports.ts';
import type { CandleDifference, ComparedDay } from '../api/day-reports.ts';
import type { RunRow } from '../api/ops.ts';
import { element, fill } from '../dom/element.ts';
import { UNKNOWN, decimalText, decimalsOf, price, signed, whole } from '../format/numbers.ts';
import { dateAndTime } from '../format/times.ts';
import { instrumentColumn } from '../paper/columns.ts';
import { zone } from '../shell/clock.ts';
import type { Column } from '../table/column.ts';
import { csvText, saveFile } from '../table/csv.ts';
import { PlainTable } from '../table/plain-table.ts';

const SHOWN_MAX = 500;
const FIELDS: Readonly<Record<string, string>> = { tradeCount: 'trades', candle: 'candle' };

function decimalsFor({ ours, theirs }: CandleDifference): number {
  return Math.max(...[ours, theirs].map((value) => (value === undefined ? 0 : decimalsOf(value))));
}

/** A count is whole, a price has two decimals at least. */
function side(value: number | undefined, row: CandleDifference): string {
  if (value === undefined) return 'no candle';
  const isCount = row.field === 'volume' || row.field === 'tradeCount';
  return isCount ? decimalText(value, decimalsFor(row)) : price(value, decimalsFor(row));
}

const COLUMNS: readonly Column<CandleDifference>[] = [
  {
    id: 'minute',
    title: 'Minute',
    text: ({ openTime }) => dateAndTime(Date.parse(openTime), zone()).slice(5, 16),
    csv: ({ openTime }) => openTime,
  },
  instrumentColumn(),
  { id: 'field', title: 'What', text: ({ field }) => FIELDS[field] ?? field },
  {
    id: 'ours',
    title: 'Ours',
    align: 'right',
    text: (row) => side(row.ours, row),
    csv: ({ ours }) => ours ?? null,
  },
  {
    id: 'theirs',
    title: 'Theirs',
    hint: 'The venue’s own candle',
    align: 'right',
    text: (row) => side(row.theirs, row),
    csv: ({ theirs }) => theirs ?? null,
  },
  {
    id: 'difference',
    title: 'Ours − theirs',
    hides: 3,
    align: 'right',
    text: (row) =>
      row.ours === undefined || row.theirs === undefined
        ? UNKNOWN
        : signed(row.ours - row.theirs, decimalsFor(row)),
    csv: ({ ours, theirs }) => (ours === undefined || theirs === undefined ? null : ours - theirs),
  },
];

/** Ended days against the venue's own candles: what differs, when, ours, theirs, and what was done about it. */
export class DayComparison {
  readonly element: HTMLElement;
  readonly tools: readonly HTMLElement[];
  readonly #choice = element('select', {
    class: 'select',
    'aria-label': 'Day compared',
    hidden: true,
    on: { change: () => void this.#showDay() },
  });
  readonly #save = element(
    'button',
    { type: 'button', class: 'button', hidden: true, on: { click: () => this.#saveRows() } },
    'CSV',
  );
  readonly #verdict = element('p', { class: 'verdict-line' });
  readonly #steps = element('p', { class: 'verdict-line muted' });
  readonly #table = new PlainTable<CandleDifference>({
    label: 'Differences of the day',
    columns: COLUMNS,
    key: ({ instrument, openTime, field }) => `${instrument} ${openTime} ${field}`,
    empty: '',
  });
  #days: readonly ComparedDay[] = [];
  #shown: string | undefined;

  constructor() {
    this.tools = [this.#choice, this.#save];
    this.element = element('div', {}, this.#verdict, this.#steps, this.#table.element);
    this.#table.element.hidden = true;
    this.#verdict.textContent = 'Asking the ingestor for its ended days…';
  }

  async load(): Promise<void> {
    try {
      const [days, runs] = await Promise.all([comparedDays(), dayRuns()]);
      this.#days = days;
      this.#showSteps(runs[0]);
      this.#showChoice();
      await this.#showDay();
    } catch (error) {
      this.#verdict.textContent = `The ended days cannot be told: ${messageOf(error)}.`;
    }
  }

  /** Times in another zone. */
  redraw(): void {
    this.#shown = undefined;
    void this.#showDay().catch(() => undefined);
  }

  #showChoice(): void {
    const chosen = this.#choice.value;
    fill(
      this.#choice,
      ...this.#days.map(({ report, calendar, date, differences }) =>
        element('option', { value: report }, `${date} ${calendar.toUpperCase()}: ${whole(differences)}`),
      ),
    );
    if (this.#days.some(({ report }) => report === chosen)) this.#choice.value = chosen;
    this.#choice.hidden = this.#days.length === 0;
  }

  async #showDay(): Promise<void> {
    const day = this.#days.find(({ report }) => report === this.#choice.value) ?? this.#days[0];
    const name = day === undefined ? 'none' : `${day.report} ${day.differences}`;
    if (name === this.#shown) return;
    const rows = day === undefined || day.differences === 0 ? [] : await differencesOf(day, SHOWN_MAX);
    this.#shown = name;
    this.#table.setRows([]);
    this.#table.setRows(rows);
    this.#table.element.hidden = rows.length === 0;
    this.#save.hidden = rows.length === 0;
    fill(this.#verdict, ...verdictOf(day, rows.length));
  }

  #showSteps(run: RunRow | undefined): void {
    if (run === undefined) {
      this.#steps.textContent = '';
      return;
    }
    const steps = run.jobs.map(({ key, state, reason }) => {
      const why = reason === undefined || reason === '' ? '' : ` (${reason})`;
      return `${key} ${state}${state === 'succeeded' ? '' : why}`;
    });
    this.#steps.textContent = `The newest end of day, ${run.id.slice(run.id.indexOf('/') + 1)}: ${steps.join(', ')}.`;
  }

  #saveRows(): void {
    const name = this.#choice.value.replace(/\.json$/, '');
    saveFile(`differences-${name}.csv`, csvText(COLUMNS, this.#table.rows));
  }
}

function verdictOf(day: ComparedDay | undefined, shown: number): (string | HTMLElement)[] {
  if (day === undefined)
    return [
      'No day was compared yet. After a session’s last close its candles are compared with the venue’s own, where the venue has a history.',
    ];
  const where = `${day.date}, calendar ${day.calendar}`;
  if (day.differences === 0)
    return [element('b', { 'data-tone': 'up' }, 'No difference'), ` to the venue’s candles on ${where}.`];
  const instruments = Object.keys(day.byInstrument).length;
  const more =
    shown < day.differences
      ? ` The first ${whole(shown)} are shown; all are in ingestor/end-of-day/${day.report}.`
      : '';
  return [
    element('b', { 'data-tone': 'warn' }, `${whole(day.differences)} differences`),
    ` in ${whole(instruments)} ${instruments === 1 ? 'instrument' : 'instruments'} on ${where}. Nothing was changed by it: candles of our own ticks stay as they are, the venue’s stand beside them, and a minute without a tick of ours is the venue’s already.${more}`,
  ];
}
