import type { TickBatch } from './tick-batch.ts';
import { IdSpace } from './tick-batch.ts';

/** A tick from further in the future than this, by our clock, is rejected. */
export const MAX_AHEAD_MICROS = 60_000_000;

/** Why a tick is no tick. */
export type TickFault = 'badTime' | 'futureEvents' | 'badPrice' | 'badQuantity' | 'badId';

/** What is wrong with a row by itself; undefined when nothing is. */
export function faultOf(batch: TickBatch, row: number): TickFault | undefined {
  const event = batch.eventTime[row];
  if (!(event > 0 && event < Infinity)) return 'badTime';
  if (!(event - batch.receiveTime[row] <= MAX_AHEAD_MICROS)) return 'futureEvents';
  const price = batch.price[row];
  if (!(price > 0 && price < Infinity)) return 'badPrice';
  const quantity = batch.quantity[row];
  if (!(quantity >= 0 && quantity < Infinity)) return 'badQuantity';
  const id = batch.tradeId[row];
  if (batch.idSpace[row] !== IdSpace.none && !(Number.isSafeInteger(id) && id >= 0)) return 'badId';
  return undefined;
}
