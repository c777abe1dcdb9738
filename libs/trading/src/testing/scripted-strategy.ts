import type { Direction } from '../contract/signal.ts';
import type { StrategyDefinition } from '../contract/strategy.ts';

export interface Script {
  /** What it votes at candles, by their opening time in microseconds. */
  readonly votes: Readonly<Record<string, Direction | 'throw'>>;
  readonly warmUp?: number;
}

/** Votes what its parameters say, and records the candles it sees. */
export function scriptedStrategy(seen: string[] = []): StrategyDefinition<Script> {
  return {
    name: 'scripted',
    description: 'votes what the test says',
    interval: '1m',
    parameters: { safeParse: (value) => ({ success: true, data: value as Script }) },
    warmUp: (script) => script.warmUp ?? 0,
    create: (script) => ({
      onCandle(candle, view) {
        seen.push(`${view.phase} ${candle.state} ${candle.openMicros} ${candle.close}`);
        const direction = script.votes[candle.openMicros];
        if (direction === 'throw') throw new Error('as the script says');
        return direction === undefined ? undefined : { direction, confidence: 1, reason: 'the script' };
      },
      onData(change, state) {
        seen.push(`data ${change.kind} stale=${state.isStale} gaps=${state.openGaps}`);
      },
    }),
  };
}
