import { intervalMicros } from '@tickwright/market';
import type { Interval } from '@tickwright/market';
import { DAY_MICROS } from '../candles/candle-paths.ts';
import type { CandlePiece } from '../candles/candle-paths.ts';

/** How many of the newest files have room for so many candles, where each is an hour or a day; and one that is not full yet. */
export function covering(
  pieces: readonly CandlePiece[],
  { count, interval }: { readonly count: number; readonly interval: Interval },
): number {
  const wanted = count * intervalMicros(interval);
  if (wanted === Infinity) return pieces.length;
  let taken = 1;
  for (let micros = 0; micros < wanted && taken < pieces.length; taken += 1) {
    const { from, to } = pieces[pieces.length - 1 - taken];
    micros += to - from;
  }
  return taken;
}

/** How many files so many candles fill when trading never stops, and the one in which it is broken off. */
export function filesFor(count: number, interval: Interval): number {
  return Math.ceil((count * intervalMicros(interval)) / DAY_MICROS) + 1;
}
