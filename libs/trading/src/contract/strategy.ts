import type { InstrumentKey, Interval, SessionCalendar } from '@tickwright/market';
import type { Candle } from './candle.ts';
import type { CandlePhase, DataChange } from './event.ts';
import type { Decimal } from '../decimal.ts';
import type { Vote } from './signal.ts';

/** What a schema says to a wrong value: where, and the rule. */
export interface ParameterIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The part of a zod schema that is used; any object with this method will do. */
export interface ParameterSchema<Parameters> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: Parameters }
    | { readonly success: false; readonly error: { readonly issues: readonly ParameterIssue[] } };
}

/** What a strategy is made for: one instrument at one interval. */
export interface StrategyContext {
  readonly instrument: InstrumentKey;
  readonly interval: Interval;
  /** When the venue trades: session-anchored strategies take the session from here. */
  readonly calendar: SessionCalendar;
  /** Another definition by its name, for strategies made of strategies. */
  find(name: string): StrategyDefinition | undefined;
}

/** State of an instrument's data. */
export interface DataState {
  readonly isStale: boolean;
  /** Why it is stale; empty when fresh. */
  readonly staleReason: string;
  readonly openGaps: number;
}

/** What a strategy can see when a candle comes. */
export interface StrategyView {
  /** The event's time. */
  readonly timeMicros: number;
  readonly phase: CandlePhase;
  /** Whether a vote returned now counts. Votes that do not are dropped by the engine: a strategy need not ask. */
  readonly counts: boolean;
  readonly data: DataState;
  /** The strategy's own holding: signed. */
  readonly position: Decimal;
}

/**
 * A strategy at work on one instrument. Deterministic: no clock, no random numbers, no IO; its state comes only from these calls.
 *
 * `onCandle` gets each closed candle once, in order. A forming candle (where wanted) may come before it with the same openMicros any number
 * of times: replace the last value, do not add one. After a revision of a closed candle, and at every start, the engine makes a new
 * object and feeds it the last candles again (phase `history`): as many as `memory` says, so that what a strategy knows must come from those.
 */
export interface Strategy {
  onCandle(candle: Candle, view: StrategyView): Vote | undefined;
  onData?(change: DataChange, state: DataState): void;
}

/** What a strategy file exports: see the README for an example that compiles. */
export interface StrategyDefinition<Parameters = unknown> {
  /** Lower case with underscores, unique. */
  readonly name: string;
  readonly description: string;
  /** Used where the configuration names none. */
  readonly interval: Interval;
  readonly parameters: ParameterSchema<Parameters>;
  /** How many closed candles it needs before its votes count. */
  warmUp(parameters: Parameters, context: StrategyContext): number;
  /**
   * How many closed candles are kept for it, and fed as history at a start and after a revision: the session so far for what
   * is anchored to the session's open, ten lengths for an average that never quite forgets. Without it the warm-up length.
   */
  memory?(parameters: Parameters, context: StrategyContext): number;
  create(parameters: Parameters, context: StrategyContext): Strategy;
}

/** Finds a definition by name: the built-in ones and the user's. */
export type StrategyFinder = (name: string) => StrategyDefinition | undefined;

/** warming: candles are missing. running. disabled: by hand or configuration. stopped: it threw, or cannot be made. */
export type StrategyStatus = 'warming' | 'running' | 'disabled' | 'stopped';

/** A strategy on one instrument, as the ledger and the pages show it. */
export interface StrategyState {
  readonly strategy: string;
  readonly use: string;
  readonly instrument: InstrumentKey;
  readonly interval: Interval;
  readonly status: StrategyStatus;
  /** Why: `12 of 30 candles`, the error's message. */
  readonly reason: string;
  readonly warmUp: number;
  /** Closed candles seen since the start, at most warmUp. */
  readonly candles: number;
  /** openMicros of the last closed candle consumed; null before the first. */
  readonly lastCandleMicros: number | null;
  readonly lastSignalId: string | null;
}
