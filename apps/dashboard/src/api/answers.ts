import type { CalendarAdditions } from '@tickwright/market';
import type { Candle, Notice, ScannerRow as EngineRow, Signal, StrategyState } from '@tickwright/trading';

/** What the runner answers beside the contract's own shapes. */
export interface Overview {
  readonly time: string;
  readonly version: string;
  readonly uptimeMs: number;
  readonly killed: boolean;
  readonly killReason: string | null;
  readonly candles: {
    readonly source: 'files' | 'feed';
    readonly state: 'live' | 'stale' | 'down';
    readonly reason: string;
  };
  readonly data: {
    readonly state: DataState;
    readonly reason: string;
    readonly lastTickTs: string | null;
  };
  readonly ingestor: {
    readonly state: 'up' | 'down' | 'starting';
    readonly ready: boolean;
    readonly reasons: readonly string[];
  };
  /** Names of the session calendars of the instruments. */
  readonly calendars: readonly string[];
  /** Days of theirs that are configured. */
  readonly calendarDays: CalendarAdditions;
}

export type DataState = 'OK' | 'STALE' | 'DOWN';

/** A scanner row with its last closes, oldest first. */
export interface ScannerRow extends EngineRow {
  readonly spark?: readonly number[];
}

/** All rows as of a cursor: what changes after it is told by events. */
export interface ScannerAnswer {
  readonly cursor: string;
  readonly rows: readonly ScannerRow[];
}

/** Rows that changed since the cursor before; all there are where isWhole. */
export interface ScannerEvent {
  readonly cursor: string;
  readonly isWhole: boolean;
  readonly rows: readonly ScannerChange[];
}

/** A row's identity, and the fields of it that changed. */
export type ScannerChange = Pick<ScannerRow, 'symbol' | 'interval'> & Partial<ScannerRow>;

/** Of an instrument, as the ingestor tells it. */
export interface InstrumentRow {
  readonly key: string;
  readonly venueSymbol: string;
  readonly priceDecimals: number;
  readonly calendar: string;
  readonly lastTickTime: string | null;
}

/** Where an instrument's data are missing. */
export interface GapRow {
  readonly id: string;
  readonly instrument: string;
  readonly fromMicros: number;
  /** -1 while it lasts. */
  readonly toMicros: number;
  readonly cause: string;
  readonly state: 'open' | 'filling' | 'filled' | 'unfillable';
  readonly reason?: string;
}

export interface CandlesAnswer {
  readonly instrument: string;
  readonly interval: string;
  /** Name of the session calendar. */
  readonly calendar: string;
  /** Oldest first. */
  readonly candles: readonly Candle[];
  readonly gaps: readonly (Pick<GapRow, 'fromMicros' | 'cause' | 'state'> & {
    /** null while it lasts. */
    readonly toMicros: number | null;
  })[];
  /** Older ones exist. */
  readonly more: boolean;
}

export interface TickRow {
  readonly eventTime: string;
  readonly receiveTime: string;
  readonly price: number;
  readonly quantity: number;
  readonly side: string;
  readonly tradeId: number | null;
}

/** What people should hear of. */
export interface NoticeRow extends Omit<Notice, 'code'> {
  readonly code: string;
  readonly id: string;
  readonly ts: string;
  readonly severity?: 'info' | 'warning' | 'critical';
  readonly acknowledged: boolean;
}

export interface StrategyRow {
  readonly id: string;
  readonly use: string;
  readonly description: string;
  readonly interval: string;
  readonly isEnabled: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly path: string | null;
  readonly warmUp: number;
  readonly instruments: readonly StrategyState[];
  readonly lastSignal: Signal | null;
  readonly error: string | null;
}
