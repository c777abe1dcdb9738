import { hashWide } from './hash.ts';
import type { SimulatedInstrument } from './instruments.ts';

/**
 * How many trades an order makes. Orders are numbered, and their numbers are the aggregate trade ids. Eight orders in a
 * row make exactly twelve trades, one each and four more that a hash gives to some of them; so trade ids follow from
 * order numbers, and order numbers from trade ids, by a division and a look at one block.
 */
const ORDERS = 8;
const TRADES = 12;
const EXTRA = TRADES - ORDERS;
export const MAX_FILLS = EXTRA + 1;

/** Fills of the orders of one block, in order. */
function blockFills(instrument: SimulatedInstrument, block: number): Uint8Array {
  const fills = new Uint8Array(ORDERS).fill(1);
  const hash = hashWide(instrument.hash ^ 0x0f111115, block);
  for (let extra = 0; extra < EXTRA; extra++) fills[(hash >>> (3 * extra)) & (ORDERS - 1)] += 1;
  return fills;
}

/** Writes the number of fills of `count` orders from `firstOrder` on, and returns the id of the first trade. */
export function writeFills(
  instrument: SimulatedInstrument,
  orders: { firstOrder: number; count: number },
  into: Uint8Array,
): number {
  const firstBlock = Math.floor(orders.firstOrder / ORDERS);
  let position = orders.firstOrder - firstBlock * ORDERS;
  let block = firstBlock;
  let fills = blockFills(instrument, block);
  let firstTrade = block * TRADES;
  for (let at = 0; at < position; at++) firstTrade += fills[at];
  for (let at = 0; at < orders.count; at++) {
    if (position === ORDERS) {
      block += 1;
      position = 0;
      fills = blockFills(instrument, block);
    }
    into[at] = fills[position];
    position += 1;
  }
  return firstTrade;
}

/** The number of the order that a trade fills. */
export function orderOfTrade(instrument: SimulatedInstrument, tradeId: number): number {
  const block = Math.floor(tradeId / TRADES);
  const fills = blockFills(instrument, block);
  let rest = tradeId - block * TRADES;
  let position = 0;
  while (rest >= fills[position]) {
    rest -= fills[position];
    position += 1;
  }
  return block * ORDERS + position;
}
