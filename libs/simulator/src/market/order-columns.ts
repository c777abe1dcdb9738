import { fraction, hashPair, mix } from './hash.ts';
import type { SimulatedInstrument } from './instruments.ts';
import { MAX_FILLS, writeFills } from './order-fills.ts';
import { middlePriceTicks } from './price-path.ts';
import type { Slice } from './slices.ts';

const SMALLEST_CAPACITY = 16;

/**
 * The orders of one slice as columns, in order of time; filled again for each slice, growing to the largest. An order
 * is what Binance calls an aggregate trade: one taker, one price, one moment, one or more fills (the trades).
 */
export class OrderColumns {
  count = 0;
  /** Number of row 0: its aggregate trade id. */
  firstOrder = 0;
  /** Id of the first fill of row 0. */
  firstTrade = 0;
  /** Milliseconds since 1970. */
  timeMs = new Float64Array(0);
  priceTicks = new Int32Array(0);
  /** 1 when the taker sells. */
  isBuyerMaker = new Uint8Array(0);
  fills = new Uint8Array(0);
  /** Where the order's fills begin in `fillUnits`; its first trade id is `firstTrade` plus this. */
  fillStart = new Int32Array(0);
  /** Quantity of each fill, in units of 10^-quantityDecimals. */
  fillUnits = new Float64Array(0);

  /** Makes room for `count` orders. Contents are lost when it grows. */
  #reserve(count: number): void {
    if (count <= this.timeMs.length) return;
    const capacity = Math.max(SMALLEST_CAPACITY, 2 ** Math.ceil(Math.log2(count)));
    this.timeMs = new Float64Array(capacity);
    this.priceTicks = new Int32Array(capacity);
    this.isBuyerMaker = new Uint8Array(capacity);
    this.fills = new Uint8Array(capacity);
    this.fillStart = new Int32Array(capacity);
    this.fillUnits = new Float64Array(capacity * MAX_FILLS);
  }

  /** Fills the columns with a slice's orders. Benchmark: scripts/bench/simulator.ts. */
  load(instrument: SimulatedInstrument, slice: Slice): void {
    const { count } = slice;
    this.count = count;
    this.firstOrder = slice.firstOrder;
    if (count === 0) return;
    this.#reserve(count);
    this.firstTrade = writeFills(instrument, slice, this.fills);
    const widthMs = slice.toMs - slice.fromMs;
    const startTicks = middlePriceTicks(instrument, slice.fromMs);
    const slope = (middlePriceTicks(instrument, slice.toMs) - startTicks) / widthMs;
    let fill = 0;
    for (let at = 0; at < count; at++) {
      const hash = hashPair(slice.hash, at);
      // Each order has its own part of the slice and a place in it by chance: rising, without sorting.
      const withinMs = Math.min(widthMs - 1, Math.floor(((at + fraction(hash)) * widthMs) / count));
      const shape = mix(hash ^ 0x7ade0001);
      this.timeMs[at] = slice.fromMs + withinMs;
      this.isBuyerMaker[at] = shape & 1;
      this.priceTicks[at] = orderPrice(instrument, startTicks + slope * withinMs, shape);
      this.fillStart[at] = fill;
      for (let left = this.fills[at]; left > 0; left--) {
        this.fillUnits[fill] = fillQuantity(instrument, hashPair(hash, left));
        fill += 1;
      }
    }
  }

  /** First row at or after a time; `count` when there is none. */
  firstRowAt(ms: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timeMs[middle] < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Sum of an order's fills, in units of 10^-quantityDecimals. */
  unitsOf(row: number): number {
    let units = 0;
    const start = this.fillStart[row];
    for (let at = start; at < start + this.fills[row]; at++) units += this.fillUnits[at];
    return units;
  }
}

/** A buyer pays the ask, a seller gets the bid; one order in eight reaches up to three levels deeper. */
function orderPrice(instrument: SimulatedInstrument, middle: number, shape: number): number {
  const depth = (shape & 0x70) === 0 ? 1 + ((shape >>> 8) % 3) : 0;
  const bid = Math.floor(middle - instrument.spreadTicks / 2);
  const ticks = (shape & 1) === 1 ? bid - depth : bid + instrument.spreadTicks + depth;
  return Math.max(1, ticks);
}

/** Most are near the typical size, one in a hundred is twenty times it or more; never zero. */
function fillQuantity(instrument: SimulatedInstrument, hash: number): number {
  const u = fraction(hash);
  return 1 + Math.floor((instrument.typicalUnits * u) / (1.02 - u));
}
