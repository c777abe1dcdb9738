import type { InstrumentKey, Interval } from '@tickwright/market';
import type { Account, EquityPoint } from './account.ts';
import type { Fill } from './fill.ts';
import type { OrderChange } from './order.ts';
import type { ClosedTrade, Position } from './position.ts';
import type { Signal, SuppressedVote } from './signal.ts';
import type { StrategyState } from './strategy.ts';

/** Which version of which candle a strategy has consumed by this event. */
export interface Consumed {
  readonly strategy: string;
  readonly instrument: InstrumentKey;
  readonly interval: Interval;
  readonly openMicros: number;
  readonly version: number;
}

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * One part of the engine's state after the event; null: the part is gone. The newest value of every key together are the state
 * (`EngineState`): the ledger appends these rows in the event's transaction, and after a crash folds them into the engine's
 * start. Keys are paths: `account`, `order/o-12`, `position/rsi@5m/NSE_EQ|INE155A01022`.
 */
export interface StateRow {
  readonly key: string;
  readonly value: JsonValue | null;
}

/** The engine's whole state by key, as `Engine.state()` gives it and `createEngine` takes it. Survives JSON exactly. */
export type EngineState = Readonly<Record<string, JsonValue>>;

/**
 * Everything an event caused: the ledger writes it, with the event itself, in ONE transaction (or those of several events, in
 * order). Only what changed is there; most lists are empty. Pure data, JSON.
 */
export interface EngineOutput {
  readonly seq: number;
  readonly timeMicros: number;
  readonly consumed: readonly Consumed[];
  readonly signals: readonly Signal[];
  readonly suppressed: readonly SuppressedVote[];
  /** In order; an order may stand more than once. */
  readonly orders: readonly OrderChange[];
  readonly fills: readonly Fill[];
  readonly closedTrades: readonly ClosedTrade[];
  /** After the event, those with a fill. */
  readonly positions: readonly Position[];
  /** After the event, when money, day or kill switch changed (not for a mark alone). */
  readonly account: Account | null;
  /** After fills, and once a minute while something is held. */
  readonly equity: EquityPoint | null;
  /** Those whose status changed. */
  readonly strategies: readonly StrategyState[];
  /** What people should hear of: a limit was hit, a strategy stopped, the kill switch. */
  readonly notices: readonly Notice[];
  readonly state: readonly StateRow[];
}

export interface Notice {
  readonly code:
    | 'strategy-stopped'
    | 'daily-loss'
    | 'killed'
    | 'resumed'
    | 'order-rejected'
    | 'square-off'
    | 'command-refused';
  readonly text: string;
  readonly instrument: InstrumentKey | null;
  readonly strategy: string | null;
}
