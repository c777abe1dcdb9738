import type { InstrumentKey, Interval } from '@tickwright/market';
import type { Needs } from '../contract/engine.ts';
import type { StrategyInstance } from './strategy-instance.ts';

export type StrategyNeeds = Pick<Needs, 'closed' | 'forming' | 'warmUp'>;

/** What the strategies on an instrument, and the fills on candles of an interval, want to be fed. */
export function needsOf(
  instances: readonly StrategyInstance[],
  of: { readonly instrument: InstrumentKey; readonly interval: Interval },
): StrategyNeeds {
  const own = instances.filter(({ context }) => context.instrument === of.instrument);
  const closed = new Set(own.map(({ config }) => config.interval));
  const warmUp: Partial<Record<Interval, number>> = {};
  for (const { config, memory } of own)
    warmUp[config.interval] = Math.max(warmUp[config.interval] ?? 0, memory);
  const forming = own.filter(({ config }) => config.forming).map(({ config }) => config.interval);
  closed.add(of.interval);
  return { closed: [...closed], forming: [...new Set(forming)], warmUp };
}
