import { setMaxListeners } from 'node:events';
import type { Instrument } from '@tickwright/market';
import { sampledLog } from '@tickwright/runtime';
import type { SampledLog } from '@tickwright/runtime';
import type { Address } from './connection.ts';
import { Lane } from './lane.ts';
import { TooManyInstrumentsError } from '../errors.ts';
import type { AccessState } from '../token.ts';
import { STREAM_LIMITS } from '../limits.ts';
import type { StreamLimits } from '../limits.ts';
import type { StreamProtocol } from './protocol.ts';
import { Subscriptions } from './subscriptions.ts';
import type { ConnectionState, Stream, StreamCounts, StreamOptions, SubscriptionState } from '../venue.ts';
import { Gate, slept } from './waiting.ts';
import { Watch } from './watch.ts';

/** What a stream must know of its venue. */
export interface StreamVenue {
  readonly protocol: StreamProtocol;
  /** Base address, for people too: without a secret. */
  readonly url: string;
  /** Asked before every connection, where the address is not always the protocol's. */
  readonly address?: (signal: AbortSignal) => Promise<Address>;
  readonly limits?: Partial<StreamLimits>;
  /** For a venue that wants a token. */
  readonly access?: {
    readonly state: AccessState;
    /** Calls back when there is another token, until the returned function is called. */
    onRenewed(listener: () => void): () => void;
  };
}

/** The stream of any venue, over the venue's protocol: instruments spread over lanes, and a watch over all of them. */
export class ReconnectingStream implements Stream {
  readonly counts: StreamCounts = {
    connects: 0,
    connectFailures: 0,
    messages: 0,
    replies: 0,
    errors: 0,
    ackTimeouts: 0,
    handovers: 0,
    handoverFailures: 0,
    reconnects: {},
  };
  readonly #options: StreamOptions;
  readonly #protocol: StreamProtocol;
  readonly #venue: StreamVenue;
  readonly #url: string;
  readonly #address: (signal: AbortSignal) => Promise<Address>;
  readonly #limits: StreamLimits;
  readonly #subscriptions: Subscriptions;
  readonly #watch: Watch;
  readonly #gate = new Gate();
  readonly #sampled: SampledLog;
  readonly #lanes: Lane[] = [];
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #fault: { readonly error: unknown } | undefined;
  #isRunning = false;
  #isPaused = false;
  #isSuspended = false;

