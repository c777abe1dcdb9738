import type { EngineConfig, StrategyConfig } from '../contract/engine-config.ts';
import { EngineRig, configOf, minute, strategyOf } from './engine-rig.ts';
import { scriptedStrategy } from './scripted-strategy.ts';
import type { Script } from './scripted-strategy.ts';

type Votes = Script['votes'];

/** A started rig with one scripted strategy that votes at the minutes named. */
export function rigWith(
  votes: Record<number, Votes[string]>,
  change: {
    readonly strategy?: Partial<StrategyConfig>;
    readonly config?: Partial<EngineConfig>;
    readonly warmUp?: number;
  } = {},
) {
  const seen: string[] = [];
  const rig = new EngineRig([scriptedStrategy(seen)]);
  const script = Object.fromEntries(Object.entries(votes).map(([n, vote]) => [minute(Number(n)), vote]));
  const parameters = { votes: script, warmUp: change.warmUp ?? 0 };
  const config = configOf({
    strategies: [strategyOf({ use: 'scripted', parameters, ...change.strategy })],
    ...change.config,
  });
  rig.start(config);
  return { rig, seen, config };
}
