import { INTERVALS } from '@tickwright/market';
import type { Interval } from '@tickwright/market';
import { INDICATORS } from '../charts/indicator-lines.ts';
import { byId, element, fill } from '../dom/element.ts';
import type { InstrumentView } from './instrument-view.ts';

export interface ChartBarActions {
  readonly chooseInterval: (interval: Interval) => void;
  readonly toggleIndicator: (id: string) => void;
}

/** Intervals and indicators to choose from. */
export function showChartBar(view: InstrumentView, actions: ChartBarActions): void {
  const intervals = INTERVALS.map((interval) =>
    element(
      'button',
      {
        type: 'button',
        'aria-pressed': String(interval === view.interval),
        on: { click: () => actions.chooseInterval(interval) },
      },
      interval,
    ),
  );
  const indicators = INDICATORS.map(({ id, title, hint, lines }) => {
    const swatch = element('span', { class: 'swatch', 'aria-hidden': 'true' });
    swatch.style.background = lines[0]?.color ?? '';
    return element(
      'button',
      {
        type: 'button',
        title: hint,
        'aria-pressed': String(view.indicators.includes(id)),
        on: { click: () => actions.toggleIndicator(id) },
      },
      swatch,
      title,
    );
  });
  fill(
    byId('chart-bar'),
    element('div', { class: 'presets', role: 'group', 'aria-label': 'Interval' }, ...intervals),
    element('div', { class: 'presets', role: 'group', 'aria-label': 'Indicators' }, ...indicators),
  );
}
