import type { Interval } from '@tickwright/market';

export interface CandleRequest {
  readonly instrument: string;
  readonly interval: Interval;
  /** Candles that overlap [from, to) are given, each whole. Microseconds UTC; may be infinite. */
  readonly from: number;
  readonly to: number;
  /** Only the newest so many. */
  readonly last?: number;
  /** Flat candles where nothing traded, from the first candle on. */
  readonly fill?: boolean;
  /** Candles that are not closed yet; given unless false. */
  readonly includeForming?: boolean;
}

export interface LatestRequest extends LatestWanted {
  readonly instruments: readonly string[];
}

/** Of each instrument the newest candles in one interval. */
export interface LatestWanted {
  readonly interval: Interval;
  /** How many of each. An instrument that has been silent for long may have fewer: see the limits in the README. */
  readonly count: number;
  /** Only candles that end after it, microseconds UTC; then `count` may be Infinity. */
  readonly from?: number;
  readonly fill?: boolean;
  readonly includeForming?: boolean;
}
