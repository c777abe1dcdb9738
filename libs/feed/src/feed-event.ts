import type { Gap, InstrumentKey, Interval } from '@tickwright/market';
import type { FeedTicks } from './wire/tick-columns.ts';

/** A candle as it is sent. Times are microseconds UTC. */
export interface FeedCandle {
  /** Inclusive. */
  readonly openMicros: number;
  /** Exclusive; a session's last candle may be shorter than its interval. */
  readonly closeMicros: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly tradeCount: number;
  /** False while it forms. A closed one with a revision above 0 is a revised one. */
  readonly isClosed: boolean;
  /** No gap overlaps it. */
  readonly isComplete: boolean;
  /** How often it changed after it had closed; of a longer interval the sum over its minutes. */
  readonly revision: number;
  /**
   * Journal offset of its last change: the newer wins. Closing raises it for 1m; a longer candle may close with the
   * version it had while forming, so that of two with one version the closed one is the newer.
   */
  readonly version: number;
  readonly source: 'ticks' | 'venue';
  /**
   * There is no such candle any more: a venue's own that ticks have taken the place of, which have none there. Only a sender
   * says this; a receiver hands such candles on as a `gone` event.
   */
  readonly isGone?: true;
}

/** What a sender tells of a candle that is gone. */
export function goneCandle(candle: Pick<FeedCandle, 'openMicros' | 'closeMicros' | 'version'>): FeedCandle {
  const none = { open: 0, high: 0, low: 0, close: 0, volume: 0, tradeCount: 0, revision: 0 };
  return { ...candle, ...none, isClosed: true, isComplete: true, source: 'ticks', isGone: true };
}

export type CandleState = 'forming' | 'closed' | 'revised';

