import type { Instrument } from '@tickwright/market';
import type { Clock } from '@tickwright/runtime';
import type { StreamKind } from '../decoder.ts';
import type { StreamLimits } from '../limits.ts';
import type { StreamProtocol } from './protocol.ts';
import type { StreamCounts } from '../venue.ts';
import { deferred, slept } from './waiting.ts';

export interface RequestQueueOptions {
  readonly protocol: StreamProtocol;
  readonly streamKind: StreamKind;
  readonly clock: Clock;
  readonly limits: StreamLimits;
  readonly counts: StreamCounts;
  readonly send: (text: string) => void;
  /** A subscription has just been sent, for the first time. */
  readonly onSent: (instruments: readonly Instrument[]) => void;
  readonly onAcknowledged: (instruments: readonly Instrument[]) => void;
  readonly onRefused: (instrument: Instrument, reason: string) => void;
  /** Once: nothing waits and nothing is unanswered. */
  readonly onSettled: () => void;
  /** A request stayed without an answer, the second one too. */
  readonly onUnanswered: () => void;
}

interface Request {
  readonly verb: 'subscribe' | 'unsubscribe';
  readonly instruments: readonly Instrument[];
  /** The id of each try: a late answer to the first one counts. */
  readonly ids: number[];
  readonly answered: AbortController;
}

const MAX_TRIES = 2;

/**
 * Sends requests in order, no faster than the venue allows, and sees that each is answered. A request that the venue
 * refuses is halved and tried again until the instruments at fault stand alone: the others are not to suffer for them.
 * Holds at most a few requests for each instrument of its connection.
 */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  readonly #waiting: Request[] = [];
  readonly #sent = new Map<number, Request>();
  readonly #stopped = new AbortController();
  readonly #settled = deferred<void>();
  #lastId = 0;
  #isPumping = false;
  #isSettled = false;

  constructor(options: RequestQueueOptions) {
    this.#options = options;
  }

  /** Resolves the first time that nothing waits and nothing is unanswered. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  subscribe(instruments: readonly Instrument[]): void {
    this.#enqueue('subscribe', instruments);
  }

  unsubscribe(instruments: readonly Instrument[]): void {
    this.#enqueue('unsubscribe', instruments);
  }

  acknowledged(id: number): void {
    const request = this.#take(id);
    if (request === undefined) return;
    if (request.verb === 'subscribe') this.#options.onAcknowledged(request.instruments);
    this.#settleIfIdle();
  }

  /** An error reply. Without an id it belongs to the only unanswered request, or else to none. */
  failed(id: number | undefined, reason: string): void {
    const request = this.#take(id ?? this.#onlyUnanswered());
    if (request === undefined) return;
    const { verb, instruments } = request;
    if (instruments.length === 1) {
      if (verb === 'subscribe') this.#options.onRefused(instruments[0], reason);
    } else {
      const half = instruments.length >> 1;
      this.#push(verb, instruments.slice(0, half));
      this.#push(verb, instruments.slice(half));
    }
    this.#settleIfIdle();
  }

  stop(): void {
    this.#stopped.abort();
    for (const request of this.#sent.values()) request.answered.abort();
    this.#sent.clear();
    this.#waiting.length = 0;
  }

  #enqueue(verb: Request['verb'], instruments: readonly Instrument[]): void {
    const size = this.#options.limits.instrumentsPerRequest;
    for (let at = 0; at < instruments.length; at += size) this.#push(verb, instruments.slice(at, at + size));
  }

  #push(verb: Request['verb'], instruments: readonly Instrument[]): void {
    this.#waiting.push({ verb, instruments, ids: [], answered: new AbortController() });
    if (!this.#isPumping) void this.#pump();
  }

  async #pump(): Promise<void> {
    const { clock, limits } = this.#options;
    this.#isPumping = true;
    for (;;) {
      const request = this.#waiting.shift();
      if (request === undefined || this.#stopped.signal.aborted) break;
      this.#send(request);
      // Also after the last one: who comes next must keep the distance.
      if (!(await slept(clock, limits.requestSpacingMs, this.#stopped.signal))) break;
    }
    this.#isPumping = false;
  }

  #send(request: Request): void {
    const { protocol, streamKind, send, onSent } = this.#options;
    const id = ++this.#lastId;
    const symbols = request.instruments.map(({ venueSymbol }) => venueSymbol);
    request.ids.push(id);
    this.#sent.set(id, request);
    if (request.verb === 'subscribe' && request.ids.length === 1) onSent(request.instruments);
    send(protocol[request.verb](id, symbols, streamKind));
    void this.#expectAnswer(request);
  }

  async #expectAnswer(request: Request): Promise<void> {
    const { clock, limits, counts, onUnanswered } = this.#options;
    if (!(await slept(clock, limits.ackTimeoutMs, request.answered.signal))) return;
    counts.ackTimeouts++;
    if (request.ids.length >= MAX_TRIES) {
      onUnanswered();
      return;
    }
    this.#waiting.unshift(request);
    if (!this.#isPumping) void this.#pump();
  }

  #take(id: number | undefined): Request | undefined {
    const request = id === undefined ? undefined : this.#sent.get(id);
    if (request === undefined) return undefined;
    request.answered.abort();
    for (const each of request.ids) this.#sent.delete(each);
    // Its second try may still wait.
    const waiting = this.#waiting.indexOf(request);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    return request;
  }

  #onlyUnanswered(): number | undefined {
    const requests = new Set(this.#sent.values());
    const [only] = requests;
    return requests.size === 1 ? only?.ids[0] : undefined;
  }

  #settleIfIdle(): void {
    if (this.#isSettled || this.#waiting.length > 0 || this.#sent.size > 0) return;
    this.#isSettled = true;
    this.#options.onSettled();
    this.#settled.resolve();
  }
}
