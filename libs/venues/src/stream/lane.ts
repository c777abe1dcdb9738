import type { Instrument } from '@tickwright/market';
import { backoff } from '@tickwright/runtime';
import type { Backoff } from '@tickwright/runtime';
import { RateLimitedError, TokenRefusedError } from '../errors.ts';
import { isReady, linkState } from './handover.ts';
import { Link } from './link.ts';
import type { LinkContext, LinkOwner } from './link.ts';
import type { StreamLimits } from '../limits.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { ConnectionState } from '../venue.ts';
import { deferred, orAborted, slept } from './waiting.ts';
import type { Deferred, Gate } from './waiting.ts';

const UNTOLD = 'the venue tells nothing of it: is it an instrument of the venue?';

export interface LaneOptions extends LinkContext {
  /** `ws-1`; the connection that replaces the one of that name is `ws-1b`, the next `ws-1` again. */
  readonly name: string;
  readonly random: () => number;
  readonly subscriptions: Subscriptions;
  /** Closed while the stream is paused. */
  readonly gate: Gate;
  /** Whether the venue takes one more connection beside those that all lanes have. */
  readonly mayOpenMore: () => boolean;
}

/**
 * Keeps one connection's worth of instruments connected, for ever: reconnects with backoff after a loss, and replaces
 * the connection before its time is up, the new one first. An instrument is uncovered only while no live link has its
 * acknowledgement; `disconnected` events name exactly those.
 */
export class Lane implements LinkOwner {
  readonly name: string;
  readonly #options: LaneOptions;
  readonly #instruments = new Map<string, Instrument>();
  readonly #links = new Set<Link>();
  #current: Link | undefined;
  #changed: Deferred<void> = deferred<void>();
  #handoverReason: string | undefined;
  #suspendedFor: string | undefined;
  readonly #backoff: Backoff;
  /** Failed tries and early losses since a connection last was healthy. */
  #failures = 0;
  #state: { name: ConnectionState['state']; sinceMicros: number };
  /** Why it could not connect; empty once it is. */
  #problem = '';
  /** Ends a wait before its time. */
  #waiting = new AbortController();

  constructor(options: LaneOptions) {
    this.name = options.name;
    this.#options = options;
    const { backoffMinMs: minMs, backoffMaxMs: maxMs } = options.limits;
    this.#backoff = backoff({ minMs, maxMs, random: options.random });
    this.#state = { name: 'closed', sinceMicros: options.clock.nowMicros() };
  }

  get size(): number {
    return this.#instruments.size;
  }

  has(key: string): boolean {
    return this.#instruments.has(key);
  }

  instruments(): IterableIterator<Instrument> {
    return this.#instruments.values();
  }

  /** The link that carries the instruments, if one does. */
  get current(): Link | undefined {
    return this.#current?.isClosed === false ? this.#current : undefined;
  }

