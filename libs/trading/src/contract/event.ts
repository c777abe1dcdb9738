import type { GapCause, InstrumentKey, Interval, SideName } from '@tickwright/market';
import type { Candle } from './candle.ts';
import type { EngineConfig } from './engine-config.ts';
import type { InstrumentRules } from './instrument-rules.ts';
import type { OrderRequest } from './order.ts';

/**
 * What every event carries. The runner numbers events 1, 2, 3... without a hole over the ledger's whole life (it goes on
 * after a restart), logs them in this order, and feeds them in this order. Every field survives JSON exactly: no undefined, no
 * NaN, no infinity, no Date.
 */
export interface EventHead {
  readonly seq: number;
  /** The runner's clock when it took the event, microseconds UTC: the engine's only "now". Never goes back. */
  readonly timeMicros: number;
}

/**
 * A run begins (also after a crash): the first event of every run. The engine takes over the configuration, makes all
 * strategies anew and forgets their memory, candles and data states; orders, positions and account stay. It is followed by
 * candles of phase `history`, then `missed`, then by the rest. The log of events is thereby enough for an identical replay.
 */
export interface StartEvent extends EventHead {
  readonly type: 'start';
  readonly runId: string;
  readonly config: EngineConfig;
}

/**
 * history: warms strategies up; from before what was last consumed. missed: closed while the runner was down or the source
 * was away. Both update indicators and never make a signal or an order; a missed candle (not a history one) fills orders that
 * were working already, as the venue would have done meanwhile. live: everything else.
 */
export type CandlePhase = 'history' | 'missed' | 'live';

/**
 * A candle of one interval. In order of openMicros for closed ones of one (instrument, interval); a forming one may come any
 * number of times before it is closed, a revised one at any time. A candle whose version was consumed already is ignored.
 * Where the fills are made on candles, the runner also feeds live and missed closed candles of `fills.interval` for each instrument that
 * `Engine.needs(instrument)` names, before the longer candles that close at the same time.
 */
export interface CandleEvent extends EventHead {
  readonly type: 'candle';
  readonly instrument: InstrumentKey;
  readonly interval: Interval;
  readonly phase: CandlePhase;
  readonly candle: Candle;
}

/**
 * Candles of phase `history` in one event, closed, in order: what a warm-up is best fed with, for one event costs the log
 * and the ledger as much as a thousand candles in it. The same as the candles one by one, but that `consumed` names only the
 * last, and that a strategy sees no more of them than it remembers.
 */
export interface HistoryEvent extends EventHead {
  readonly type: 'history';
  readonly instrument: InstrumentKey;
  readonly interval: Interval;
  readonly candles: readonly Candle[];
}

/**
 * A trade. Needed only for instruments of which `Engine.needs(instrument).ticks` is true at that moment; one that is not needed
 * changes nothing, need not be fed and need not be logged.
 */
export interface TickEvent extends EventHead {
  readonly type: 'tick';
  readonly instrument: InstrumentKey;
  /** The venue's clock. */
  readonly eventMicros: number;
  readonly price: number;
  readonly quantity: number;
  readonly side: SideName;
  /** Ordinal number of its frame in the journal. */
  readonly offset: number;
  readonly index: number;
}

/** What became of an instrument's data. */
export type DataChange =
  | {
      readonly kind: 'gap-opened';
      readonly gapId: string;
      readonly fromMicros: number;
      readonly cause: GapCause;
    }
  | {
      readonly kind: 'gap-closed';
      readonly gapId: string;
      readonly toMicros: number;
      readonly state: 'filled' | 'unfillable';
    }
  | { readonly kind: 'stale'; readonly reason: string }
  | { readonly kind: 'fresh'; readonly reason: string };

export interface DataEvent extends EventHead {
  readonly type: 'data';
  /** null: all instruments, for example when the candle source is away. */
  readonly instrument: InstrumentKey | null;
  readonly change: DataChange;
}

/** Time passes. At least every second while the runner runs: latency, ends of day orders, square-off, the day's turn. */
export interface ClockEvent extends EventHead {
  readonly type: 'clock';
}

/** An instrument's rules changed: new price bands, halted, resumed. */
export interface RulesEvent extends EventHead {
  readonly type: 'rules';
  readonly rules: InstrumentRules;
}

/**
 * What a person, or the program around the engine, demands. kill: cancel all working orders and refuse every order but those that make a position smaller,
 * until resume. flatten: cancel, and close positions with market orders (allowed while killed). place-order with an id that
 * was seen already changes nothing, so that a repeated HTTP request cannot order twice.
 */
export type Command =
  | { readonly kind: 'kill'; readonly reason: string }
  | { readonly kind: 'resume'; readonly reason: string }
  | { readonly kind: 'flatten'; readonly instrument: InstrumentKey | null; readonly reason: string }
  | { readonly kind: 'enable-strategy'; readonly strategy: string }
  | { readonly kind: 'disable-strategy'; readonly strategy: string; readonly reason: string }
  | { readonly kind: 'place-order'; readonly request: OrderRequest }
  | { readonly kind: 'cancel-order'; readonly orderId: string; readonly reason: string };

export interface CommandEvent extends EventHead {
  readonly type: 'command';
  /** Chosen by whoever demands; unique. */
  readonly commandId: string;
  readonly command: Command;
}

/** Everything that decides a result. */
export type EngineEvent =
  StartEvent | CandleEvent | HistoryEvent | TickEvent | DataEvent | ClockEvent | RulesEvent | CommandEvent;
