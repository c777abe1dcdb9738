import type { SliceRows } from '../market/history.ts';

/** A candle in price ticks and units of quantity; exact, for a day's volume is far below 2^53. */
export interface Candle {
  readonly openMs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export function flatCandle(openMs: number, ticks: number): Candle {
  return { openMs, open: ticks, high: ticks, low: ticks, close: ticks, volume: 0 };
}

/** Takes a trade into a candle that has none yet, or into one that has. */
export function addTrade(candle: Candle, ticks: number, units: number): void {
  if (candle.volume === 0) {
    candle.open = ticks;
    candle.high = ticks;
    candle.low = ticks;
  }
  candle.high = Math.max(candle.high, ticks);
  candle.low = Math.min(candle.low, ticks);
  candle.close = ticks;
  candle.volume += units;
}

/** Folds orders into candles of one length that begin at a session's open; minutes without a trade are flat. */
export class CandleFold {
  readonly candles: Candle[] = [];
  readonly #openMs: number;
  readonly #stepMs: number;
  readonly #flatTicks: number;

  constructor(options: { openMs: number; stepMs: number; flatTicks: number }) {
    this.#openMs = options.openMs;
    this.#stepMs = options.stepMs;
    this.#flatTicks = options.flatTicks;
  }

  add({ columns, start, end }: SliceRows): void {
    for (let row = start; row < end; row++) {
      const at = Math.floor((columns.timeMs[row] - this.#openMs) / this.#stepMs);
      this.#reach(at);
      addTrade(this.candles[at], columns.priceTicks[row], columns.unitsOf(row));
    }
  }

  /** Makes the candles that have begun before a time. */
  fillTo(endMs: number): void {
    this.#reach(Math.ceil((endMs - this.#openMs) / this.#stepMs) - 1);
  }

  #reach(at: number): void {
    while (this.candles.length <= at) {
      const ticks = this.candles.at(-1)?.close ?? this.#flatTicks;
      this.candles.push(flatCandle(this.#openMs + this.candles.length * this.#stepMs, ticks));
    }
  }
}
