import type { Clock, Log } from '@tickwright/runtime';
import type { FeedKeys } from '../feed-keys.ts';

export interface FeedReceiverOptions {
  /** The sender's PUB address, `tcp://127.0.0.1:5556`. */
  readonly publish: string;
  /** The sender's ROUTER address. */
  readonly snapshot: string;
  /** Prefixes as `topics` makes them. Status and heartbeats come in any case. */
  readonly topics: readonly string[];
  /** How many of the newest candles of a topic a snapshot tells at most, the forming one included. Default 1. */
  readonly history?: number;
  /** For an address beyond loopback: the sender's public key, and a pair of our own. */
  readonly keys?: FeedKeys;
  /** Without any heartbeat for so long it is called stale. Default 3000. */
  readonly staleAfterMs?: number;
  /**
   * Events that may wait for a consumer that does not read; 16,384 and 64 MiB unless told. What comes beyond is thrown
   * away, counted, and fetched again once the consumer has read half of what waits.
   */
  readonly maxWaiting?: { readonly events: number; readonly bytes: number };
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the iteration without an error. */
  readonly signal?: AbortSignal;
}

/** For metrics and tests. All count since the start. */
export interface FeedReceiverCounts {
  /** Messages received over PUB/SUB, heartbeats included. */
  messages: number;
  bytes: number;
  ticks: number;
  candles: number;
  /** Messages that had been received before. */
  duplicates: number;
  /** Messages that came before an earlier one of their topic. */
  early: number;
  /** Messages that did not come over PUB/SUB: lost at a high-water mark or on the way. */
  lost: number;
  /** Of those, how many were fetched again. */
  replayed: number;
  /** Of those, how many are gone for good (told by `missed`). */
  missed: number;
  /** Topics that were made whole by their state. */
  topicSnapshots: number;
  /** Whole snapshots. */
  resyncs: number;
  /** Messages of an earlier epoch that came after a newer one's. */
  outdated: number;
  /** Messages that could not be read. */
  malformed: number;
  /** Messages thrown away because the consumer did not read. */
  overrun: number;
  /** Questions that got no answer in time and were asked again. */
  unanswered: number;
  /** How often it became stale. */
  stale: number;
  heartbeats: number;
}

/** What is known of the line now, answered from memory. */
export interface FeedReceiverHealth {
  readonly state: 'connecting' | 'syncing' | 'live' | 'stale' | 'closed';
  /** Why the sender does not let this receiver in, and what to do about it. */
  readonly refused: string | undefined;
  readonly epoch: string | undefined;
  /** By the monotonic clock; undefined when nothing was heard. */
  readonly lastHeardMs: number | undefined;
  readonly offset: number;
  readonly durableOffset: number;
  /** Events that wait for the consumer. */
  readonly waiting: number;
}
