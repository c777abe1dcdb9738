import { calendarNames, calendars } from '@tickwright/market';
import type { SessionCalendar } from '@tickwright/market';
import type { Candle, Fill, Signal } from '@tickwright/trading';
import type { CandlesAnswer, GapRow } from '../api/answers.ts';
import { candles as askCandles } from '../api/runner-api.ts';
import { CandleChart } from '../charts/candle-chart.ts';
import { CandleSeries } from '../charts/candle-series.ts';
import { INDICATORS } from '../charts/indicator-lines.ts';
import { decimalsOf } from '../format/numbers.ts';
import { serverNow } from '../shell/server-time.ts';
import type { InstrumentView } from './instrument-view.ts';
import { markersOf } from './markers.ts';

const PAGE = 600;

/** The chart with its data: fetched, grown live, filled up with older candles on scrolling. */
export class LiveChart {
  readonly series = new CandleSeries();
  readonly #chart: CandleChart;
  readonly #view: InstrumentView;
  #calendar: SessionCalendar = calendars('always');
  #gaps: CandlesAnswer['gaps'] = [];
  #hasMore = false;
  #isLoading = false;
  #indicators: readonly string[];
  #signals: readonly Signal[] = [];
  #fills: readonly Fill[] = [];

  constructor(container: HTMLElement, view: InstrumentView) {
    this.#view = view;
    this.#indicators = view.indicators;
    this.#chart = new CandleChart(container, () => void this.#loadOlder());
  }

  /** The newest candles, after a connection too. Errors: ApiError. */
  async load(): Promise<void> {
    const { instrument, interval } = this.#view;
    const answer = await askCandles({ instrument, interval, limit: PAGE });
    this.#calendar = calendars(calendarNames.includes(answer.calendar) ? answer.calendar : 'always');
    if (this.series.first === undefined) this.#hasMore = answer.more;
    this.#gaps = answer.gaps;
    this.#show(this.series.merge(answer.candles) === 'none' ? 'none' : 'all');
  }

  /** Candles as they form, close and are revised. */
  take(candle: Candle): void {
    this.#show(this.series.merge([candle]));
  }

  setGaps(gaps: readonly GapRow[]): void {
    this.#gaps = gaps;
    this.#shade();
  }

  setIndicators(ids: readonly string[]): void {
    this.#indicators = ids;
    this.#showIndicators();
    this.#chart.setBars(this.series.bars(this.#calendar), this.series.candles, 'all');
  }

  setMarks(signals: readonly Signal[], fills: readonly Fill[]): void {
    this.#signals = signals;
    this.#fills = fills;
    this.#chart.setMarkers(markersOf(this.series.candles, signals, fills));
  }

  async #loadOlder(): Promise<void> {
    const { first } = this.series;
    if (this.#isLoading || !this.#hasMore || first === undefined) return;
    this.#isLoading = true;
    try {
      const { instrument, interval } = this.#view;
      const answer = await askCandles({ instrument, interval, to: first.openMicros, limit: PAGE });
      this.#hasMore = answer.more && answer.candles.length > 0;
      this.#gaps = [...answer.gaps, ...this.#gaps];
      this.#show(this.series.merge(answer.candles));
    } catch {
      // What is shown stays; the next scroll asks again.
    } finally {
      this.#isLoading = false;
    }
  }

  #show(changed: 'end' | 'all' | 'none'): void {
    const { candles, last } = this.series;
    if (changed === 'none' || last === undefined) return;
    if (changed === 'all') {
      const decimals = Math.max(2, ...candles.slice(-200).map(({ close }) => decimalsOf(close)));
      this.#chart.setCandles(candles, decimals);
      this.#showIndicators();
      this.#shade();
      this.#chart.setMarkers(markersOf(candles, this.#signals, this.#fills));
    } else this.#chart.updateLast(last, candles.length);
    this.#chart.setBars(this.series.bars(this.#calendar), candles, changed);
  }

  #showIndicators(): void {
    this.#chart.showIndicators(INDICATORS.filter(({ id }) => this.#indicators.includes(id)));
  }

  #shade(): void {
    const missing = this.#gaps.filter(({ state }) => state !== 'filled');
    const breaks = this.#view.interval === '1d' ? [] : this.series.sessionBreaks(this.#calendar);
    this.#chart.setShading(this.series.bands(missing, serverNow() * 1_000), breaks);
  }
}