  add(instruments: readonly Instrument[]): void {
    for (const instrument of instruments) this.#instruments.set(instrument.key, instrument);
    for (const link of this.#links) link.subscribe(instruments);
    this.#wake();
  }

  remove(instruments: readonly Instrument[]): void {
    for (const { key } of instruments) this.#instruments.delete(key);
    for (const link of this.#links) link.unsubscribe(instruments);
    const removed = instruments.map(({ key }) => key);
    for (const key of removed) this.#options.subscriptions.uncovered(key, 'unsubscribed');
    this.#options.sink.control(this.#current?.name ?? this.name, { type: 'removed', instruments: removed });
  }

  /** Asks once more for instruments that are subscribed and do not tick. */
  refresh(instruments: readonly Instrument[]): void {
    this.current?.subscribe(instruments);
  }

  /** Replaces the connection, the new one first. */
  handOver(reason: string): void {
    this.#handoverReason ??= reason;
    this.#wake();
  }

  cut(reason: string): void {
    this.#current?.cut(reason);
  }

  /** What kept it from connecting is gone, or a connection of before no longer serves: connects anew, at once. */
  renew(reason: string): void {
    this.#backoff.reset();
    this.#waiting.abort();
    if (this.current !== undefined) this.handOver(reason);
  }

  pause(): void {
    for (const link of this.#links) link.pause();
  }

  resume(): void {
    for (const link of this.#links) link.resume();
  }

  /** Ends the connections. Who was covered is told as paused first, so that the loss has its true cause. */
  suspend(reason: string): void {
    this.#suspendedFor = reason;
    const covered = [...this.#instruments.keys()].filter((key) => this.#isCovered(key));
    if (covered.length > 0) {
      const connection = this.#current?.name ?? this.name;
      this.#options.sink.control(connection, { type: 'paused', reason, instruments: covered });
    }
    for (const link of this.#links) link.cut('suspended');
  }

  restart(): void {
    this.#suspendedFor = undefined;
  }

  states(): ConnectionState[] {
    const { name, sinceMicros } = this.#state;
    const lane = {
      url: this.#options.url,
      instruments: this.#instruments.size,
      failures: this.#failures,
      ...(this.#problem === '' ? {} : { reason: this.#problem }),
    };
    const links = [...this.#links].map((link) =>
      linkState(link, { ...lane, current: this.#current, sinceMicros }),
    );
    if (links.length > 0) return links;
    return [{ ...lane, connection: this.name, state: name, sinceMicros, lastMessageMicros: 0 }];
  }

  /** Resolves when the signal is aborted and every link is closed. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.gate.pass(signal);
      if (this.#instruments.size === 0) await orAborted(this.#changed.promise, signal);
      if (this.#instruments.size === 0 || signal.aborted) continue;
      const link = await this.#connect(this.name, signal);
      if (link === undefined) continue;
      this.#current = link;
      this.#handoverReason = link.isLeaving ? 'shutdown' : undefined;
      await this.#keep(signal);
      if (!signal.aborted) await this.#wait(signal);
    }
    await Promise.all([...this.#links].map((link) => link.close('stopped')));
    this.#enter('closed');
  }

  /** Keeps connected, through any number of handovers, until the current link is lost or the signal aborted. */
  async #keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.current !== undefined) {
      const over = new AbortController();
      void this.#endLife(this.current, over.signal);
      while (this.current !== undefined && this.#handoverReason === undefined && !signal.aborted) {
        await orAborted(this.#changed.promise, signal);
      }
      over.abort();
      if (this.current !== undefined && !signal.aborted) await this.#replace(this.current, signal);
    }
  }

  async #endLife(link: Link, signal: AbortSignal): Promise<void> {
    const { clock, limits, random } = this.#options;
    // Less up to a tenth, so that connections opened together are not replaced together.
    const lifeMs = limits.connectionLifeMs * (1 - 0.1 * random());
    const leftMs = link.openedMs + lifeMs - clock.monotonicMs();
    if (await slept(clock, Math.max(0, leftMs), signal)) this.handOver('life');
  }

  /** One try to put a new link in the old one's place, which stays until the new one is ready. */
  async #replace(old: Link, signal: AbortSignal): Promise<void> {
    const { counts, log, gate, subscriptions } = this.#options;
    if (old.isHealthy) this.#recovered();
    // A venue that asks every new connection to leave must not be met with a new one at once.
    if (this.#failures > 0) await this.#wait(signal);
    await gate.pass(signal);
    if (old.isClosed || signal.aborted) return;
    const reason = this.#handoverReason ?? 'life';
    this.#handoverReason = undefined;
    if (!this.#options.mayOpenMore()) return await old.close('replaced');
    const name = old.name === this.name ? `${this.name}b` : this.name;
    const next = await this.#connect(name, signal);
    if (
      next !== undefined &&
      (await isReady(next, { ...this.#options, instruments: this.#instruments.size, signal }))
    ) {
      this.#current = next;
      for (const key of this.#instruments.keys()) subscriptions.moved(key, name);
      counts.handovers++;
      // Told before it had become the current one.
      if (next.isLeaving) this.#handoverReason ??= 'shutdown';
      if (!old.isHealthy) this.#failures++;
      log.info({ connection: name, replaces: old.name, reason }, 'the connection was replaced by a new one');
      await old.close('replaced');
      return;
    }
    await next?.close('handover-failed');
    counts.handoverFailures++;
    if (next !== undefined) this.#failures++;
    this.#handoverReason ??= reason;
  }

  async #connect(name: string, signal: AbortSignal): Promise<Link | undefined> {
    const { counts, log, limits } = this.#options;
    const link = new Link(name, this.#options, this);
    this.#enter('connecting');
    this.#links.add(link);
    try {
      await link.open(signal);
    } catch (error) {
      this.#links.delete(link);
      if (signal.aborted) return undefined;
      counts.connectFailures++;
      this.#failures++;
      this.#cannotConnect(error instanceof Error ? error.message : String(error));
      log.warn({ connection: name, failures: this.#failures, error: String(error) }, 'could not connect');
      await this.#wait(signal, leastWaitMs(error, limits));
      return undefined;
    }
    this.#problem = '';
    return link;
  }

  opened(link: Link): void {
    const { counts, log, gate, sink, url } = this.#options;
    const connection = link.name;
    counts.connects++;
    this.#enter('open');
    if (!gate.isOpen) link.pause();
    log.info({ connection, url }, 'connected');
    sink.control(connection, { type: 'connected', url });
    // It was being opened when the stream was suspended.
    if (this.#suspendedFor !== undefined) return link.cut('suspended');
    link.subscribe([...this.#instruments.values()]);
  }

  async #wait(signal: AbortSignal, leastMs = 0): Promise<void> {
    if (this.current === undefined) this.#enter('waiting');
    this.#waiting = new AbortController();
    const waited = slept(
      this.#options.clock,
      Math.max(leastMs, this.#backoff.nextMs()),
      this.#waiting.signal,
    );
    await orAborted(waited, signal);
    this.#waiting.abort();
  }

  /** Its instruments say why they are not subscribed. */
  #cannotConnect(problem: string): void {
    this.#problem = problem;
    if (this.current !== undefined) return;
    for (const key of this.#instruments.keys()) this.#options.subscriptions.explain(key, problem);
  }

  #recovered(): void {
    this.#failures = 0;
    this.#backoff.reset();
  }

  requested(link: Link, instruments: readonly Instrument[]): void {
    const fresh = instruments.filter(({ key }) => !link.covers(key)).map(({ key }) => key);
    if (fresh.length > 0) this.#options.sink.control(link.name, { type: 'requested', instruments: fresh });
  }

  acknowledged(link: Link, instruments: readonly Instrument[]): void {
    const keys = instruments.map(({ key }) => key);
    for (const key of keys) {
      if (!this.#isCovered(key, link)) this.#options.subscriptions.acknowledged(key, link.name);
    }
    this.#options.sink.control(link.name, { type: 'acknowledged', instruments: keys });
    this.#wake();
  }

  refused(link: Link, instrument: Instrument, reason: string): void {
    const { key } = instrument;
    const { log, sink, subscriptions } = this.#options;
    log.error({ connection: link.name, instrument: key, reason }, 'the venue refused the instrument');
    this.#instruments.delete(key);
    subscriptions.uncovered(key, 'refused', reason);
    sink.control(link.name, { type: 'refused', instruments: [key], reason });
  }

  untold(instruments: readonly Instrument[]): void {
    const keys = instruments.map(({ key }) => key);
    if (keys.length === 0) return;
    const { log, subscriptions } = this.#options;
    log.warn(
      { instruments: keys.slice(0, 20), count: keys.length },
      'the venue does not tell of instruments',
    );
    for (const key of keys) subscriptions.explain(key, UNTOLD);
  }

  shutdown(link: Link): void {
    if (link === this.#current) this.handOver('shutdown');
  }

  closed(link: Link, reason: string, detail: string): void {
    const { log, sink, subscriptions, counts } = this.#options;
    this.#links.delete(link);
    // True also for the link that was to replace one which is lost by now.
    const isLost = this.current === undefined;
    const uncovered = [...this.#instruments.keys()].filter(
      (key) => (isLost || link.covered(key)) && !this.#isCovered(key, link),
    );
    if (isLost && reason !== 'stopped') {
      counts.reconnects[reason] = (counts.reconnects[reason] ?? 0) + 1;
      if (link.isHealthy || reason === 'suspended') this.#recovered();
      else this.#failures++;
      if (reason !== 'suspended')
        log.warn({ connection: link.name, reason, detail }, 'the connection was lost');
    }
    for (const key of uncovered) subscriptions.uncovered(key, 'requested', reason);
    this.#wake();
    if (isLost || uncovered.length > 0) {
      sink.control(link.name, { type: 'disconnected', reason, instruments: uncovered });
    }
  }

  /** Whether a link other than that one carries the instrument. */
  #isCovered(key: string, except?: Link): boolean {
    for (const link of this.#links) if (link !== except && link.covers(key)) return true;
    return false;
  }

  #enter(name: ConnectionState['state']): void {
    if (this.#state.name === name) return;
    this.#state = { name, sinceMicros: this.#options.clock.nowMicros() };
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = deferred<void>();
  }
}

function leastWaitMs(error: unknown, limits: StreamLimits): number {
  if (error instanceof TokenRefusedError) return limits.refusedTokenMs;
  return error instanceof RateLimitedError ? error.retryAfterMs : 0;
}
