import type { InstrumentKey, Interval } from '@tickwright/market';
import type { Decimal } from '../decimal.ts';
import type { FeeSchedule } from '../fees/fee-schedule.ts';
import type { FillModel } from './fill-model.ts';
import type { InstrumentRules } from './instrument-rules.ts';
import type { RiskLimits } from './risk-limits.ts';

/** How much a signal orders, rounded down to the lot. equity: a share of the account's equity, 0.1 is 10 %. */
export type Sizing =
  | { readonly kind: 'quantity'; readonly quantity: Decimal }
  | { readonly kind: 'value'; readonly value: Decimal }
  | { readonly kind: 'equity'; readonly share: Decimal };

/** How signals become orders: market day orders that bring the strategy's position to where it wants to be. */
export interface OrderPolicy {
  readonly sizing: Sizing;
  /** Otherwise a short signal only closes what is long. */
  readonly allowShort: boolean;
  /** Signals below it are stored and order nothing. */
  readonly minConfidence: number;
}

export interface StrategyConfig {
  /** Unique in the configuration, and the owner of its positions: keep it over restarts. For example `rsi_reversal@5m`. */
  readonly id: string;
  /** Name of the definition. */
  readonly use: string;
  readonly interval: Interval;
  readonly instruments: readonly InstrumentKey[];
  /** As written by the user; checked by the definition's schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly orders: OrderPolicy;
  readonly isEnabled: boolean;
  /** Whether forming candles are wanted. They never make a signal. */
  readonly forming: boolean;
  /** Both false by default: no signal at an incomplete candle, or on stale data or in an open gap. */
  readonly signalOnIncomplete: boolean;
  readonly signalOnStale: boolean;
}

/** Everything that decides results besides events and the strategies' code. JSON, stored with each start. */
export interface EngineConfig {
  readonly account: {
    /** Used when the ledger is new, later ignored. */
    readonly cash: Decimal;
    readonly currency: string;
    /** The calendar whose dates are the account's days. */
    readonly calendar: string;
    /** Equity needed for an exposure of 1: 1 is a cash account, 0.2 is five times leverage. */
    readonly marginRate: Decimal;
  };
  readonly strategies: readonly StrategyConfig[];
  readonly instruments: readonly InstrumentRules[];
  readonly feeSchedules: readonly FeeSchedule[];
  readonly fills: FillModel;
  readonly risk: RiskLimits;
  /** HH:MM in the zone of the instrument's calendar: positions are closed and none is opened until the session ends; null: never. */
  readonly squareOff: string | null;
  /** A closed candle that comes later than this after its closing makes no signal. */
  readonly maxSignalAgeMs: number;
}
