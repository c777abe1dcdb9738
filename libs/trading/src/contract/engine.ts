import type { Calendars, InstrumentKey, Interval } from '@tickwright/market';
import type { Account } from './account.ts';
import type { EngineEvent } from './event.ts';
import type { Order } from './order.ts';
import type { EngineOutput, EngineState } from './output.ts';
import type { MarkedPosition } from './position.ts';
import type { StrategyFinder, StrategyState } from './strategy.ts';

export interface EngineOptions {
  readonly strategies: StrategyFinder;
  readonly calendars: Calendars;
  /** Of the ledger, after a restart; without it the ledger is new. The next event must be a start. */
  readonly state?: EngineState;
}

/** What the engine wants to be fed for an instrument. Asked again after each event, it is cheap. */
export interface Needs {
  /** Trades: an order works on ticks. */
  readonly ticks: boolean;
  /** Intervals of closed candles: of strategies, and of fills. */
  readonly closed: readonly Interval[];
  /** Intervals of forming candles. */
  readonly forming: readonly Interval[];
  /** How many closed candles before now each interval's strategies want as history at a start. */
  readonly warmUp: Readonly<Partial<Record<Interval, number>>>;
}

/** Why an order is not filled, or what became of it: sentences for people, oldest first. */
export interface OrderExplanation {
  readonly order: Order;
  /** What the last candle or tick lacked, while it works: `limit 99 not crossed: lowest since 99.2, 14 candles looked at`. */
  readonly waitingFor: string | null;
}

/**
 * The engine: a pure fold over events. Same state and same events give the same outputs and the same state, wherever it is
 * cut: live, replay and backtest differ only in who feeds. Throws an EngineError when events come out of order or before a start; a
 * strategy's exception never comes out.
 */
export interface Engine {
  process(event: EngineEvent): EngineOutput;
  /** The newest value of every state row so far. */
  state(): EngineState;
  /** Number of the last event processed; 0 before any. */
  readonly lastSeq: number;
  needs(instrument: InstrumentKey): Needs;
  /**
   * openMicros of the last closed candle consumed before now, over restarts: by strategies, or where fills are made on this
   * interval, by the paper venue. Candles up to it are `history` at a start, later ones that are closed already `missed`. null: none.
   */
  consumedUpTo(instrument: InstrumentKey, interval: Interval): number | null;
  account(): Account;
  positions(): readonly MarkedPosition[];
  workingOrders(): readonly Order[];
  strategies(): readonly StrategyState[];
  /** Of a working order or one of the last 1,000 that ended; undefined otherwise: ask the ledger for its changes. */
  explain(orderId: string): OrderExplanation | undefined;
}
