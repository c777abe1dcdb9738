import type { Clock, Log } from '@tickwright/runtime';
import type { FeedKeys } from '../feed-keys.ts';
import type { FeedCandle, FeedSignal, FeedStatus } from '../feed-event.ts';
import type { Gap } from '@tickwright/market';

/** What a topic holds now, as a snapshot tells it. */
export type TopicState =
  | { readonly kind: 'candles'; readonly candles: readonly FeedCandle[] }
  | { readonly kind: 'gaps'; readonly gaps: readonly Gap[] }
  | { readonly kind: 'signal'; readonly signal: FeedSignal }
  | { readonly kind: 'status'; readonly status: FeedStatus };

/** Where the sender takes snapshots from: its owner's memory. Both are asked in the middle of things and must be quick. */
export interface SnapshotSource {
  /** Topics that have a state, whether or not a message was ever sent on them. */
  topics(): Iterable<string>;
  /** The state of a topic now, all that was sent on it included; undefined when it has none. `history`: candles at most. */
  state(topic: string, history: number): TopicState | undefined;
}

/** Where the journal stands; a sender without one (a runner) says its own count, or 0. */
export interface FeedOffsets {
  readonly offset: number;
  readonly durableOffset: number;
}

export interface FeedLimits {
  /** Messages kept of a topic, to be replayed. Default 4,096. */
  readonly topicMessages?: number;
  /** Their bytes. Default 1 MiB. */
  readonly topicBytes?: number;
  /** Bytes kept of all topics together; past it the oldest go first. Default 64 MiB. */
  readonly totalBytes?: number;
  /** Messages that wait for one slow subscriber within ZeroMQ; past it ZeroMQ drops them. Default 10,000. */
  readonly highWaterMark?: number;
}

export interface FeedSenderOptions {
  /** Where to publish: `tcp://127.0.0.1:5556`. Port `*` takes a free one. */
  readonly publish: string;
  /** Where to answer. */
  readonly snapshot: string;
  /** A UUID, a new one at every start. */
  readonly epoch: string;
  /**
   * The journal's next offset when the sender's memory was rebuilt: frames that an earlier epoch told beyond it were never
   * on disk, and their numbers are given anew. Default: the offset at the moment of binding.
   */
  readonly epochOffset?: number;
  /** The sender's pair; needed beyond loopback. */
  readonly keys?: FeedKeys;
  /** Public keys of the receivers that are let in; without the list whoever knows the sender's public key. */
  readonly allowedKeys?: readonly string[];
  readonly source: SnapshotSource;
  readonly offsets: () => FeedOffsets;
  readonly limits?: FeedLimits;
  /** Default 1000. */
  readonly heartbeatMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** For metrics and tests. All count since the start. */
export interface FeedSenderCounts {
  messages: number;
  bytes: number;
  ticks: number;
  candles: number;
  gaps: number;
  signals: number;
  heartbeats: number;
  /** Messages ZeroMQ would not take; receivers notice and ask for them. */
  refused: number;
  /** Messages that left the replay buffer: older than its limits. */
  forgotten: number;
  /** Pages of snapshots given. */
  snapshots: number;
  /** Questions for lost messages, and messages given again: what slow or broken receivers had missed. */
  replays: number;
  replayed: number;
  /** Messages that were asked for and no longer there. */
  tooOld: number;
  /** Questions that made no sense, or of another protocol version. */
  badQuestions: number;
}
