import { VWAP } from 'trading-signals';
import type { SessionCalendar } from '@tickwright/market';
import type { Candle, Strategy, Vote } from '@tickwright/trading';
import { z } from 'zod';
import { confidenceOf } from './confidence.ts';
import { defineStrategy } from './define-strategy.ts';
import { SessionAnchor, sessionCandles } from './session-anchor.ts';

const parameters = z.strictObject({
  /** How many standard deviations from the session's VWAP a close must be. */
  deviations: z.number().min(0.5).max(10).default(2),
  /** Candles of the session before the first vote. */
  minCandles: z.int().min(2).max(1_000).default(20),
});
type Parameters = z.output<typeof parameters>;

/**
 * Against the move when a candle closes far from the session's volume-weighted average price, out when the price is back at
 * it. In a session of which something is missing it does nothing.
 */
export const vwapReversion = defineStrategy<Parameters>({
  name: 'vwap_reversion',
  description:
    'against the move when a close is far from the session’s VWAP, out when the price is back at it',
  interval: '5m',
  parameters,
  warmUp: () => 1,
  memory: (_, context) => sessionCandles(context) + 1,
  create: (given, context) => new Reversion(given, context.calendar),
});

class Reversion implements Strategy {
  readonly #given: Parameters;
  readonly #anchor: SessionAnchor;
  #session = new SessionAverage();
  #candles = 0;
  #isWhole = false;
  /** Where it is: 1 long, -1 short, 0 out. */
  #side = 0;

  constructor(given: Parameters, calendar: SessionCalendar) {
    this.#given = given;
    this.#anchor = new SessionAnchor(calendar);
  }

  onCandle(candle: Candle): Vote | undefined {
    // What forms makes no vote, and a sum of which a part was replaced may differ in its last bit: who saw a candle form
    // would vote otherwise at a price that is the VWAP exactly.
    if (candle.state === 'forming') return undefined;
    const anchored = this.#anchor.enter(candle);
    if (anchored === undefined) return undefined;
    if (anchored.isFirst) {
      this.#session = new SessionAverage();
      this.#candles = 0;
      this.#isWhole = anchored.isWhole;
    }
    this.#session.add(candle);
    this.#candles += 1;
    this.#isWhole &&= candle.isComplete;
    const { vwap, deviation } = this.#session;
    if (vwap === undefined || !this.#isWhole) return undefined;
    const distance = candle.close - vwap;
    return this.#exit(distance, vwap) ?? this.#enter(deviation === 0 ? 0 : distance / deviation, vwap);
  }

  #exit(distance: number, vwap: number): Vote | undefined {
    if (this.#side === 0 || distance * this.#side < 0) return undefined;
    this.#side = 0;
    return { direction: 'flat', confidence: 1, reason: `back at the VWAP ${vwap.toFixed(4)}` };
  }

  #enter(score: number, vwap: number): Vote | undefined {
    const { deviations, minCandles } = this.#given;
    const side = -Math.sign(score);
    if (this.#candles < minCandles || Math.abs(score) < deviations || side === this.#side) return undefined;
    this.#side = side;
    return {
      direction: side > 0 ? 'long' : 'short',
      confidence: confidenceOf((Math.abs(score) - deviations) / deviations),
      reason: `${Math.abs(score).toFixed(2)} standard deviations ${side > 0 ? 'below' : 'above'} the VWAP ${vwap.toFixed(4)}`,
    };
  }
}

/** The session's VWAP, and the volume-weighted standard deviation of candles' typical prices from their own mean. */
class SessionAverage {
  readonly #vwap = new VWAP();
  #volume = 0;
  #mean = 0;
  #squares = 0;

  get vwap(): number | undefined {
    return this.#vwap.getResult() ?? undefined;
  }

  get deviation(): number {
    return this.#volume === 0 ? 0 : Math.sqrt(this.#squares / this.#volume);
  }

  /** One without volume says nothing about where volume traded. West's weighted form of Welford's sums: no difference of large squares. */
  add(candle: Candle): void {
    const { high, low, close, volume } = candle;
    if (volume === 0) return;
    this.#vwap.add(candle);
    const typical = (high + low + close) / 3;
    this.#volume += volume;
    const delta = typical - this.#mean;
    this.#mean += (delta * volume) / this.#volume;
    this.#squares += volume * delta * (typical - this.#mean);
  }
}
