import type { StrategyDefinition } from '@tickwright/trading';

/** Gives a definition its types: the parameters' type is that of the schema. */
export function defineStrategy<Parameters>(
  definition: StrategyDefinition<Parameters>,
): StrategyDefinition<Parameters> {
  return definition;
}
