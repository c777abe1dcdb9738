import { EMA, SMA } from 'trading-signals';
import type { Candle, Strategy, Vote } from '@tickwright/trading';
import { z } from 'zod';
import { confidenceOf } from './confidence.ts';
import { defineStrategy } from './define-strategy.ts';
import { Succession } from './succession.ts';

const parameters = z
  .strictObject({
    fast: z.int().min(2).max(500).default(9),
    slow: z.int().min(3).max(1_000).default(21),
    average: z.enum(['ema', 'sma']).default('ema'),
    /** The distance of the averages, in percent of the slow one, that makes the confidence 1. */
    fullConfidencePercent: z.number().positive().max(100).default(0.5),
  })
  .refine(({ fast, slow }) => fast < slow, { path: ['fast'], error: 'must be less than slow' });
type Parameters = z.output<typeof parameters>;

/** An exponential average of ten lengths has forgotten what came before but for two parts in a thousand million. */
const EMA_MEMORY = 10;

/** Long when the fast average of closes crosses the slow one upwards, short when it crosses it downwards. */
export const movingAverageCross = defineStrategy<Parameters>({
  name: 'moving_average_cross',
  description: 'long when the fast moving average crosses the slow one upwards, short downwards',
  interval: '5m',
  parameters,
  warmUp: ({ slow }) => slow + 1,
  memory: ({ slow, average }) => (average === 'ema' ? slow * EMA_MEMORY : slow + 1),
  create: (given) => new Cross(given),
});

class Cross implements Strategy {
  readonly #fast: EMA | SMA;
  readonly #slow: EMA | SMA;
  readonly #slowCandles: number;
  readonly #fullShare: number;
  readonly #succession = new Succession();
  /** Candles the averages are of. Their own `isStable` throws and catches an error a candle until they are. */
  #candles = 0;
  /** Which side the fast average was on at the last closed candle; 0: not known. */
  #side = 0;

  constructor({ fast, slow, average, fullConfidencePercent }: Parameters) {
    const Average = average === 'ema' ? EMA : SMA;
    this.#fast = new Average(fast);
    this.#slow = new Average(slow);
    this.#slowCandles = slow;
    this.#fullShare = fullConfidencePercent / 100;
  }

  onCandle(candle: Candle): Vote | undefined {
    const isReplacement = this.#succession.isReplacement(candle);
    this.#fast.update(candle.close, isReplacement);
    this.#slow.update(candle.close, isReplacement);
    if (!isReplacement) this.#candles += 1;
    if (candle.state === 'forming' || this.#candles < this.#slowCandles) return undefined;
    const fast = this.#fast.getResultOrThrow();
    const slow = this.#slow.getResultOrThrow();
    const side = Math.sign(fast - slow);
    const before = this.#side;
    if (side !== 0) this.#side = side;
    if (side === 0 || before === 0 || side === before) return undefined;
    return {
      direction: side > 0 ? 'long' : 'short',
      confidence: confidenceOf(Math.abs(fast - slow) / slow / this.#fullShare),
      reason: `the fast average ${fast.toFixed(4)} crossed the slow one ${slow.toFixed(4)} ${side > 0 ? 'upwards' : 'downwards'}`,
    };
  }
}
