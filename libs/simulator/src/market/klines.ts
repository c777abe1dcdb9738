import { printBigUnits, printUnits } from './decimal.ts';
import { ExactSum } from './exact-sum.ts';
import { firstOrderAt, ordersBetween, type SliceRows } from './history.ts';
import type { SimulatedInstrument } from './instruments.ts';
import { klineOpenMs, klineStep } from './kline-interval.ts';
import { OrderColumns } from './order-columns.ts';
import { sliceOf } from './slices.ts';

/** The venue's own candle, the exact fold of its trades. A kline without trades is flat at the price before it. */
export interface SimulatedKline {
  /** Inclusive, milliseconds since 1970. */
  readonly openMs: number;
  /** Inclusive: the last millisecond. */
  readonly closeMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly quoteVolume: string;
  readonly tradeCount: number;
  /** What buyers took. */
  readonly takerBuyVolume: string;
  readonly takerBuyQuoteVolume: string;
}

export interface KlineRange {
  /** One of KLINE_INTERVALS. */
  readonly interval: string;
  /** Start of the first kline: aligned to the interval. */
  readonly firstOpenMs: number;
  /** No kline that opens later. */
  readonly lastOpenMs: number;
  /** At most so many. */
  readonly limit: number;
  /** The time of asking: trades later than this are not told, klines that open later do not exist. */
  readonly nowMs: number;
}

/** After so many orders folded a caller on an event loop gets the chance to pause; about 2 ms. */
const ORDERS_A_STEP = 10_000;

/** The orders that a range of klines folds: what it costs, at about 4 million a second. */
export function ordersToFold(instrument: SimulatedInstrument, range: KlineRange): number {
  const { interval, firstOpenMs, lastOpenMs, limit, nowMs } = range;
  const lastMs = Math.min(nowMs + 1, klineStep(interval, firstOpenMs, limit));
  const endMs = Math.min(lastMs, klineStep(interval, klineOpenMs(interval, Math.max(0, lastOpenMs)), 1));
  return Math.max(0, firstOrderAt(instrument, endMs) - firstOrderAt(instrument, firstOpenMs));
}

/** Klines, oldest first. */
export function klines(instrument: SimulatedInstrument, range: KlineRange): SimulatedKline[] {
  return [...klineSteps(instrument, range)].filter((step) => step !== undefined);
}

/** As `klines`, in small steps: `undefined` is a step that finished no kline. */
export function* klineSteps(
  instrument: SimulatedInstrument,
  range: KlineRange,
): Generator<SimulatedKline | undefined> {
  const lastOpenMs = Math.min(range.lastOpenMs, range.nowMs);
  let openMs = range.firstOpenMs;
  let from = firstOrderAt(instrument, openMs);
  for (let made = 0; made < range.limit && openMs <= lastOpenMs; made++) {
    const nextMs = klineStep(range.interval, openMs, 1);
    const end = firstOrderAt(instrument, Math.min(nextMs, range.nowMs + 1));
    const fold = new KlineFold(from === end ? lastTicksBefore(instrument, from) : 0);
    let pauseAt = from + ORDERS_A_STEP;
    for (const rows of ordersBetween(instrument, { from, end })) {
      fold.add(rows);
      if (rows.columns.firstOrder < pauseAt) continue;
      pauseAt += ORDERS_A_STEP;
      yield undefined;
    }
    yield fold.kline(instrument, { openMs, closeMs: nextMs - 1 });
    openMs = nextMs;
    from = end;
  }
}

/** Start of the kline that is the `count`th from the end, the last being the one that holds `endMs`. */
export function firstOpenOfLast(interval: string, endMs: number, count: number): number {
  return klineStep(interval, klineOpenMs(interval, endMs), 1 - count);
}

function lastTicksBefore(instrument: SimulatedInstrument, order: number): number {
  if (order === 0) return instrument.baseTicks;
  const columns = new OrderColumns();
  columns.load(instrument, sliceOf(instrument, order - 1));
  return columns.priceTicks[order - 1 - columns.firstOrder];
}

class KlineFold {
  #open: number;
  #high: number;
  #low: number;
  #close: number;
  #trades = 0;
  readonly #volume = new ExactSum();
  readonly #quote = new ExactSum();
  readonly #takerBuy = new ExactSum();
  readonly #takerBuyQuote = new ExactSum();

  constructor(flatTicks: number) {
    this.#open = flatTicks;
    this.#high = flatTicks;
    this.#low = flatTicks;
    this.#close = flatTicks;
  }

  add({ columns, start, end }: SliceRows): void {
    for (let row = start; row < end; row++) {
      const ticks = columns.priceTicks[row];
      const units = columns.unitsOf(row);
      if (this.#trades === 0) {
        this.#open = ticks;
        this.#high = ticks;
        this.#low = ticks;
      }
      this.#high = Math.max(this.#high, ticks);
      this.#low = Math.min(this.#low, ticks);
      this.#close = ticks;
      this.#trades += columns.fills[row];
      this.#volume.add(units);
      this.#quote.add(ticks * units);
      if (columns.isBuyerMaker[row] === 0) {
        this.#takerBuy.add(units);
        this.#takerBuyQuote.add(ticks * units);
      }
    }
  }

  kline(instrument: SimulatedInstrument, time: { openMs: number; closeMs: number }): SimulatedKline {
    const { priceDecimals, quantityDecimals } = instrument;
    const quoteDecimals = priceDecimals + quantityDecimals;
    return {
      ...time,
      open: printUnits(this.#open, priceDecimals),
      high: printUnits(this.#high, priceDecimals),
      low: printUnits(this.#low, priceDecimals),
      close: printUnits(this.#close, priceDecimals),
      volume: printBigUnits(this.#volume.total(), quantityDecimals),
      quoteVolume: printBigUnits(this.#quote.total(), quoteDecimals),
      tradeCount: this.#trades,
      takerBuyVolume: printBigUnits(this.#takerBuy.total(), quantityDecimals),
      takerBuyQuoteVolume: printBigUnits(this.#takerBuyQuote.total(), quoteDecimals),
    };
  }
}
