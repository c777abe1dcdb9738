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
  readonly send: (request: string | Uint8Array) => void;
  /** A subscription has just been sent, for the first time. */
  readonly onSent: (instruments: readonly Instrument[]) => void;
  readonly onAcknowledged: (instruments: readonly Instrument[]) => void;
  readonly onRefused: (instrument: Instrument, reason: string) => void;
  /** Once: nothing waits and nothing is unanswered. */
  readonly onSettled: () => void;
  /** A request stayed without an answer, the second one too. */
  readonly onUnanswered: () => void;
  /** The venue confirms by its data, and tells of other instruments but not of these. They are asked for again later. */
  readonly onUntold: (instruments: readonly Instrument[]) => void;
  readonly isWanted: (instrument: Instrument) => boolean;
}

interface Request {
  readonly verb: 'subscribe' | 'unsubscribe';
  /** What is not answered for yet, by venue symbol: a venue may answer for each by itself. */
  readonly pending: Map<string, Instrument>;
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
  #hasBeenTold = false;
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

  /** The whole request was granted, or those of its symbols that are named. */
  acknowledged(id: number, symbols?: readonly string[]): void {
    const request = this.#sent.get(id);
    if (request !== undefined) this.#confirm(request, symbols ?? [...request.pending.keys()]);
  }

  /** What is subscribed by now, whoever asked for it. */
  current(symbols: readonly string[]): void {
    const now = new Set(symbols);
    for (const request of new Set(this.#sent.values())) {
      const isWanted = request.verb === 'subscribe';
      const done = [...request.pending.keys()].filter((symbol) => now.has(symbol) === isWanted);
      if (done.length > 0) this.#confirm(request, done);
    }
  }

  /** Whether something is sent and unanswered. */
  get isExpecting(): boolean {
    return this.#sent.size > 0;
  }

  /** Some symbols of whatever was asked for are confirmed. */
  told(symbols: readonly string[]): void {
    for (const request of new Set(this.#sent.values())) {
      if (request.verb !== 'subscribe') continue;
      const told = symbols.filter((symbol) => request.pending.has(symbol));
      if (told.length === 0) continue;
      this.#hasBeenTold = true;
      this.#confirm(request, told);
    }
  }

  /** An error reply. Without an id it belongs to the only unanswered request, or else to none. */
  failed(id: number | undefined, reason: string, symbols?: readonly string[]): void {
    const request = this.#sent.get(id ?? this.#onlyUnanswered() ?? 0);
    if (request === undefined) return;
    const { verb, pending } = request;
    const refused = taken(pending, symbols ?? [...pending.keys()]);
    if (symbols !== undefined || refused.length === 1) {
      for (const instrument of refused) if (verb === 'subscribe') this.#options.onRefused(instrument, reason);
    } else {
      const half = refused.length >> 1;
      this.#push(verb, refused.slice(0, half));
      this.#push(verb, refused.slice(half));
    }
    this.#endIfAnswered(request);
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
    const pending = new Map(instruments.map((instrument) => [instrument.venueSymbol, instrument]));
    if (pending.size === 0) return;
    this.#waiting.push({ verb, pending, ids: [], answered: new AbortController() });
    if (!this.#isPumping) void this.#pump();
  }

  async #pump(): Promise<void> {
    const { clock, limits, protocol } = this.#options;
    this.#isPumping = true;
    for (;;) {
      const request = this.#waiting.shift();
      if (request === undefined || this.#stopped.signal.aborted) break;
      this.#send(request);
      if (protocol.isInTurn === true) await slept(clock, limits.ackTimeoutMs, request.answered.signal);
      // Also after the last one: who comes next must keep the distance.
      if (!(await slept(clock, limits.requestSpacingMs, this.#stopped.signal))) break;
    }
    this.#isPumping = false;
  }

  #send(request: Request): void {
    const { protocol, streamKind, send, onSent } = this.#options;
    const id = ++this.#lastId;
    const symbols = [...request.pending.keys()];
    request.ids.push(id);
    this.#sent.set(id, request);
    if (request.verb === 'subscribe' && request.ids.length === 1) onSent([...request.pending.values()]);
    send(protocol[request.verb](id, symbols, streamKind));
    // Who confirms by data has nothing to say to this.
    if (request.verb === 'unsubscribe' && protocol.confirmedBy !== undefined) this.acknowledged(id);
    else void this.#expectAnswer(request);
  }

  async #expectAnswer(request: Request): Promise<void> {
    const { clock, limits, counts, onUnanswered } = this.#options;
    if (!(await slept(clock, limits.ackTimeoutMs, request.answered.signal))) return;
    counts.ackTimeouts++;
    if (request.ids.length >= MAX_TRIES) {
      if (!this.#isPartOnly(request)) onUnanswered();
      else await this.#askLater(request);
      return;
    }
    this.#waiting.unshift(request);
    if (!this.#isPumping) void this.#pump();
  }

  #confirm(request: Request, symbols: readonly string[]): void {
    const granted = taken(request.pending, symbols);
    if (request.verb === 'subscribe' && granted.length > 0) this.#options.onAcknowledged(granted);
    this.#endIfAnswered(request);
  }

  /** Whether it is these instruments rather than the connection: others are told of, or one stands alone. */
  #isPartOnly(request: Request): boolean {
    const isByData = this.#options.protocol.confirmedBy !== undefined;
    return isByData && (this.#hasBeenTold || request.pending.size === 1);
  }

  async #askLater(request: Request): Promise<void> {
    const { clock, limits, onUntold, isWanted } = this.#options;
    const untold = [...request.pending.values()];
    request.pending.clear();
    this.#endIfAnswered(request);
    onUntold(untold.filter(isWanted));
    if (!(await slept(clock, limits.untoldRetryMs, this.#stopped.signal))) return;
    this.#push('subscribe', untold.filter(isWanted));
  }

  #endIfAnswered(request: Request): void {
    if (request.pending.size > 0) return;
    request.answered.abort();
    for (const each of request.ids) this.#sent.delete(each);
    // Its second try may still wait.
    const waiting = this.#waiting.indexOf(request);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    this.#settleIfIdle();
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

function taken(pending: Map<string, Instrument>, symbols: readonly string[]): Instrument[] {
  return symbols.flatMap((symbol) => {
    const instrument = pending.get(symbol);
    pending.delete(symbol);
    return instrument ?? [];
  });
}
