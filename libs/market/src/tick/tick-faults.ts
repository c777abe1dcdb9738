import type { TickBatch } from './tick-batch.ts';
import { IdSpace } from './tick-batch.ts';

/**
 * A tick from further in the future than this is rejected: by our clock, and by the newest event that was accepted,
 * since our clock may have been stepped back and the venue's goes on.
 */
export const MAX_AHEAD_MICROS = 60_000_000;

/** Why a tick is no tick. */
export type TickFault = 'badTime' | 'futureEvents' | 'badPrice' | 'badQuantity' | 'badId';

/** What is wrong with a row; undefined when nothing is. `newestMicros`: the newest event accepted before, or -1. */
export function faultOf(batch: TickBatch, row: number, newestMicros: number): TickFault | undefined {
  const event = batch.eventTime[row];
  if (!(event > 0 && event < Infinity)) return 'badTime';
  if (!(event - Math.max(batch.receiveTime[row], newestMicros) <= MAX_AHEAD_MICROS)) return 'futureEvents';
  const price = batch.price[row];
  if (!(price > 0 && price < Infinity)) return 'badPrice';
  const quantity = batch.quantity[row];
  if (!(quantity >= 0 && quantity < Infinity)) return 'badQuantity';
  const id = batch.tradeId[row];
  if (batch.idSpace[row] !== IdSpace.none && !(Number.isSafeInteger(id) && id >= 0)) return 'badId';
  return undefined;
}