/** A signal of a strategy. Whatever else its sender has to say of it stands in `details`. */
export interface FeedSignal {
  /** Unique for ever; a signal that is sent again has the same. */
  readonly id: string;
  readonly strategy: string;
  readonly instrument: InstrumentKey;
  readonly interval: Interval;
  readonly direction: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** When the strategy decided, microseconds UTC. */
  readonly timeMicros: number;
  /** Open time of the candle it decided on. */
  readonly candleOpenMicros: number;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What a receiver must know of an instrument to fold its candles. */
export interface FeedInstrument {
  readonly key: InstrumentKey;
  readonly venueSymbol: string;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  readonly calendar: string;
}

/** What the sender tells of itself, when it changes and every 5 s. */
export interface FeedStatus {
  /** Name of the sending service: `ingestor`, `runner`. */
  readonly sender: string;
  readonly version: string;
  /** Intervals whose candles are sent. */
  readonly intervals: readonly Interval[];
  readonly instruments: readonly FeedInstrument[];
  /** By segment: candles that end at or before this are closed (microseconds UTC, 0 when unknown), and open gaps. */
  readonly segments: Readonly<
    Record<string, { readonly watermarkMicros: number; readonly openGaps: number }>
  >;
}

/** Where a message comes from. */
export interface FeedOrigin {
  readonly topic: string;
  /** Changes with every start of the sender. */
  readonly epoch: string;
  /** Per topic and epoch 1, 2, 3 and so on; of a snapshot the number of the last message that it includes. */
  readonly sequence: number;
  /** Frames below this journal offset are contained. */
  readonly offset: number;
  /** Frames below this offset were on the sender's disk when it was sent; `offset` may be ahead of it. */
  readonly durableOffset: number;
  /** When it was sent, by the sender's wall clock, microseconds UTC. */
  readonly sendMicros: number;
  /** True: a state told by a snapshot, not a message that was sent when it happened. */
  readonly isSnapshot: boolean;
}

/**
 * What a receiver hands on. The order of a life:
 *
 *     resync(start) → candles, gaps, status of the snapshot → live → candles, ticks, gaps, signals, status …
 *     … stale → … → fresh …                           (heartbeats stopped and came back; nothing was lost by it alone)
 *     … resync(epoch) → snapshot → live …             (the sender was started anew)
 *
 * Within a topic, events come in the order of their sequences, each once. Lost messages are fetched again without a word.
 * Where they can no longer be had, a candle or gap topic is made whole by its state (`isSnapshot`), and of any other
 * topic `missed` tells what is gone.
 */
export type FeedEvent =
  | ResyncEvent
  | LiveEvent
  | CandlesEvent
  | GoneEvent
  | TicksEvent
  | GapsEvent
  | SignalEvent
  | StatusEvent
  | MissedEvent
  | StaleEvent
  | FreshEvent;

/**
 * A snapshot of everything follows, up to `live`. With reason `epoch` the sender was started anew from what it had on
 * disk: what was received with an offset (or version) of `offset` or more is void, unless it is told again.
 */
export interface ResyncEvent {
  readonly type: 'resync';
  readonly reason: 'start' | 'epoch';
  readonly epoch: string;
  /** Undefined at the start. */
  readonly previousEpoch: string | undefined;
  /**
   * At the start where the epoch began in the sender's journal; with a new epoch the lesser of that and of what the one
   * before was last known to have on disk.
   */
  readonly offset: number;
  readonly durableOffset: number;
}

/** The snapshot has been told whole; from here on things are told as they happen. */
export interface LiveEvent {
  readonly type: 'live';
  readonly epoch: string;
  readonly offset: number;
  /** Wanted prefixes for which the sender has no topic: an instrument that it does not take, an interval it does not send. */
  readonly unmatched: readonly string[];
}

/** Candles that changed, by open time. In a snapshot the newest ones of the topic, as many as were asked for and known. */
export interface CandlesEvent extends FeedOrigin {
  readonly type: 'candles';
  readonly instrument: InstrumentKey;
  readonly interval: Interval;
  readonly candles: readonly FeedCandle[];
}

/** Candles that were told, or that files have told, and are no more: whoever keeps them by open time forgets them. */
export interface GoneEvent extends FeedOrigin {
  readonly type: 'gone';
  readonly instrument: InstrumentKey;
  readonly interval: Interval;
  /** By open time; the version goes before those of a candle of the same open time that are less. */
  readonly candles: readonly Pick<FeedCandle, 'openMicros' | 'version'>[];
}

/** Ticks in order of arrival. History that was fetched late comes too: its eventTime lies far behind its receiveTime. */
export interface TicksEvent extends FeedOrigin {
  readonly type: 'ticks';
  readonly instrument: InstrumentKey;
  readonly ticks: FeedTicks;
}

/** Gaps that changed; in a snapshot all of the instrument that are not filled: others that were told are gone. */
export interface GapsEvent extends FeedOrigin {
  readonly type: 'gaps';
  readonly instrument: InstrumentKey;
  readonly gaps: readonly Gap[];
}

export interface SignalEvent extends FeedOrigin {
  readonly type: 'signal';
  readonly signal: FeedSignal;
}

export interface StatusEvent extends FeedOrigin {
  readonly type: 'status';
  readonly status: FeedStatus;
}

/** Messages `fromSequence` to `toSequence` of a tick or signal topic are lost for good. */
export interface MissedEvent {
  readonly type: 'missed';
  readonly topic: string;
  readonly epoch: string;
  readonly fromSequence: number;
  readonly toSequence: number;
}

/** No heartbeat for `staleAfterMs`: what was told last may be out of date. Told too when a sender was never heard. */
export interface StaleEvent {
  readonly type: 'stale';
  /** When it was last heard, by our wall clock, microseconds UTC; undefined when never. */
  readonly lastHeardMicros: number | undefined;
}

/** It is heard again. What was lost meanwhile follows, in order. */
export interface FreshEvent {
  readonly type: 'fresh';
  readonly staleMs: number;
}

/** Forming, closed, or changed after it had closed. */
export function candleState(candle: Pick<FeedCandle, 'isClosed' | 'revision'>): CandleState {
  if (!candle.isClosed) return 'forming';
  return candle.revision > 0 ? 'revised' : 'closed';
}
