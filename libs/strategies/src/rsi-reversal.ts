import { RSI } from 'trading-signals';
import type { Candle, Strategy, Vote } from '@tickwright/trading';
import { z } from 'zod';
import { confidenceOf } from './confidence.ts';
import { defineStrategy } from './define-strategy.ts';
import { Succession } from './succession.ts';

const parameters = z
  .strictObject({
    length: z.int().min(2).max(200).default(14),
    oversold: z.number().min(1).max(50).default(30),
    overbought: z.number().min(50).max(99).default(70),
  })
  .refine(({ oversold, overbought }) => oversold < overbought, {
    path: ['oversold'],
    error: 'must be less than overbought',
  });
type Parameters = z.output<typeof parameters>;

/** Wilder's average of twenty lengths has forgotten what came before but for two parts in a thousand million. */
const WILDER_MEMORY = 20;

/** Long when the RSI comes back up out of the oversold zone, short when it comes back down out of the overbought one. */
export const rsiReversal = defineStrategy<Parameters>({
  name: 'rsi_reversal',
  description:
    'long when the RSI rises out of the oversold zone, short when it falls out of the overbought zone',
  interval: '5m',
  parameters,
  warmUp: ({ length }) => length + 2,
  memory: ({ length }) => length * WILDER_MEMORY,
  create: (given) => new Reversal(given),
});

class Reversal implements Strategy {
  readonly #rsi: RSI;
  readonly #given: Parameters;
  readonly #succession = new Succession();
  #firstClose: number | undefined;
  #hasMoved = false;
  /** RSI at the last closed candle. */
  #before: number | undefined;
  /** The farthest the RSI went in the zone it is in. */
  #extreme = 50;

  constructor(given: Parameters) {
    this.#given = given;
    this.#rsi = new RSI(given.length);
  }

  onCandle(candle: Candle): Vote | undefined {
    this.#rsi.update(candle.close, this.#succession.isReplacement(candle));
    if (candle.state === 'forming') return undefined;
    // A price that has never moved has no strength; the formula would call it 100.
    this.#firstClose ??= candle.close;
    this.#hasMoved ||= candle.close !== this.#firstClose;
    // Asked for a result that it does not have, the indicator makes an error with a stack: a warm-up has thousands.
    const now = this.#hasMoved && this.#rsi.isStable ? this.#rsi.getResultOrThrow() : undefined;
    const before = this.#before;
    this.#before = now;
    if (now === undefined || before === undefined) return undefined;
    return this.#judge(before, now);
  }

  #judge(before: number, now: number): Vote | undefined {
    const { oversold, overbought } = this.#given;
    if (before <= oversold) this.#extreme = Math.min(this.#extreme, before);
    else if (before >= overbought) this.#extreme = Math.max(this.#extreme, before);
    else this.#extreme = 50;
    const text = `the RSI came back from ${this.#extreme.toFixed(2)} to ${now.toFixed(2)}`;
    if (before <= oversold && now > oversold) {
      const depth = (oversold - this.#extreme) / oversold;
      return { direction: 'long', confidence: confidenceOf(depth), reason: text };
    }
    if (before >= overbought && now < overbought) {
      const height = (this.#extreme - overbought) / (100 - overbought);
      return { direction: 'short', confidence: confidenceOf(height), reason: text };
    }
    return undefined;
  }
}
