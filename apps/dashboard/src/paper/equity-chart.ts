import type { EquityPoint } from '@tickwright/trading';
import { LineChart } from '../charts/line-chart.ts';
import { element } from '../dom/element.ts';
import { compact, decimalText, price, whole } from '../format/numbers.ts';

export interface Drawdown {
  /** Shares of the highest equity before, 0 or less. */
  readonly shares: readonly number[];
  readonly worst: number;
}

/** How far below its highest value so far the equity was at each point. */
export function drawdownOf(equity: readonly number[]): Drawdown {
  let highest = -Infinity;
  let worst = 0;
  const shares = equity.map((value) => {
    highest = Math.max(highest, value);
    const share = highest > 0 ? value / highest - 1 : 0;
    worst = Math.min(worst, share);
    return share;
  });
  return { shares, worst };
}

/** Equity above, drawdown below, with one cursor. */
export class EquityChart {
  readonly element: HTMLElement;
  readonly #equity: LineChart;
  readonly #drawdown: LineChart;
  #worst = 0;

  constructor() {
    const above = element('div');
    const below = element('div');
    this.element = element('div', { class: 'equity' }, above, below);
    this.#equity = new LineChart(above, {
      lines: [{ label: 'Equity', color: 'accent', isFilled: true }],
      height: 196,
      format: (value) => price(value),
      formatAxis: (value) => (Math.abs(value) >= 1e7 ? compact(value) : whole(value)),
      sync: 'equity',
      label: 'Equity over time',
    });
    this.#drawdown = new LineChart(below, {
      lines: [{ label: 'Drawdown', color: 'down', isFilled: true }],
      height: 112,
      format: (value) => `${decimalText(value * 100, 2)}%`,
      sync: 'equity',
      label: 'Drawdown over time',
    });
  }

  get worst(): number {
    return this.#worst;
  }

  show(points: readonly EquityPoint[]): void {
    const times = points.map(({ timeMicros }) => timeMicros / 1_000_000);
    // A picture needs no more digits than a float has; the figures beside it are exact.
    const equity = points.map((point) => Number(point.equity));
    const { shares, worst } = drawdownOf(equity);
    this.#worst = worst;
    this.#equity.setData([times, equity]);
    this.#drawdown.setData([times, shares]);
  }
}
