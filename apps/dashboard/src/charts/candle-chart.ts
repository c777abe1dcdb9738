import {
  CandlestickSeries,
  HistogramSeries,
  LineSeries,
  LineStyle,
  createChart,
  createSeriesMarkers,
} from 'lightweight-charts';
import type {
  CandlestickData,
  HistogramData,
  IChartApi,
  ISeriesApi,
  ISeriesMarkersPluginApi,
  LineData,
  SeriesMarker,
  Time,
  UTCTimestamp,
} from 'lightweight-charts';
import type { Candle } from '@tickwright/trading';
import { onZoneChange } from '../shell/clock.ts';
import { onThemeChange, themeColor } from '../shell/theme.ts';
import { chartOptions } from './chart-options.ts';
import type { Indicator } from './indicator-lines.ts';
import type { Bars } from './indicators.ts';
import { Shading } from './shading.ts';
import type { Band } from './shading.ts';

/** So many candles from the left edge older ones are asked for. */
const NEAR_THE_EDGE = 30;

export type Marker = SeriesMarker<Time>;

export function chartTime(micros: number): UTCTimestamp {
  return Math.floor(micros / 1_000_000) as UTCTimestamp;
}

interface ShownLine {
  readonly series: ISeriesApi<'Line'>;
  readonly values: (bars: Bars) => readonly number[];
}

/** The chart of one instrument: candles, volume, indicators, shading and markers. */
export class CandleChart {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<'Candlestick'>;
  readonly #volume: ISeriesApi<'Histogram'>;
  readonly #markers: ISeriesMarkersPluginApi<Time>;
  readonly #shading = new Shading();
  readonly #lines = new Map<string, ShownLine[]>();
  #count = 0;

  constructor(container: HTMLElement, onNearTheEdge: () => void) {
    this.#chart = createChart(container, chartOptions());
    this.#candles = this.#chart.addSeries(CandlestickSeries, {});
    this.#volume = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.#candles.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: 0.22 } });
    this.#markers = createSeriesMarkers(this.#candles, []);
    this.#candles.attachPrimitive(this.#shading);
    this.#paint();
    onThemeChange(() => this.#paint());
    onZoneChange(() => this.#paint());
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < NEAR_THE_EDGE && this.#count > 0) onNearTheEdge();
    });
  }

  /** All candles anew. What is looked at stays where it was. */
  setCandles(candles: readonly Candle[], decimals: number): void {
    const scale = this.#chart.timeScale();
    const range = this.#count === 0 ? null : scale.getVisibleLogicalRange();
    const added = candles.length - this.#count;
    this.#candles.applyOptions({
      priceFormat: { type: 'price', precision: decimals, minMove: 10 ** -decimals },
    });
    this.#candles.setData(candles.map(bar));
    this.#volume.setData(candles.map(volumeBar));
    if (range === null) scale.setVisibleLogicalRange({ from: candles.length - 140, to: candles.length + 4 });
    else scale.setVisibleLogicalRange({ from: range.from + added, to: range.to + added });
    this.#count = candles.length;
  }

  /** The newest candle, new or grown. */
  updateLast(candle: Candle, count: number): void {
    this.#count = count;
    this.#candles.update(bar(candle));
    this.#volume.update(volumeBar(candle));
  }

  showIndicators(indicators: readonly Indicator[]): void {
    const wanted = new Set(indicators.map(({ id }) => id));
    for (const [id, lines] of this.#lines) {
      if (wanted.has(id)) continue;
      for (const { series } of lines) this.#chart.removeSeries(series);
      this.#lines.delete(id);
    }
    for (const indicator of indicators) if (!this.#lines.has(indicator.id)) this.#add(indicator);
  }

  /** Values of the indicators; of the last candle only when the others have not changed. */
  setBars(bars: Bars, candles: readonly Candle[], changed: 'end' | 'all'): void {
    for (const { series, values } of [...this.#lines.values()].flat()) {
      const line = values(bars);
      const point = (candle: Candle, index: number): LineData | { time: Time } => {
        const value = line[index];
        const time = chartTime(candle.openMicros);
        return value === undefined || Number.isNaN(value) ? { time } : { time, value };
      };
      const last = candles[candles.length - 1];
      if (changed === 'end' && last !== undefined) series.update(point(last, candles.length - 1));
      else series.setData(candles.map(point));
    }
  }

  setShading(bands: readonly Band[], breaks: readonly number[]): void {
    this.#shading.show(bands, breaks);
  }

  setMarkers(markers: readonly Marker[]): void {
    this.#markers.setMarkers([...markers]);
  }

  #add({ id, pane, lines, levels = [] }: Indicator): void {
    const index = pane === 'price' ? 0 : this.#chart.panes().length;
    const shown = lines.map(({ color, values }) => {
      const options = {
        color,
        lineWidth: 1,
        priceLineVisible: false,
        lastValueVisible: pane === 'own',
      } as const;
      return {
        series: this.#chart.addSeries(LineSeries, { ...options, crosshairMarkerVisible: false }, index),
        values,
      };
    });
    for (const price of levels)
      shown[0]?.series.createPriceLine({
        price,
        color: themeColor('line-strong'),
        lineWidth: 1,
        lineStyle: LineStyle.Dotted,
        axisLabelVisible: false,
      });
    if (pane === 'own') this.#chart.panes()[index]?.setStretchFactor(0.22);
    this.#lines.set(id, shown);
  }

  #paint(): void {
    this.#chart.applyOptions(chartOptions());
    const up = themeColor('up');
    const down = themeColor('down');
    this.#candles.applyOptions({
      upColor: up,
      downColor: down,
      borderUpColor: up,
      borderDownColor: down,
      wickUpColor: up,
      wickDownColor: down,
      // Of its own: a hollow candle's fill would make its label black.
      priceLineColor: themeColor('accent'),
    });
    this.#volume.applyOptions({ color: themeColor('line-strong') });
  }
}

/** Rising candles are hollow: the body says the direction without its colour. */
function bar(candle: Candle): CandlestickData {
  const { open, high, low, close } = candle;
  const time = chartTime(candle.openMicros);
  const isUp = close >= open;
  return {
    time,
    open,
    high,
    low,
    close,
    ...(isUp ? { color: 'rgba(0,0,0,0)' } : {}),
    ...(candle.isComplete ? {} : { wickColor: themeColor('warn'), borderColor: themeColor('warn') }),
  };
}

function volumeBar(candle: Candle): HistogramData {
  const color = `${themeColor(candle.close >= candle.open ? 'up' : 'down')}66`;
  return { time: chartTime(candle.openMicros), value: candle.volume, color };
}
