import { ManualClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { dayService } from './day-figures.ts';

type Parts = Parameters<typeof dayService>[0];

test('days that were told before any price was known are told again at once, not half a minute later', async () => {
  const clock = new ManualClock();
  const keys = Array.from({ length: 30 }, (_, index) => `SIM|${index}`);
  const told: string[] = [];
  const board = {
    hasPrices: false,
    days: ([first]: readonly { instrument: string }[]) => {
      told.push(`${first?.instrument} ${board.hasPrices ? 'taken' : 'in vain'}`);
      // Prices come between the first portion and the second.
      board.hasPrices = true;
    },
  };
  const parts = {
    config: { instruments: keys.map((instrument) => ({ instrument })) },
    query: {
      latestCandles: async ({ instruments }: { instruments: readonly string[] }) => ({
        candles: instruments.map((instrument) => ({ instrument })),
      }),
    },
    board,
    log: { debug: () => undefined },
  } as unknown as Parts;
  const stop = new AbortController();
  const running = dayService(parts, clock).run(stop.signal);
  for (let round = 0; round < 10; round += 1) await clock.advance(200);
  expect(told).toEqual(['SIM|0 in vain', 'SIM|25 taken', 'SIM|0 taken', 'SIM|25 taken']);
  stop.abort();
  await running;
});
