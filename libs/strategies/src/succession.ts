import type { Candle } from '@tickwright/trading';

/**
 * Tells a candle that takes the place of the last one from a new one: a forming candle comes again and again, at last closed, and an
 * indicator must then replace its last value instead of adding one.
 */
export class Succession {
  #lastOpenMicros = -1;

  isReplacement(candle: Candle): boolean {
    const isSame = candle.openMicros === this.#lastOpenMicros;
    this.#lastOpenMicros = candle.openMicros;
    return isSame;
  }
}
