import type { StrategyContext, StrategyDefinition } from '@tickwright/trading';

/** A strategy's parameters break their schema, or it cannot be made with them: an error of configuration. */
export class ParameterError extends RangeError {
  override readonly name = 'ParameterError';
  readonly code = 'parameters';
  readonly strategy: string;

  constructor(strategy: string, problems: readonly string[], options?: ErrorOptions) {
    super(`the parameters of ${strategy} are wrong: ${problems.join('; ')}`, options);
    this.strategy = strategy;
  }
}

/** The parameters with their defaults. Throws a ParameterError that names each parameter and the rule it breaks. */
export function checkParameters<Parameters>(
  definition: StrategyDefinition<Parameters>,
  parameters: unknown,
): Parameters {
  const checked = definition.parameters.safeParse(parameters);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.') || 'parameters'}: ${message}`,
  );
  throw new ParameterError(definition.name, problems);
}

/**
 * Whether a strategy can be made at all, before a run begins: its parameters, and what it makes of them (members that are
 * not there). Throws a ParameterError. Returns how many candles it wants.
 */
export function tryStrategy(
  definition: StrategyDefinition,
  parameters: unknown,
  context: StrategyContext,
): { readonly warmUp: number; readonly memory: number } {
  const checked = checkParameters(definition, parameters);
  try {
    const warmUp = definition.warmUp(checked, context);
    const memory = definition.memory?.(checked, context) ?? warmUp;
    definition.create(checked, context);
    return { warmUp, memory: Math.max(warmUp, memory) };
  } catch (error) {
    if (error instanceof ParameterError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new ParameterError(definition.name, [text], { cause: error });
  }
}
