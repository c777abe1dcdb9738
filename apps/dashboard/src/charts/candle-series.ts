import type { SessionCalendar } from '@tickwright/market';
import type { Candle } from '@tickwright/trading';
import type { Band } from './shading.ts';
import type { Bars } from './indicators.ts';

/** Candles in memory at most; older ones are dropped from the front when newer come. */
export const MAX_CANDLES = 20_000;

export interface Missing {
  readonly fromMicros: number;
  /** null or -1 while it lasts. */
  readonly toMicros: number | null;
}

/** The candles of one instrument and interval that a chart holds, in order, each opening time once. */
export class CandleSeries {
  #candles: Candle[] = [];

  get candles(): readonly Candle[] {
    return this.#candles;
  }

  get first(): Candle | undefined {
    return this.#candles[0];
  }

  get last(): Candle | undefined {
    return this.#candles[this.#candles.length - 1];
  }

  /** Takes candles of any age. Of one opening time the newer version stays. Returns whether only the end changed. */
  merge(candles: readonly Candle[]): 'end' | 'all' | 'none' {
    let result: 'end' | 'all' | 'none' = 'none';
    for (const candle of candles) {
      const { last } = this;
      if (last === undefined || candle.openMicros > last.openMicros) this.#candles.push(candle);
      else {
        const index = this.#indexOf(candle.openMicros);
        const known = this.#candles[index];
        if (known?.openMicros !== candle.openMicros) {
          this.#candles.splice(index, 0, candle);
          result = 'all';
        } else {
          if (candle.version < known.version) continue;
          this.#candles[index] = candle;
          if (index < this.#candles.length - 1) result = 'all';
        }
      }
      if (result === 'none') result = 'end';
    }
    if (this.#candles.length > MAX_CANDLES) {
      this.#candles.splice(0, this.#candles.length - MAX_CANDLES);
      result = 'all';
    }
    return result;
  }

  /** Position of the first candle that opens at the time or later. */
  #indexOf(openMicros: number): number {
    let low = 0;
    let high = this.#candles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#candles[middle]?.openMicros ?? 0) < openMicros) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where spans of missing data lie between the candles. */
  bands(missing: readonly Missing[], nowMicros: number): Band[] {
    const count = this.#candles.length;
    if (count === 0) return [];
    return missing.flatMap(({ fromMicros, toMicros }) => {
      const endMicros = toMicros === null || toMicros < 0 ? nowMicros : toMicros;
      const first = this.#covering(fromMicros);
      const last = this.#indexOf(endMicros + 1) - 1;
      if (endMicros < (this.first?.openMicros ?? 0) || first > count) return [];
      return [{ from: first - 0.5, to: Math.max(last, first - 1) + 0.5 }];
    });
  }

  /** The candle in whose span the time lies, or the next one. */
  #covering(micros: number): number {
    const index = this.#indexOf(micros + 1);
    const before = this.#candles[index - 1];
    return before !== undefined && before.closeMicros > micros ? index - 1 : index;
  }

  /** Positions between candles of two sessions. */
  sessionBreaks(calendar: Pick<SessionCalendar, 'dateOf'>): number[] {
    const breaks: number[] = [];
    let date = '';
    for (const [index, { openMicros }] of this.#candles.entries()) {
      const own = calendar.dateOf(openMicros);
      if (date !== '' && own !== date) breaks.push(index - 0.5);
      date = own;
    }
    return breaks;
  }

  bars(calendar: Pick<SessionCalendar, 'dateOf'>): Bars {
    const starts = new Set(this.sessionBreaks(calendar).map((position) => position + 0.5));
    return {
      high: this.#candles.map(({ high }) => high),
      low: this.#candles.map(({ low }) => low),
      close: this.#candles.map(({ close }) => close),
      volume: this.#candles.map(({ volume }) => volume),
      isSessionStart: this.#candles.map((_, index) => index === 0 || starts.has(index)),
    };
  }
}
