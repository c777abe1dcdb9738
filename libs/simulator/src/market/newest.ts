import { setImmediate as nextTurn } from 'node:timers/promises';
import { firstOrderAt, firstTradeOf, tradesById, type SimulatedTrade } from './history.ts';
import type { SimulatedInstrument } from './instruments.ts';
import { klineSteps, type KlineRange, type SimulatedKline } from './klines.ts';

/** Id of the newest trade at or before a time; -1 before the first one. */
export function newestTradeId(instrument: SimulatedInstrument, ms: number): number {
  return firstTradeOf(instrument, firstOrderAt(instrument, ms + 1)) - 1;
}

/** The trades fromId..toId, oldest first. */
export function tradesBetween(
  instrument: SimulatedInstrument,
  ids: { fromId: number; toId: number },
): SimulatedTrade[] {
  const fromId = Math.max(0, ids.fromId);
  const limit = ids.toId - fromId + 1;
  return limit <= 0 ? [] : tradesById(instrument, { fromId, limit, endOrder: Number.MAX_SAFE_INTEGER });
}

/** Klines, oldest first, folded in small steps between which the streams go on. */
export async function foldKlines(
  instrument: SimulatedInstrument,
  range: KlineRange,
): Promise<SimulatedKline[]> {
  const made: SimulatedKline[] = [];
  for (const step of klineSteps(instrument, range)) {
    if (step !== undefined) made.push(step);
    await nextTurn();
  }
  return made;
}
