import type { Gap, Instrument } from '@tickwright/market';
import type { AlertRow, Ledger } from '@tickwright/ledger';
import type { CandleQuery } from '@tickwright/store';
import type { EngineConfig } from '@tickwright/trading';
import type { Backups } from '@tickwright/upkeep';
import type { Webhook } from './alerts/webhook.ts';
import type { CandleSource } from './candle-source/source-event.ts';
import type { Desk } from './desk/desk.ts';
import type { IngestorLink } from './ingestor-link.ts';
import type { LiveBoard } from './live-board.ts';
import type { RecentLog } from './recent-log.ts';
import type { SignalFeed } from './signal-feed.ts';
import type { SignalLatency } from './signal-latency.ts';
import type { StrategyLibrary } from './strategies/strategy-library.ts';

/** The first look of the candle source, taken and stored. */
export interface WarmUp {
  isDone: boolean;
  candles: number;
  ms: number;
}

/** What a running runner is made of, for those who tell of it. */
export interface RunnerParts {
  readonly config: EngineConfig;
  readonly library: StrategyLibrary;
  readonly desk: Desk;
  readonly ledger: Ledger;
  readonly source: CandleSource;
  readonly query: CandleQuery;
  readonly board: LiveBoard;
  readonly link: IngestorLink;
  readonly latency: SignalLatency;
  readonly backups: Backups;
  readonly webhook: Webhook | undefined;
  /** Where the configuration names its addresses. */
  readonly signalFeed: SignalFeed | undefined;
  readonly warmUp: WarmUp;
  readonly log: RecentLog;
  /** Those that the runner knows, as described by now. */
  readonly instruments: () => readonly Instrument[];
  /** Begins a run anew: strategies forget and warm up again; the book stays. */
  readonly beginRun: (signal: AbortSignal) => Promise<void>;
  /** The gaps as they are published now. */
  readonly gaps: () => Promise<readonly Gap[]>;
  /** Looks again how the ingestor describes them. */
  readonly refresh: () => Promise<void>;
  /** Tells an alert that is stored already. */
  readonly tellAlert: (alert: AlertRow) => void;
  /** By the monotonic clock; undefined before the first. */
  readonly lastSignalMs: () => number | undefined;
}
