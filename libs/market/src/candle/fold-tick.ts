import { Part } from './candle-row.ts';
import { addQuantity } from './exact-sum.ts';
import type { TickBatch } from '../tick/tick-batch.ts';
import { TickKind } from '../tick/tick-batch.ts';

/**
 * Folds one tick of a batch into the candle at `at`. Part of the builder's hot loop.
 *
 * The order of ticks is (eventTime, tradeId or -1, offset, index): a total one, so that the fold does not depend on
 * arrival even where some ticks have an id and others none.
 */
export function foldTick(
  candle: Float64Array,
  at: number,
  batch: TickBatch,
  row: number,
  scale: number,
): void {
  const price = batch.price[row];
  const time = batch.eventTime[row];
  const volume = batch.volume[row];
  if (price > candle[at + Part.high]) candle[at + Part.high] = price;
  if (price < candle[at + Part.low]) candle[at + Part.low] = price;
  const lastTime = candle[at + Part.lastTime];
  if (time > lastTime || (time === lastTime && isAfter(candle, at + Part.lastId, batch, row))) {
    candle[at + Part.close] = price;
    candle[at + Part.lastTime] = time;
    putKey(candle, at + Part.lastId, batch, row);
  }
  const firstTime = candle[at + Part.firstTime];
  if (time < firstTime || (time === firstTime && !isAfter(candle, at + Part.firstId, batch, row))) {
    candle[at + Part.open] = price;
    candle[at + Part.firstTime] = time;
    putKey(candle, at + Part.firstId, batch, row);
  }
  addQuantity(candle, at + Part.volumeLow, volume, scale);
  // A conflated tick stands for trades only if the venue's volume grew.
  if (volume > 0 || batch.kind[row] === TickKind.trade) candle[at + Part.tradeCount] += 1;
  candle[at + Part.version] = batch.offset[row];
}

/** Whether a tick of the same event time stands after the key whose id, offset and index begin at `key`. */
function isAfter(candle: Float64Array, key: number, batch: TickBatch, row: number): boolean {
  const id = batch.tradeId[row];
  if (id !== candle[key]) return id > candle[key];
  const offset = batch.offset[row];
  if (offset !== candle[key + 1]) return offset > candle[key + 1];
  return batch.index[row] > candle[key + 2];
}

function putKey(candle: Float64Array, key: number, batch: TickBatch, row: number): void {
  candle[key] = batch.tradeId[row];
  candle[key + 1] = batch.offset[row];
  candle[key + 2] = batch.index[row];
}
