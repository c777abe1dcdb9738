import type { Instrument } from '@tickwright/market';
import type { Clock, Log, SampledLog } from '@tickwright/runtime';
import { Connection } from './connection.ts';
import type { Address } from './connection.ts';
import type { StreamKind } from '../decoder.ts';
import type { StreamLimits } from '../limits.ts';
import type { StreamProtocol } from './protocol.ts';
import { RequestQueue } from './request-queue.ts';
import type { FrameSink, StreamCounts } from '../venue.ts';
import { deferred } from './waiting.ts';

/** What a link needs of the stream it is part of. */
export interface LinkContext {
  /** For people. */
  readonly url: string;
  /** Asked before every connection. */
  readonly address: (signal: AbortSignal) => Promise<Address>;
  readonly protocol: StreamProtocol;
  readonly streamKind: StreamKind;
  readonly sink: FrameSink;
  readonly clock: Clock;
  readonly log: Log;
  /** For what a venue could repeat at will. */
  readonly sampled: SampledLog;
  readonly limits: StreamLimits;
  readonly counts: StreamCounts;
  /** The sink threw: the stream cannot go on. */
  readonly onFault: (error: unknown) => void;
}

/** Told of what happens on a link, in order. */
export interface LinkOwner {
  opened(link: Link): void;
  requested(link: Link, instruments: readonly Instrument[]): void;
  acknowledged(link: Link, instruments: readonly Instrument[]): void;
  refused(link: Link, instrument: Instrument, reason: string): void;
  untold(instruments: readonly Instrument[]): void;
  shutdown(link: Link): void;
  closed(link: Link, reason: string, detail: string): void;
}