  /** Throws a VenueAddressError when `url` is no WebSocket address, a TooManyInstrumentsError. */
  constructor(options: StreamOptions, venue: StreamVenue) {
    this.#options = options;
    // Every lane waits on it; there may be many.
    setMaxListeners(0, this.#stop.signal);
    this.#venue = venue;
    this.#protocol = venue.protocol;
    this.#url = venue.protocol.url(venue.url);
    this.#address = venue.address ?? (async () => ({ url: this.#url }));
    this.#limits = { ...STREAM_LIMITS, ...venue.limits, ...options.limits };
    this.#sampled = sampledLog(options.log, { perKey: 5, windowMs: 60_000, clock: options.clock });
    this.#subscriptions = new Subscriptions(options.clock);
    this.#watch = new Watch({
      ...options,
      limits: this.#limits,
      subscriptions: this.#subscriptions,
      lanes: this.#lanes,
    });
    this.subscribe(options.instruments);
  }

  get access(): AccessState | undefined {
    return this.#venue.access?.state;
  }

  get connections(): ConnectionState[] {
    return this.#lanes.flatMap((lane) => lane.states());
  }

  states(): SubscriptionState[] {
    return this.#subscriptions.states((key) => this.#options.lastTickMicros(key));
  }

  get room(): number {
    const { instrumentsPerConnection, connections } = this.#limits;
    return connections * instrumentsPerConnection - this.#lanes.reduce((sum, lane) => sum + lane.size, 0);
  }

  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#stop.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#isRunning = true;
    const forget = this.#venue.access?.onRenewed(() => this.renew('token'));
    for (const lane of this.#lanes) this.#start(lane);
    try {
      await this.#watchOn();
    } catch (error) {
      this.#fail(error);
    }
    // Lanes that are added now find the signal aborted.
    await Promise.all(this.#running);
    forget?.();
    signal.removeEventListener('abort', onAbort);
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  subscribe(instruments: readonly Instrument[]): void {
    this.#checkRoom(instruments);
    let fresh = instruments.filter((instrument) => this.#subscriptions.add(instrument));
    while (fresh.length > 0) {
      const lane = this.#laneWithRoom();
      const room = this.#limits.instrumentsPerConnection - lane.size;
      lane.add(fresh.slice(0, room));
      fresh = fresh.slice(room);
    }
  }

  unsubscribe(keys: readonly string[]): void {
    for (const lane of this.#lanes) {
      const wanted = new Set(keys.filter((key) => lane.has(key)));
      const leaving = [...lane.instruments()].filter(({ key }) => wanted.has(key));
      if (leaving.length > 0) lane.remove(leaving);
    }
  }

  pause(): void {
    this.#isPaused = true;
    this.#gate.close();
    for (const lane of this.#lanes) lane.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const lane of this.#lanes) lane.resume();
    this.#openGate();
  }

  suspend(reason: string): void {
    if (this.#isSuspended) return;
    this.#isSuspended = true;
    this.#gate.close();
    for (const lane of this.#lanes) lane.suspend(reason);
  }

  restart(): void {
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    for (const lane of this.#lanes) lane.restart();
    this.#openGate();
  }

  /** Both who pause and who suspend must have let go. */
  #openGate(): void {
    if (this.#isPaused || this.#isSuspended) return;
    this.#gate.open();
    this.#watch.resumed();
  }

  /** What kept connections from being opened is gone, or open ones no longer serve: a new one for each, at once. */
  renew(reason: string): void {
    for (const lane of this.#lanes) lane.renew(reason);
  }

  async #watchOn(): Promise<void> {
    const { signal } = this.#stop;
    while (await slept(this.#options.clock, this.#limits.watchIntervalMs, signal)) {
      if (this.#gate.isOpen) this.#watch.look();
    }
  }

  /** Before any is taken in. */
  #checkRoom(instruments: readonly Instrument[]): void {
    const { instrumentsPerConnection, connections } = this.#limits;
    const fresh = instruments.filter(({ key }) => !this.#lanes.some((lane) => lane.has(key))).length;
    if (fresh <= this.room) return;
    const all = connections * instrumentsPerConnection;
    throw new TooManyInstrumentsError(
      `${all - this.room + fresh} instruments are more than this venue carries: ${all} on ${connections} connections of ${instrumentsPerConnection}; take fewer, or tell less of each`,
    );
  }

  #laneWithRoom(): Lane {
    const found = this.#lanes.find((lane) => lane.size < this.#limits.instrumentsPerConnection);
    if (found !== undefined) return found;
    const { random = Math.random } = this.#options;
    const lane = new Lane({
      ...this.#options,
      name: `ws-${this.#lanes.length + 1}`,
      url: this.#url,
      address: this.#address,
      mayOpenMore: () => this.connections.length < this.#limits.connections,
      protocol: this.#protocol,
      random,
      limits: this.#limits,
      counts: this.counts,
      subscriptions: this.#subscriptions,
      gate: this.#gate,
      sampled: this.#sampled,
      onFault: (error) => this.#fail(error),
    });
    this.#lanes.push(lane);
    if (this.#isRunning) this.#start(lane);
    return lane;
  }

  #start(lane: Lane): void {
    const running = lane.run(this.#stop.signal).catch((error: unknown) => this.#fail(error));
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
  }

  /** A fault of ours, not of the venue's: ends the stream, `run` rejects with the first one. */
  #fail(error: unknown): void {
    this.#fault ??= { error };
    this.#stop.abort();
  }
}
