import { MINUTE_MICROS } from '@tickwright/market';
import type { SessionCalendar } from '@tickwright/market';
import type { Candle, Direction, Strategy, Vote } from '@tickwright/trading';
import { z } from 'zod';
import { confidenceOf } from './confidence.ts';
import { defineStrategy } from './define-strategy.ts';
import { SessionAnchor, sessionCandles } from './session-anchor.ts';

const parameters = z.strictObject({
  /** Length of the opening range. */
  minutes: z.int().min(1).max(240).default(15),
  /** How far beyond the range a candle must close, in basis points. */
  bufferBps: z.number().min(0).max(1_000).default(0),
  /** How long before the session's end it wants to be out. */
  exitMinutes: z.int().min(0).max(240).default(15),
});
type Parameters = z.output<typeof parameters>;

/**
 * Long when a candle closes above the range of the session's first minutes, short when one closes below it, each once a
 * session; out before the session's end. In a session whose opening was not seen whole it does nothing.
 */
export const openingRangeBreakout = defineStrategy<Parameters>({
  name: 'opening_range_breakout',
  description: 'long or short when a candle closes outside the range of the session’s first minutes',
  interval: '5m',
  parameters,
  warmUp: () => 1,
  memory: (_, context) => sessionCandles(context) + 1,
  create: (given, context) => new Breakout(given, context.calendar),
});

interface Range {
  readonly high: number;
  readonly low: number;
}

class Breakout implements Strategy {
  readonly #given: Parameters;
  readonly #anchor: SessionAnchor;
  #range: Range | undefined;
  #isKnown = false;
  readonly #voted = new Set<Direction>();

  constructor(given: Parameters, calendar: SessionCalendar) {
    this.#given = given;
    this.#anchor = new SessionAnchor(calendar);
  }

  onCandle(candle: Candle): Vote | undefined {
    if (candle.state === 'forming') return undefined;
    const anchored = this.#anchor.enter(candle);
    if (anchored === undefined) return undefined;
    if (anchored.isFirst) this.#begin(anchored.isWhole);
    const isOpening = candle.openMicros < anchored.session.openMicros + this.#given.minutes * MINUTE_MICROS;
    if (isOpening) return this.#extend(candle);
    if (!this.#isKnown || this.#range === undefined) return undefined;
    const exitMicros = anchored.session.closeMicros - this.#given.exitMinutes * MINUTE_MICROS;
    return candle.closeMicros < exitMicros ? this.#breakOut(candle, this.#range) : this.#exit();
  }

  #begin(isWhole: boolean): void {
    this.#range = undefined;
    this.#isKnown = isWhole;
    this.#voted.clear();
  }

  #extend(candle: Candle): undefined {
    // A range with a hole in it may be wider than it looks.
    if (!candle.isComplete) this.#isKnown = false;
    this.#range = {
      high: Math.max(this.#range?.high ?? candle.high, candle.high),
      low: Math.min(this.#range?.low ?? candle.low, candle.low),
    };
    return undefined;
  }

  /** Nothing more happens in this session. */
  #exit(): Vote | undefined {
    this.#isKnown = false;
    if (this.#voted.size === 0) return undefined;
    return { direction: 'flat', confidence: 1, reason: 'the session is about to end' };
  }

  #breakOut(candle: Candle, { high, low }: Range): Vote | undefined {
    const buffer = this.#given.bufferBps / 10_000;
    const height = high - low;
    const strength = (beyond: number) => confidenceOf(height === 0 ? 1 : beyond / height);
    const vote = (direction: Direction, confidence: number): Vote | undefined => {
      if (this.#voted.has(direction)) return undefined;
      this.#voted.add(direction);
      const reason = `closed at ${candle.close}, outside the opening range ${low} to ${high}`;
      return { direction, confidence, reason };
    };
    if (candle.close > high * (1 + buffer)) return vote('long', strength(candle.close - high));
    if (candle.close < low * (1 - buffer)) return vote('short', strength(low - candle.close));
    return undefined;
  }
}
