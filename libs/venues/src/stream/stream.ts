import { setMaxListeners } from 'node:events';
import type { Instrument } from '@tickwright/market';
import { sampledLog } from '@tickwright/runtime';
import type { SampledLog } from '@tickwright/runtime';
import { Lane } from './lane.ts';
import { STREAM_LIMITS } from '../limits.ts';
import type { StreamLimits } from '../limits.ts';
import type { StreamProtocol } from './protocol.ts';
import { Subscriptions } from './subscriptions.ts';
import type { ConnectionState, Stream, StreamCounts, StreamOptions, SubscriptionState } from '../venue.ts';
import { Gate, slept } from './waiting.ts';
import { Watch } from './watch.ts';

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
  readonly #url: string;
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

  /** Throws a VenueAddressError when `url` is no WebSocket address. */
  constructor(options: StreamOptions, venue: { protocol: StreamProtocol; url: string }) {
    this.#options = options;
    // Every lane waits on it; there may be many.
    setMaxListeners(0, this.#stop.signal);
    this.#protocol = venue.protocol;
    this.#url = venue.protocol.url(venue.url);
    this.#limits = { ...STREAM_LIMITS, ...options.limits };
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

  get connections(): ConnectionState[] {
    return this.#lanes.flatMap((lane) => lane.states());
  }

  states(): SubscriptionState[] {
    return this.#subscriptions.states((key) => this.#options.lastTickMicros(key));
  }

  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#stop.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#isRunning = true;
    for (const lane of this.#lanes) this.#start(lane);
    try {
      await this.#watchOn();
    } catch (error) {
      this.#fail(error);
    }
    // Lanes that are added now find the signal aborted.
    await Promise.all(this.#running);
    signal.removeEventListener('abort', onAbort);
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  subscribe(instruments: readonly Instrument[]): void {
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

  async #watchOn(): Promise<void> {
    const { signal } = this.#stop;
    while (await slept(this.#options.clock, this.#limits.watchIntervalMs, signal)) {
      if (this.#gate.isOpen) this.#watch.look();
    }
  }

  #laneWithRoom(): Lane {
    const found = this.#lanes.find((lane) => lane.size < this.#limits.instrumentsPerConnection);
    if (found !== undefined) return found;
    const { random = Math.random } = this.#options;
    const lane = new Lane({
      ...this.#options,
      name: `ws-${this.#lanes.length + 1}`,
      url: this.#url,
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
