/**
 * forming: it still grows. closed: its time is over. revised: it changed after it had closed (a late tick, backfill).
 */
export type CandleState = 'forming' | 'closed' | 'revised';

/** One candle as strategies see it. Prices and volume are float64, exact for the venue's decimals when printed. */
export interface Candle {
  /** Inclusive, microseconds UTC. */
  readonly openMicros: number;
  /** Exclusive; the last candle of a session may be shorter than its interval. */
  readonly closeMicros: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly tradeCount: number;
  readonly state: CandleState;
  /** No gap overlaps it. */
  readonly isComplete: boolean;
  /** Journal offset of its last change: the newer wins. */
  readonly version: number;
  /** Made of ticks, or the venue's own candle. */
  readonly source: 'ticks' | 'venue';
}
