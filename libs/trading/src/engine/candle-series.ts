import type { Candle } from '../contract/candle.ts';

/** What a candle is to a series that has seen others. */
export type Arrival =
  /** Newer than all closed ones, and closed. */
  | 'new'
  /** Newer than all closed ones, and not closed. */
  | 'forming'
  /** It changed a closed one, or came between them. */
  | 'revision'
  /** Known in this or a newer version, or older than what is kept. */
  | 'known';

/** The last closed candles of an instrument and interval, in order of their opening, each once in its newest version. */
export class CandleSeries {
  readonly #capacity: number;
  readonly #candles: Candle[] = [];

  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity);
  }

  get candles(): readonly Candle[] {
    return this.#candles;
  }

  /** Takes a candle in, and tells what it was. A candle that is first seen revised has been closed meanwhile. */
  add(candle: Candle): Arrival {
    const last = this.#candles.at(-1);
    const isNewer = last === undefined || candle.openMicros > last.openMicros;
    if (candle.state === 'forming') return isNewer ? 'forming' : 'known';
    if (isNewer) {
      this.#candles.push(candle);
      if (this.#candles.length > this.#capacity) this.#candles.shift();
      return 'new';
    }
    return this.#revise(candle);
  }

  #revise(candle: Candle): Arrival {
    const at = this.#candles.findLastIndex((each) => each.openMicros <= candle.openMicros);
    const before = this.#candles[at];
    if (before?.openMicros === candle.openMicros) {
      if (before.version >= candle.version) return 'known';
      this.#candles[at] = candle;
      return 'revision';
    }
    const isBeforeAll = at < 0;
    if (isBeforeAll && this.#candles.length === this.#capacity) return 'known';
    this.#candles.splice(at + 1, 0, candle);
    if (this.#candles.length > this.#capacity) this.#candles.shift();
    return 'revision';
  }
}
