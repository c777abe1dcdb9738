import type { InstrumentKey, Interval } from '@tickwright/market';
import type { Candle } from '@tickwright/store';
import type { DataChange, TickEvent } from '@tickwright/trading';

/**
 * What a candle is to a strategy when it comes. `forming`: not closed yet. `closed`: has just closed. `missed`: closed while
 * the runner was down, or so long ago that nothing may be ordered on it. `revised`: a closed one that changed, or one before
 * the newest closed that came late.
 */
export type SourcePhase = 'forming' | 'closed' | 'missed' | 'revised';

export interface SourceCandleEvent {
  readonly type: 'candle';
  readonly phase: SourcePhase;
  readonly interval: Interval;
  readonly candle: Candle;
}

/**
 * Candles of one stream that closed before this run began to count, in order of time, for indicators alone: all in one
 * event, for a warm-up is hundreds of thousands of candles.
 */
export interface SourceHistoryEvent {
  readonly type: 'history';
  readonly instrument: string;
  readonly interval: Interval;
  readonly candles: readonly Candle[];
}

/** What is known of the market now may be old, or is fresh again. */
export interface FreshnessEvent {
  readonly type: 'freshness';
  readonly isStale: boolean;
  readonly reason: string;
}

/** A segment's candles are known up to here, microseconds UTC. */
export interface TimeEvent {
  readonly type: 'time';
  readonly segment: string;
  readonly micros: number;
}

/** A gap in an instrument's data was opened or closed. */
export interface GapChangeEvent {
  readonly type: 'gap';
  readonly instrument: InstrumentKey;
  readonly change: Extract<DataChange, { readonly gapId: string }>;
}

/** A trade, from a source that has them. */
export type SourceTickEvent = Omit<TickEvent, 'seq' | 'timeMicros'>;

/** More history has come than there was at the begin: strategies begin anew with what follows. */
export interface RestartEvent {
  readonly type: 'restart';
}

export type SourceEvent =
  | RestartEvent
  | SourceHistoryEvent
  | SourceCandleEvent
  | FreshnessEvent
  | TimeEvent
  | GapChangeEvent
  | SourceTickEvent;

/** Candles of one instrument in one interval that strategies want. */
export interface StreamWanted {
  readonly instrument: string;
  readonly interval: Interval;
  /** Closed candles to begin with. */
  readonly warmUp: number;
  /** openTime of the newest closed candle that was consumed before this run; undefined: none. */
  readonly consumedTo?: number;
}

export interface SourceHealth {
  /** `warming`: nothing was read yet. */
  state: 'warming' | 'live' | 'stale';
  reason: string;
  /** Where candles come from at this moment. */
  origin: 'files' | 'feed';
  /** When what was read last had been published, milliseconds since 1970; undefined before the first. */
  publishedMs: number | undefined;
  reads: number;
  sweeps: number;
  retries: number;
  failures: number;
  lastReadMs: number;
  /** Candles that closed while the runner was down and were too many to be told one by one. */
  skipped: number;
}

/** Candle events, warm history first, then live, without a seam; each yield belongs together. */
export interface CandleSource extends AsyncDisposable {
  readonly health: Readonly<SourceHealth>;
  events(signal: AbortSignal): AsyncIterable<readonly SourceEvent[]>;
}
