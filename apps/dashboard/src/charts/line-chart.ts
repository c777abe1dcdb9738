import UPlot from 'uplot';
import { dateAndTime, dayAndMonth, hourAndMinute, timeOfDay } from '../format/times.ts';
import { onZoneChange, zone } from '../shell/clock.ts';
import { onThemeChange, themeColor } from '../shell/theme.ts';

export interface ChartLine {
  readonly label: string;
  /** Name of a colour of the style sheet. */
  readonly color: string;
  /** Filled down to zero or the axis. */
  readonly isFilled?: boolean;
  readonly kind?: 'line' | 'bars';
}

export interface LineChartOptions {
  readonly lines: readonly ChartLine[];
  readonly height: number;
  readonly format: (value: number) => string;
  /** On the axis; `format` without it. */
  readonly formatAxis?: (value: number) => string;
  /** x is a time in seconds; otherwise numbers, formatted by `formatX`. */
  readonly formatX?: (value: number) => string;
  /** Charts of one name move their cursors together. */
  readonly sync?: string;
  readonly label: string;
}

export type ChartData = readonly (readonly (number | null)[])[];

/** A line or bar chart that follows its box, the theme and the zone. */
export class LineChart {
  readonly #container: HTMLElement;
  readonly #options: LineChartOptions;
  #plot: UPlot | undefined;
  #data: ChartData = [];

  constructor(container: HTMLElement, options: LineChartOptions) {
    this.#container = container;
    this.#options = options;
    container.setAttribute('role', 'img');
    container.setAttribute('aria-label', options.label);
    let width = 0;
    new ResizeObserver(([entry]) => {
      const now = Math.floor(entry?.contentRect.width ?? 0);
      if (now === width || now === 0) return;
      width = now;
      if (this.#plot === undefined) this.#make(now);
      else this.#plot.setSize({ width: now, height: options.height });
    }).observe(container);
    onThemeChange(() => this.#plot?.redraw(false));
    onZoneChange(() => this.#plot?.redraw());
  }

  /** x first, then the values of each line. */
  setData(data: ChartData): void {
    this.#data = data;
    this.#plot?.setData(data as UPlot.AlignedData);
    this.#showLast();
  }

  /** While nobody points at the chart the legend tells the newest values. */
  #showLast(): void {
    const last = (this.#data[0]?.length ?? 0) - 1;
    if (last >= 0 && (this.#plot?.cursor.idx ?? null) === null) this.#plot?.setLegend({ idx: last }, false);
  }

  #make(width: number): void {
    const { lines, height, format, formatAxis = format, formatX, sync } = this.#options;
    const axis = {
      stroke: () => themeColor('muted'),
      grid: { stroke: () => themeColor('grid'), width: 1 },
      ticks: { show: false },
      font: `11px ${getComputedStyle(document.documentElement).fontFamily}`,
    };
    const showX = formatX ?? ((seconds: number) => dateAndTime(seconds * 1_000, zone()));
    this.#plot = new UPlot(
      {
        width,
        height,
        tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1_000), zone()),
        cursor: { y: false, points: { size: 5 }, ...(sync === undefined ? {} : { sync: { key: sync } }) },
        legend: { live: true },
        hooks: {
          setCursor: [(plot) => plot.cursor.idx === null && this.#showLast()],
          ready: [() => this.#showLast()],
        },
        scales: { x: { time: formatX === undefined } },
        axes: [
          {
            ...axis,
            size: X_AXIS_HEIGHT,
            space: 72,
            values: (_plot: UPlot, splits: number[]) => splits.map(formatX ?? timeLabels(splits)),
          },
          { ...axis, size: 72, values: (_plot, splits) => splits.map(formatAxis) },
        ],
        series: [
          {
            label: formatX === undefined ? 'Time' : '',
            value: (_plot, value: number | null) => (value === null ? '–' : showX(value)),
          },
          ...lines.map((line) => series(line, format)),
        ],
      },
      (this.#data.length > 0 ? this.#data : [[], ...lines.map(() => [])]) as UPlot.AlignedData,
      this.#container,
    );
  }
}

const SECONDS_BELOW = 600;
const DATES_FROM = 2 * 86_400;
const X_AXIS_HEIGHT = 26;

/** Seconds within minutes, hours within two days, dates beyond. */
function timeLabels(splits: readonly number[]): (seconds: number) => string {
  const span = (splits[splits.length - 1] ?? 0) - (splits[0] ?? 0);
  const text = span > DATES_FROM ? dayAndMonth : span < SECONDS_BELOW ? timeOfDay : hourAndMinute;
  return (seconds) => text(seconds * 1_000, zone());
}

function series(
  { label, color, isFilled, kind }: ChartLine,
  format: (value: number) => string,
): UPlot.Series {
  return {
    label,
    width: 1.5,
    points: { show: false },
    stroke: () => themeColor(color),
    ...(isFilled === true ? { fill: () => `${themeColor(color)}26` } : {}),
    ...(kind === 'bars' ? { paths: UPlot.paths.bars?.({ size: [0.8, 48] }) } : {}),
    value: (_plot, value: number | null) => (value === null ? '–' : format(value)),
  } as UPlot.Series;
}
