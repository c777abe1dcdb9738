import { loopService } from '@tickwright/runtime';
import type { Clock, Service } from '@tickwright/runtime';
import type { RunnerParts } from './runner-parts.ts';

/** Instruments of one look, so that none holds the event loop for long. */
const PORTION = 25;
const PAUSE_MS = 200;
/** All are looked at again after so long. */
const AGAIN_MS = 30_000;
/** Today's and the one before, for the change. */
const DAYS = 2;

/** Keeps the scanner's day figures true: what a session traded before the runner began stands in the day's candle. */
export function dayService(
  { config, query, board, log }: Pick<RunnerParts, 'config' | 'query' | 'board' | 'log'>,
  clock: Clock,
): Service {
  const keys = config.instruments.map(({ instrument }) => instrument);
  let at = 0;
  let dueMs = 0;
  /** A day is told in vain to a board that has no price yet: those of this round's first portion count. */
  let hadPrices = false;
  return loopService({
    name: 'day figures',
    clock,
    intervalMs: PAUSE_MS,
    work: async () => {
      if (at === 0 && clock.monotonicMs() < dueMs) return;
      if (at === 0) hadPrices = board.hasPrices;
      const instruments = keys.slice(at, at + PORTION);
      try {
        const { candles } = await query.latestCandles({ instruments, interval: '1d', count: DAYS });
        board.days(candles);
      } catch (error) {
        log.debug({ error: String(error) }, 'a day was not read; the next look is soon');
      }
      at = at + PORTION >= keys.length ? 0 : at + PORTION;
      if (at === 0) dueMs = clock.monotonicMs() + (hadPrices ? AGAIN_MS : 0);
    },
  });
}
