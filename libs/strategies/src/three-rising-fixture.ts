import { defineStrategy } from '@tickwright/strategies';
import type { Candle, Vote } from '@tickwright/strategies';
import { z } from 'zod';

const parameters = z.strictObject({ count: z.int().min(2).max(20).default(3) });

/** Long after so many rising closes in a row, out at the first that falls. */
export const strategy = defineStrategy<z.output<typeof parameters>>({
  name: 'three_rising',
  description: 'long after three rising closes, out at the first falling one',
  interval: '5m',
  parameters,
  warmUp: ({ count }) => count + 1,
  create({ count }) {
    let before: number | undefined;
    let rising = 0;
    return {
      onCandle(candle: Candle): Vote | undefined {
        if (candle.state === 'forming') return undefined;
        const change = before === undefined ? 0 : candle.close - before;
        const wasIn = rising >= count;
        before = candle.close;
        rising = change > 0 ? rising + 1 : 0;
        if (rising === count) return { direction: 'long', confidence: 0.6, reason: `${count} rising closes` };
        if (wasIn && change < 0)
          return { direction: 'flat', confidence: 1, reason: 'the first falling close' };
        return undefined;
      },
    };
  },
});
