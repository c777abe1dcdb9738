import type { Session, SessionCalendar } from '@tickwright/market';
import type { Candle } from '../contract/candle.ts';

/** An instrument's session in figures, from candles of one interval: forming, closed and revised, in any number. */
export class SessionFigures {
  readonly #calendar: SessionCalendar;
  #session: Session | undefined;
  readonly #candles = new Map<number, Candle>();
  /** The close of the session before, or this one's open where that was not seen. */
  #reference: number | undefined;
  #lastCandle: Candle | undefined;
  lastPrice: number | undefined;
  lastPriceMicros = -1;

  constructor(calendar: SessionCalendar) {
    this.#calendar = calendar;
  }

  /** `seenMicros`: when the candle was seen, which is how young a forming one's close is. */
  add(candle: Candle, seenMicros: number): void {
    const session = this.#calendar.sessionAt(candle.openMicros);
    const isOlder = this.#session !== undefined && candle.openMicros < this.#session.openMicros;
    if (session === undefined || isOlder) return;
    if (session.openMicros !== this.#session?.openMicros) this.#begin(session, candle);
    const known = this.#candles.get(candle.openMicros);
    if (known !== undefined && known.version > candle.version) return;
    this.#candles.set(candle.openMicros, candle);
    if (candle.openMicros >= (this.#lastCandle?.openMicros ?? 0)) this.#lastCandle = candle;
    this.price(candle.close, Math.min(candle.closeMicros, seenMicros));
  }

  price(price: number, micros: number): void {
    if (micros < this.lastPriceMicros) return;
    this.lastPrice = price;
    this.lastPriceMicros = micros;
  }

  get change(): number | null {
    const from = this.#reference;
    return from === undefined || this.lastPrice === undefined ? null : rounded(this.lastPrice - from);
  }

  get changePercent(): number | null {
    const { change } = this;
    return change === null || this.#reference === undefined
      ? null
      : rounded((change / this.#reference) * 100);
  }

  get volume(): number {
    let sum = 0;
    for (const { volume } of this.#candles.values()) sum += volume;
    return rounded(sum);
  }

  get open(): number | null {
    const first = Math.min(...this.#candles.keys());
    return this.#candles.get(first)?.open ?? null;
  }

  get high(): number | null {
    return this.#candles.size === 0 ? null : Math.max(...[...this.#candles.values()].map(({ high }) => high));
  }

  get low(): number | null {
    return this.#candles.size === 0 ? null : Math.min(...[...this.#candles.values()].map(({ low }) => low));
  }

  #begin(session: Session, candle: Candle): void {
    this.#reference = this.#lastCandle?.close ?? candle.open;
    this.#session = session;
    this.#candles.clear();
  }
}

/** Differences of floats, without their noise: for showing. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