/** A connection together with what is subscribed on it. */
export class Link {
  readonly name: string;
  readonly #context: LinkContext;
  readonly #owner: LinkOwner;
  readonly #requests: RequestQueue;
  readonly #wanted = new Map<string, Instrument>();
  readonly #covered = new Set<string>();
  #connection: Connection | undefined;
  #isClosed = false;
  /** Resolves when it is closed. */
  readonly #ended = deferred<void>();
  openedMicros = 0;
  /** The venue has said that it will close this connection. */
  isLeaving = false;
  /** How the venue says it is, in its own word; empty where it says nothing. */
  venueStatus = '';
  /** False while the venue has said that it does not trade: its silence means nothing. */
  isVenueOpen = true;
  /** When it last said that it trades again, 0 if never. */
  reopenedMicros = 0;
  openedMs = 0;
  /** When every request had been answered for the first time, monotonic ms; -1 before. */
  settledMs = -1;
  settledMicros = 0;
  lastDataMicros = 0;
  /** When the bytes came that are being taken apart; 0 between reads. */
  #readMicros = 0;
  readonly #endRead = (): void => {
    this.#readMicros = 0;
  };

  constructor(name: string, context: LinkContext, owner: LinkOwner) {
    this.name = name;
    this.#context = context;
    this.#owner = owner;
    this.#requests = new RequestQueue({
      ...context,
      send: (request) => this.#connection?.send(request),
      onSent: (instruments) => this.#guard(() => owner.requested(this, instruments)),
      onAcknowledged: (instruments) => this.#acknowledged(instruments),
      onRefused: (instrument, reason) => this.#refused(instrument, reason),
      onSettled: () => {
        this.settledMs = context.clock.monotonicMs();
        this.settledMicros = context.clock.nowMicros();
      },
      onUnanswered: () => this.cut('ack-timeout'),
      onUntold: (instruments) => owner.untold(instruments),
      isWanted: ({ key }) => this.#wanted.has(key) && !this.#covered.has(key),
    });
  }

  /** Resolves when connected; rejects as asking for the address and Connection.open do. */
  async open(signal: AbortSignal): Promise<void> {
    const { clock, limits, protocol } = this.#context;
    const address = await this.#context.address(signal);
    await Connection.open(
      {
        address,
        clock,
        limits,
        ...(protocol.ping === undefined ? {} : { ping: protocol.ping }),
        onOpen: (connection) => this.#opened(connection),
        onMessage: (bytes) => this.#message(bytes),
        onClosed: (reason, detail) => this.#closed(reason, detail),
      },
      signal,
    );
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when it is closed; never, if it never opened. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Whether it has lived long enough with everything acknowledged to count as a good one. */
  get isHealthy(): boolean {
    const { clock, limits } = this.#context;
    return this.settledMs >= 0 && clock.monotonicMs() - this.settledMs >= limits.healthyAfterMs;
  }

  /** Resolves when every instrument asked for so far is acknowledged or refused. Never, if the link closes before. */
  get settled(): Promise<void> {
    return this.#requests.settled;
  }

  /** Whether the venue has acknowledged the instrument on this link, and the link lives. */
  covers(key: string): boolean {
    return !this.#isClosed && this.#covered.has(key);
  }

  /** Whether it was so when it closed. */
  covered(key: string): boolean {
    return this.#covered.has(key);
  }

  /** Without effect before it is open: the owner subscribes everything then. */
  subscribe(instruments: readonly Instrument[]): void {
    if (this.#connection === undefined) return;
    for (const instrument of instruments) this.#wanted.set(instrument.key, instrument);
    this.#requests.subscribe(instruments);
  }

  unsubscribe(instruments: readonly Instrument[]): void {
    for (const { key } of instruments) {
      this.#wanted.delete(key);
      this.#covered.delete(key);
    }
    if (this.#connection !== undefined) this.#requests.unsubscribe(instruments);
  }

  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  cut(reason: string): void {
    this.#connection?.cut(reason);
  }

  async close(reason: string): Promise<void> {
    await this.#connection?.close(reason);
  }

  #opened(connection: Connection): void {
    const { clock } = this.#context;
    this.#connection = connection;
    this.openedMicros = clock.nowMicros();
    this.openedMs = clock.monotonicMs();
    this.#guard(() => this.#owner.opened(this));
  }

  /** For every message: no string, no object. */
  #message(bytes: Buffer): void {
    const { sink, protocol, counts } = this.#context;
    const now = this.#receivedMicros();
    counts.messages++;
    try {
      sink.message(this.name, now, bytes);
      if (protocol.mayBeReply(bytes) && this.#reply(bytes)) return;
      if (protocol.confirmedBy !== undefined && this.#requests.isExpecting) {
        this.#requests.told(protocol.confirmedBy(bytes));
      }
    } catch (error) {
      this.#context.onFault(error);
      return;
    }
    this.lastDataMicros = now;
  }

  /** One look at the clock for what one read of the socket brought: it arrived together, and looking costs. */
  #receivedMicros(): number {
    if (this.#readMicros === 0) {
      this.#readMicros = this.#context.clock.nowMicros();
      queueMicrotask(this.#endRead);
    }
    return this.#readMicros;
  }

  /** True if it was a reply or a notice, not data. */
  #reply(bytes: Buffer): boolean {
    const reply = this.#context.protocol.reply(bytes);
    if (reply === undefined) return false;
    const { counts, log, sampled } = this.#context;
    counts.replies++;
    switch (reply.type) {
      case 'shutdown':
        log.info({ connection: this.name }, 'the venue is about to close this connection');
        this.isLeaving = true;
        this.#owner.shutdown(this);
        break;
      case 'acknowledged':
        this.#requests.acknowledged(reply.id, reply.symbols);
        break;
      case 'current':
        this.#requests.current(reply.symbols);
        break;
      case 'status':
        this.#statusChanged(reply);
        break;
      case 'alive':
        break;
      case 'error': {
        counts.errors++;
        const fields = { connection: this.name, reason: reply.reason };
        sampled.warn({ key: this.name, fields, message: 'the venue answered with an error' });
        if (reply.canRetry !== true) this.#requests.failed(reply.id, reply.reason, reply.symbols);
      }
    }
    return true;
  }

  #statusChanged({ status, isOpen }: { status: string; isOpen: boolean }): void {
    const { log, clock } = this.#context;
    if (isOpen && !this.isVenueOpen) this.reopenedMicros = clock.nowMicros();
    this.venueStatus = status;
    this.isVenueOpen = isOpen;
    log.info({ connection: this.name, status }, 'the venue says how it is');
  }

  #acknowledged(instruments: readonly Instrument[]): void {
    const fresh = instruments.filter(({ key }) => this.#wanted.has(key) && !this.#covered.has(key));
    for (const { key } of fresh) this.#covered.add(key);
    if (fresh.length > 0) this.#owner.acknowledged(this, fresh);
  }

  #refused(instrument: Instrument, reason: string): void {
    if (!this.#wanted.delete(instrument.key)) return;
    this.#covered.delete(instrument.key);
    this.#owner.refused(this, instrument, reason);
  }

  #closed(reason: string, detail: string): void {
    this.#isClosed = true;
    this.#requests.stop();
    this.#guard(() => this.#owner.closed(this, reason, detail));
    this.#ended.resolve();
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#context.onFault(error);
    }
  }
}
