import { fraction, hashPair } from './hash.ts';
import type { SimulatedInstrument } from './instruments.ts';

/**
 * When an instrument's orders come. A day has exactly `ordersPerDay` of them, so the order numbers of a day begin at
 * day * ordersPerDay and are contiguous across midnight. Within the day a binary tree divides them: each node gives
 * part of its orders to its left half, the part being a hash of the node (a multiplicative cascade: activity then
 * clusters on all scales, with bursts and lulls). Any slice, by time or by order number, is found in 20 steps, without
 * a table and without summing from the beginning of time.
 */
const LEVELS = 20;
export const SLICES_PER_DAY = 2 ** LEVELS;
export const DAY_MS = 86_400_000;
/** Below this many orders each goes left or right by a bit of its own, which makes rare orders come at random. */
const SINGLE_ORDERS = 16;
/** Levels above this one divide minutes and hours and stay near one half, so that the mean rate is soon met. */
const FIRST_BURSTY_LEVEL = 10;

/** A slice of an instrument's day: about 82 ms, whole milliseconds, the slices without overlap or hole. */
export interface Slice {
  /** Days since 1970-01-01. */
  readonly day: number;
  /** 0 .. SLICES_PER_DAY-1. */
  readonly index: number;
  /** Number of its first order (of the next order, when the slice is empty). */
  readonly firstOrder: number;
  readonly count: number;
  /** Inclusive, milliseconds since 1970. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly hash: number;
}

/** The slice that holds a millisecond, 0 or later. */
export function sliceAt(instrument: SimulatedInstrument, ms: number): Slice {
  const day = Math.floor(ms / DAY_MS);
  const index = sliceIndex(ms - day * DAY_MS);
  return descend(instrument, day, (level) => (index >>> (LEVELS - 1 - level)) & 1);
}

/** The slice that holds an order number, 0 or greater. */
export function sliceOf(instrument: SimulatedInstrument, order: number): Slice {
  const day = Math.floor(order / instrument.ordersPerDay);
  const within = order - day * instrument.ordersPerDay;
  return descend(instrument, day, (_, before, left) => (within < before + left ? 0 : 1));
}

/** First millisecond of the day that belongs to a slice; the slice after the last begins with the next day. */
export function sliceStartMs(index: number): number {
  // 86,400,000 / 2^20 is a multiple of 2^-10: the product is exact.
  return Math.ceil(index * (DAY_MS / SLICES_PER_DAY));
}

function sliceIndex(msOfDay: number): number {
  return Math.floor(msOfDay / (DAY_MS / SLICES_PER_DAY));
}

type Turn = (level: number, before: number, left: number) => number;

function descend(instrument: SimulatedInstrument, day: number, turn: Turn): Slice {
  const dayHash = hashPair(instrument.hash ^ 0x5ca1ab1e, day);
  let node = 1;
  let before = 0;
  let count = instrument.ordersPerDay;
  for (let level = 0; level < LEVELS; level++) {
    const left = ordersOfLeftHalf(count, { hash: hashPair(dayHash, node), level });
    const goesRight = turn(level, before, left);
    if (goesRight === 1) before += left;
    count = goesRight === 1 ? count - left : left;
    node = 2 * node + goesRight;
  }
  const index = node - SLICES_PER_DAY;
  return {
    day,
    index,
    firstOrder: day * instrument.ordersPerDay + before,
    count,
    fromMs: day * DAY_MS + sliceStartMs(index),
    toMs: day * DAY_MS + sliceStartMs(index + 1),
    hash: hashPair(dayHash, node),
  };
}

function ordersOfLeftHalf(count: number, node: { hash: number; level: number }): number {
  if (count <= SINGLE_ORDERS) return bitCount(node.hash & ((1 << count) - 1));
  const isBursty = node.level >= FIRST_BURSTY_LEVEL;
  const isBurst = isBursty && (node.hash & 0x1f) === 0;
  const spread = isBurst ? 0.4 : isBursty ? 0.15 : 0.06;
  const part = 0.5 + spread * (2 * fraction(node.hash & ~0x1f) - 1);
  return Math.round(count * part);
}

function bitCount(bits: number): number {
  let x = bits - ((bits >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
