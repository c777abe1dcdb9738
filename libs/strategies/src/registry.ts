import type { StrategyDefinition, StrategyFinder } from '@tickwright/trading';
import { movingAverageCross } from './moving-average-cross.ts';
import { nearestName } from './nearest-name.ts';
import { openingRangeBreakout } from './opening-range-breakout.ts';
import { pixityAiMeta } from './pixity-ai-meta.ts';
import { rsiReversal } from './rsi-reversal.ts';
import { vwapReversion } from './vwap-reversion.ts';

/** The strategies that come with tickwright. */
export const builtInStrategies: readonly StrategyDefinition[] = [
  movingAverageCross,
  rsiReversal,
  openingRangeBreakout,
  vwapReversion,
  pixityAiMeta,
];

/** A strategy was asked for by a name that nobody has: an error of configuration. */
export class UnknownStrategyError extends RangeError {
  override readonly name = 'UnknownStrategyError';
  readonly code = 'strategy-unknown';
  /** The name most like it, if there is one. */
  readonly nearest: string | undefined;

  constructor(name: string, known: readonly string[]) {
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? '' : `did you mean "${nearest}"? `;
    super(`there is no strategy "${name}"; ${hint}known are: ${known.join(', ')}`);
    this.nearest = nearest;
  }
}

/** Two strategies have one name: the user's would hide the other. */
export class DuplicateStrategyError extends RangeError {
  override readonly name = 'DuplicateStrategyError';
  readonly code = 'strategy-duplicate';
}

/** Strategies by their names. */
export interface StrategyRegistry {
  readonly names: readonly string[];
  readonly find: StrategyFinder;
  /** Throws an UnknownStrategyError that names the nearest. */
  require(name: string): StrategyDefinition;
}

/** The built-in strategies and the user's. Throws a DuplicateStrategyError where two have one name. */
export function strategyRegistry(own: readonly StrategyDefinition[] = []): StrategyRegistry {
  const byName = new Map<string, StrategyDefinition>();
  for (const definition of [...builtInStrategies, ...own]) {
    if (byName.has(definition.name))
      throw new DuplicateStrategyError(`there are two strategies with the name "${definition.name}"`);
    byName.set(definition.name, definition);
  }
  const names = [...byName.keys()];
  return {
    names,
    find: (name) => byName.get(name),
    require(name) {
      const found = byName.get(name);
      if (found === undefined) throw new UnknownStrategyError(name, names);
      return found;
    },
  };
}

/** Checks that what a user's file exports is a strategy. Throws a RangeError that says what is missing. */
export function requireDefinition(value: unknown, from: string): StrategyDefinition {
  const candidate = (typeof value === 'object' && value !== null ? value : {}) as Partial<StrategyDefinition>;
  const missing = [
    ...(typeof candidate.name === 'string' && candidate.name !== '' ? [] : ['name']),
    ...(typeof candidate.description === 'string' ? [] : ['description']),
    ...(typeof candidate.interval === 'string' ? [] : ['interval']),
    ...(typeof candidate.parameters?.safeParse === 'function' ? [] : ['parameters (a schema)']),
    ...(typeof candidate.warmUp === 'function' ? [] : ['warmUp()']),
    ...(typeof candidate.create === 'function' ? [] : ['create()']),
  ];
  if (missing.length === 0) return candidate as StrategyDefinition;
  throw new RangeError(`${from} exports no strategy: it lacks ${missing.join(', ')}`);
}
