import type { StrategyState } from '@tickwright/trading';
import type { StrategyRow } from '../api/answers.ts';
import { element, fill } from '../dom/element.ts';
import { age } from '../format/times.ts';
import { demandChange } from '../shell/command-dialog.ts';
import { serverNow } from '../shell/server-time.ts';
import { PlainTable } from '../table/plain-table.ts';
import { STATE_COLUMNS } from './columns.ts';

const SIGNS = { long: '▲', short: '▼', flat: '■' } as const;

/** The state of a strategy as a whole: the worst of its instruments that matters. */
export function overallStatus({
  instruments,
  isEnabled,
  error,
}: Pick<StrategyRow, 'instruments' | 'isEnabled' | 'error'>):
  'running' | 'warming' | 'disabled' | 'stopped' | 'idle' {
  if (!isEnabled) return 'disabled';
  const has = (wanted: StrategyState['status']): boolean =>
    instruments.some(({ status }) => status === wanted);
  if (error !== null && has('stopped')) return 'stopped';
  if (has('running')) return 'running';
  return has('warming') ? 'warming' : 'idle';
}

/** Says how many instruments stand in each state: `10 running, 2 warming`. */
export function statusCounts(instruments: readonly StrategyState[]): string {
  const counts = new Map<string, number>();
  for (const { status } of instruments) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
}

/** One strategy. Its elements stay over updates, so that an open table stays open. */
export class StrategyCard {
  readonly element: HTMLElement;
  readonly #head = element('div', { class: 'strategy-head' });
  readonly #facts = element('div', { class: 'strategy-facts' });
  readonly #error = element('p', { class: 'strategy-error', role: 'status' });
  readonly #table: PlainTable<StrategyState>;
  readonly #summary = element('summary');
  readonly #onChange: () => void;
  #shown = '';

  constructor(id: string, onChange: () => void) {
    this.#onChange = onChange;
    this.#table = new PlainTable({
      label: `Instruments of ${id}`,
      columns: STATE_COLUMNS,
      key: ({ instrument }) => instrument,
      empty: 'It has no instruments: name some in the configuration.',
    });
    this.element = element(
      'section',
      { class: 'panel strategy', 'aria-label': id },
      this.#head,
      this.#error,
      this.#facts,
      element('details', { class: 'strategy-instruments' }, this.#summary, this.#table.element),
    );
  }

  show(row: StrategyRow): void {
    this.#table.setRows(row.instruments);
    const text = JSON.stringify({ ...row, age: Math.floor(serverNow() / 5_000) });
    if (
      text === this.#shown ||
      this.element.contains(document.activeElement?.closest('.strategy-head') ?? null)
    )
      return;
    this.#shown = text;
    const status = overallStatus(row);
    this.element.dataset['status'] = status;
    fill(
      this.#head,
      element('h2', {}, row.id),
      element('span', { class: 'badge', 'data-status': status }, status),
      element('span', { class: 'muted strategy-description' }, row.description),
      this.#button(row),
    );
    this.#error.hidden = row.error === null;
    this.#error.textContent =
      row.error === null
        ? ''
        : `It was stopped: ${row.error}. The others go on. Mend its file and restart the runner.`;
    fill(this.#facts, ...facts(row));
    this.#summary.textContent = `${row.instruments.length} instruments: ${statusCounts(row.instruments)}`;
  }

  #button(row: StrategyRow): HTMLElement {
    const verb = row.isEnabled ? 'Disable' : 'Enable';
    const click = (): void =>
      demandChange({
        title: `${verb} ${row.id}?`,
        detail: row.isEnabled
          ? 'It goes on seeing candles and makes no signals. What it holds stays: flatten it on the Paper page if you want it closed.'
          : 'It signals again from its next candle on, where it is warm.',
        verb,
        path: `strategies/${encodeURIComponent(row.id)}/${verb.toLowerCase()}`,
        asksReason: row.isEnabled,
        onDone: this.#onChange,
      });
    return element(
      'button',
      { type: 'button', class: 'button', 'aria-label': `${verb} ${row.id}`, on: { click } },
      `${verb}…`,
    );
  }
}

function facts(row: StrategyRow): HTMLElement[] {
  const signal = row.lastSignal;
  const last =
    signal === null
      ? 'none yet'
      : `${SIGNS[signal.direction]} ${signal.direction} ${signal.instrument}, ${age(serverNow() - signal.timeMicros / 1_000)} ago, confidence ${Math.round(signal.confidence * 100)}%: ${signal.reason}`;
  const parameters = Object.entries(row.parameters)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' · ');
  const fact = (name: string, value: string): HTMLElement =>
    element('div', {}, element('span', { class: 'muted' }, name), element('span', {}, value));
  return [
    fact(
      'Definition',
      `${row.use}${row.path === null ? ', built in' : `, ${row.path}`}; ${row.interval}; warm after ${row.warmUp} ${row.warmUp === 1 ? 'candle' : 'candles'}`,
    ),
    fact('Parameters', parameters === '' ? 'the usual ones' : parameters),
    fact('Last signal', last),
  ];
}
