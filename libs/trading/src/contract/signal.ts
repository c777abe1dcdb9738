import type { InstrumentKey, Interval } from '@tickwright/market';
import type { Decimal } from '../decimal.ts';

/** Where a strategy wants to be: long, short, or out. */
export type Direction = 'long' | 'short' | 'flat';

/** A strategy's opinion at a candle. */
export interface Vote {
  readonly direction: Direction;
  /** 0 to 1. */
  readonly confidence: number;
  /** A short sentence for people. */
  readonly reason: string;
}

/** What the engine did with a signal. `none` with its reason in `Signal.note`: already there, too little confidence, refused. */
export type SignalOutcome = 'ordered' | 'none';

/** A vote that counted: at a live, closed, complete candle of a strategy that is warm and enabled, on fresh data. */
export interface Signal extends Vote {
  /** `s-1`, `s-2`...: the same in every replay. */
  readonly id: string;
  /** Number of the event that made it. */
  readonly seq: number;
  /** `StrategyConfig.id`. */
  readonly strategy: string;
  readonly instrument: InstrumentKey;
  readonly interval: Interval;
  /** The candle it was made at. */
  readonly candleOpenMicros: number;
  readonly candleCloseMicros: number;
  readonly candleVersion: number;
  /** The candle's close. */
  readonly price: Decimal;
  /** The event's time; minus candleCloseMicros it is the latency from the candle's closing. */
  readonly timeMicros: number;
  readonly outcome: SignalOutcome;
  readonly note: string;
  /** Orders it made. */
  readonly orderIds: readonly string[];
}

/** Why a vote at a live closed candle did not count. */
export type SuppressionCode = 'warming' | 'incomplete' | 'stale' | 'gap' | 'late' | 'disabled';

export interface SuppressedVote extends Vote {
  readonly seq: number;
  readonly strategy: string;
  readonly instrument: InstrumentKey;
  readonly interval: Interval;
  readonly candleOpenMicros: number;
  readonly timeMicros: number;
  readonly code: SuppressionCode;
}
