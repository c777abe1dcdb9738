import type {
  Candle,
  DataChange,
  DataState,
  Strategy,
  StrategyContext,
  StrategyDefinition,
  StrategyView,
  Vote,
} from '@tickwright/trading';
import { z } from 'zod';
import { checkParameters } from './check-parameters.ts';
import { defineStrategy } from './define-strategy.ts';

const NAME = 'pixityAI_meta';

const member = z.strictObject({
  use: z.string().min(1),
  weight: z.number().positive().max(100).default(1),
  params: z.record(z.string(), z.unknown()).default({}),
});

const parameters = z
  .strictObject({
    members: z
      .array(member)
      .min(1)
      .max(20)
      .default([
        { use: 'moving_average_cross', weight: 1, params: {} },
        { use: 'rsi_reversal', weight: 1, params: {} },
        { use: 'opening_range_breakout', weight: 1, params: {} },
        { use: 'vwap_reversion', weight: 1, params: {} },
      ]),
    /** The weighed opinion, 0 to 1, that makes a signal. */
    threshold: z.number().min(0.05).max(1).default(0.5),
    /** The weighed opinion below which it wants to be out again. */
    exitBelow: z.number().min(0).max(1).default(0.2),
    /** How many members must have an opinion. */
    quorum: z.int().min(1).max(20).default(1),
    /** For how many candles a member's vote stands, unless it votes again. */
    standing: z.int().min(1).max(1_000).default(20),
  })
  .refine(({ exitBelow, threshold }) => exitBelow <= threshold, {
    path: ['exitBelow'],
    error: 'must not be more than threshold',
  })
  .refine(({ quorum, members }) => quorum <= members.length, {
    path: ['quorum'],
    error: 'must not be more than there are members',
  });
type Parameters = z.output<typeof parameters>;
type Member = z.output<typeof member>;

/** Weighs the votes of other strategies: each member's last vote stands for some candles, with its confidence and weight. */
export const pixityAiMeta = defineStrategy<Parameters>({
  name: NAME,
  description: 'weighs the votes of its member strategies, and signals with the confidence they come to',
  interval: '15m',
  parameters,
  warmUp: ({ members }, context) => Math.max(...members.map((each) => found(each, context).warmUp)),
  memory: ({ members, standing }, context) =>
    Math.max(...members.map((each) => found(each, context).memory)) + standing,
  create: (given, context) => new Meta(given, context),
});

interface Found {
  readonly definition: StrategyDefinition;
  readonly parameters: unknown;
  readonly warmUp: number;
  readonly memory: number;
}

/** A member's definition with its checked parameters. Throws a RangeError for one that is not there, or that is of this kind itself. */
function found(each: Member, context: StrategyContext): Found {
  const definition = context.find(each.use);
  if (each.use === NAME) throw new RangeError(`members: ${NAME} cannot be a member of itself`);
  if (definition === undefined) throw new RangeError(`members: there is no strategy "${each.use}"`);
  const checked = checkParameters(definition, each.params);
  const warmUp = definition.warmUp(checked, context);
  return { definition, parameters: checked, warmUp, memory: definition.memory?.(checked, context) ?? warmUp };
}

interface Seat {
  readonly name: string;
  readonly weight: number;
  readonly strategy: Strategy;
  vote: Vote | undefined;
  /** Candles that the vote stands for still. */
  left: number;
}

const SIGN = { long: 1, short: -1, flat: 0 } as const;

class Meta implements Strategy {
  readonly #given: Parameters;
  readonly #seats: readonly Seat[];
  #direction: Vote['direction'] = 'flat';

  constructor(given: Parameters, context: StrategyContext) {
    this.#given = given;
    this.#seats = given.members.map((each) => {
      const { definition, parameters: checked } = found(each, context);
      const strategy = definition.create(checked, context);
      return { name: each.use, weight: each.weight, strategy, vote: undefined, left: 0 };
    });
  }

  onCandle(candle: Candle, view: StrategyView): Vote | undefined {
    for (const seat of this.#seats) this.#hear(seat, candle, view);
    return candle.state === 'forming' ? undefined : this.#weigh();
  }

  onData(change: DataChange, state: DataState): void {
    for (const { strategy } of this.#seats) strategy.onData?.(change, state);
  }

  #hear(seat: Seat, candle: Candle, view: StrategyView): void {
    const vote = seat.strategy.onCandle(candle, view);
    if (candle.state === 'forming') return;
    seat.left -= 1;
    if (seat.left <= 0) seat.vote = undefined;
    if (vote === undefined) return;
    seat.vote = vote;
    seat.left = this.#given.standing;
  }

  #weigh(): Vote | undefined {
    const { threshold, exitBelow, quorum } = this.#given;
    const opinions = this.#seats.flatMap(({ name, weight, vote }) =>
      vote === undefined ? [] : [{ name, weight, vote }],
    );
    const weights = opinions.reduce((sum, { weight }) => sum + weight, 0);
    const score =
      weights === 0
        ? 0
        : opinions.reduce(
            (sum, { weight, vote }) => sum + weight * SIGN[vote.direction] * vote.confidence,
            0,
          ) / weights;
    const reason = opinions.map(
      ({ name, vote }) => `${name} ${vote.direction} ${vote.confidence.toFixed(2)}`,
    );
    const hasQuorum = opinions.length >= quorum;
    if (hasQuorum && Math.abs(score) >= threshold)
      return this.#turn(score > 0 ? 'long' : 'short', Math.abs(score), reason.join(', '));
    if (Math.abs(score) < exitBelow) return this.#turn('flat', 1 - Math.abs(score), reason.join(', '));
    return undefined;
  }

  /** A vote only where it changes its mind. */
  #turn(direction: Vote['direction'], confidence: number, reason: string): Vote | undefined {
    if (direction === this.#direction) return undefined;
    this.#direction = direction;
    return {
      direction,
      confidence: Math.min(1, confidence),
      reason: reason === '' ? 'no member has an opinion any more' : reason,
    };
  }
}
