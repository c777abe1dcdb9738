import type { ControlEvent, Instrument, InstrumentKey, InstrumentTable } from '@tickwright/market';
import type { Clock, Log } from '@tickwright/runtime';
import type { Decoder, DecoderOptions, StreamKind } from './decoder.ts';
import type { History, HistoryOptions } from './history.ts';
import type { StreamLimits } from './limits.ts';
import type { AccessState, TokenSource } from './token.ts';
import type { MarketHours } from './upstox/market-hours.ts';
import type { UpstoxMode, UpstoxPlan } from './upstox/limits.ts';

/** A place that trades are told from: its protocol, both ways. Everything but `name` and `segment` is made on demand. */
export interface Venue {
  /** As in the configuration: `binance`, `simulated`. */
  readonly name: string;
  /** What stands before the bar of its instruments' keys: `BINANCE`, `SIM`. */
  readonly segment: string;
  /**
   * What is known of an instrument from its key alone, without asking the venue. Throws an InstrumentKeyError for a key
   * of another segment or an id that cannot be a symbol of the venue.
   */
  instrument(key: InstrumentKey): Instrument;
  /** A decoder for the venue's frames; it follows instruments that are added to the table later. */
  createDecoder(instruments: InstrumentTable, options?: DecoderOptions): Decoder;
  /** The live connection. Throws a VenueAddressError for an address that cannot be one. */
  createStream(options: StreamOptions): Stream;
  /** The venue's past, by REST. Throws a VenueAddressError for an address that cannot be one. */
  history(options: HistoryOptions): History;
  /** Its exchanges' hours, for a venue that tells them. */
  readonly marketHours?: (options: HistoryOptions) => MarketHours;
}

/** Where everything goes that a stream receives. Called synchronously, in order of arrival. */
export interface FrameSink {
  /** Every message, replies to subscriptions too. The bytes may be a window on a larger buffer: copy them to keep. */
  message(connection: string, receiveTimeMicros: number, bytes: Buffer): void;
  control(connection: string, event: ControlEvent): void;
}

/** What the watchdog must know of session calendars; the market's `calendars` fits. */
export type OpenSessions = (calendar: string) => {
  /** The session in which the time lies; undefined while the venue is closed. */
  sessionAt(timeMicros: number): { readonly openMicros: number } | undefined;
};

export interface StreamOptions {
  readonly instruments: readonly Instrument[];
  readonly streamKind: StreamKind;
  /** Base address, `wss://host[:port]`; the venue's own where it has one. */
  readonly wsUrl?: string;
  /** Base address of REST, for a venue where a connection begins with a request. */
  readonly restUrl?: string;
  /** For a venue that wants a token. */
  readonly tokens?: TokenSource;
  /** upstox: how much of each instrument it sends, default `full`; and what the account has paid for. */
  readonly mode?: UpstoxMode;
  readonly plan?: UpstoxPlan;
  readonly sink: FrameSink;
  readonly clock: Clock;
  readonly log: Log;
  readonly calendars: OpenSessions;
  /** 0 <= x < 1; for the jitter. Default Math.random. */
  readonly random?: () => number;
  /** Receive time of the newest tick of an instrument, 0 if none: the stream does not decode, the pipeline tells. */
  lastTickMicros(key: string): number;
  readonly limits?: Partial<StreamLimits>;
}

/**
 * The live connection to a venue, for ever: it reconnects until it is told to stop, resubscribes, judges whether data
 * flow, and says what it knows of each instrument.
 */
export interface Stream {
  /** Connects and stays connected until the signal is aborted; resolves when all sockets are closed. Rejects only when
   * the sink throws. To be called once. */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Adds instruments; those it has are left alone, those once refused are tried again. Throws a TooManyInstrumentsError,
   * and adds none, when the venue's connections cannot carry them.
   */
  subscribe(instruments: readonly Instrument[]): void;
  unsubscribe(keys: readonly string[]): void;
  /** Stops reading from the sockets (TCP holds the venue back); nothing is judged stale meanwhile. */
  pause(): void;
  resume(): void;
  /**
   * Closes the connections and makes none until `restart`, however long that is: nothing waits in memory or at the venue,
   * which would cut off one who does not read. What is missed is told as `paused`, for those who were subscribed.
   */
  suspend(reason: string): void;
  restart(): void;
  states(): SubscriptionState[];
  /** How many more instruments its connections carry. */
  readonly room: number;
  readonly connections: ConnectionState[];
  readonly counts: StreamCounts;
  /** Of the token, for a venue that wants one. */
  readonly access: AccessState | undefined;
}

/**
 * requested: asked for, or waiting for a connection. acknowledged: the venue said yes, nothing came yet. first-tick: one
 * tick came since. live: ticks come. quiet: none lately, within its habit or while its venue is closed. stale: none for
 * longer than its habit explains, in session. refused: the venue said no.
 */
export type SubscriptionStateName =
  'requested' | 'acknowledged' | 'first-tick' | 'live' | 'quiet' | 'stale' | 'refused' | 'unsubscribed';

export interface SubscriptionState {
  readonly instrument: string;
  readonly state: SubscriptionStateName;
  /** When it entered the state. */
  readonly sinceMicros: number;
  /** Receive time of its newest tick, 0 if none. */
  readonly lastTickMicros: number;
  /** `ws-1`, or empty while it has none. */
  readonly connection: string;
  readonly reason?: string;
}

export interface ConnectionState {
  readonly connection: string;
  /** draining: replaced by a new one, open until nothing can still be on its way. */
  readonly state: 'connecting' | 'open' | 'draining' | 'waiting' | 'closed';
  readonly url: string;
  readonly sinceMicros: number;
  /** Receive time of the newest data message, 0 if none. */
  readonly lastMessageMicros: number;
  readonly instruments: number;
  /** Failed tries to connect since it last was healthy. */
  readonly failures: number;
  /** How the venue says it is, in its own word (`online`, `maintenance`), where it says so. */
  readonly venueStatus?: string;
  /** Why it could not connect the last time. */
  readonly reason?: string;
}

/** Plain numbers, only ever rising. */
export interface StreamCounts {
  connects: number;
  connectFailures: number;
  messages: number;
  replies: number;
  /** Replies with an error code. */
  errors: number;
  ackTimeouts: number;
  handovers: number;
  handoverFailures: number;
  /** Lost connections by reason. */
  readonly reconnects: Record<string, number>;
}
