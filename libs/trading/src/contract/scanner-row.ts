import type { InstrumentKey, Interval } from '@tickwright/market';
import type { Direction } from './signal.ts';

export type ScannerStatus = 'WARMING' | 'RUNNING' | 'STALE' | 'STOPPED';

/** One row of the scanner: an instrument at an interval. Field names are the API's; times are ISO 8601 UTC, null: not known yet. */
export interface ScannerRow {
  readonly symbol: InstrumentKey;
  readonly interval: Interval;
  readonly status: ScannerStatus;
  /** Why it has this status; empty while all is well. */
  readonly reason: string;
  /** Opening time of the last closed candle. */
  readonly last_bar_ts: string | null;
  readonly last_price: number | null;
  readonly last_price_ts: string | null;
  /** Against the close of the session before (or the session's first open where that is not known). */
  readonly change: number | null;
  readonly change_percent: number | null;
  /** Of the session. */
  readonly volume: number;
  /** The last closed candle's volume over the mean of the 20 before it. */
  readonly relative_volume: number | null;
  readonly day_open: number | null;
  readonly day_high: number | null;
  readonly day_low: number | null;
  readonly tick_age_ms: number | null;
  readonly open_gaps: number;
  readonly last_signal: {
    readonly id: string;
    readonly strategy: string;
    readonly direction: Direction;
    readonly confidence: number;
    readonly reason: string;
    readonly ts: string;
  } | null;
  readonly strategies: readonly {
    readonly id: string;
    readonly status: ScannerStatus;
    readonly reason: string;
  }[];
  /** Net holding of all strategies. */
  readonly position: string;
}
