import type { Broadcaster } from '../stream/broadcaster.ts';
import type { Connection } from '../stream/connection.ts';
import { RequestRate } from '../stream/request-rate.ts';
import type { VenueSession } from '../stream/stream-server.ts';
import type { StreamName } from '../stream/stream-name.ts';
import {
  invalid,
  parseControlRequest,
  type ControlRequest,
  type Refusal,
  type RequestId,
} from './control-request.ts';
import { parseStreamName } from './stream-name.ts';

/** What becomes of a request for a stream that does not exist: Binance acknowledges it and never sends anything. */
export type UnknownStreams = 'refuse' | 'ignore';

export interface SessionOptions {
  readonly connection: Connection;
  readonly broadcaster: Broadcaster;
  readonly unknownStreams: UnknownStreams;
  /** Binance's is 1,024. */
  readonly maxStreams: number;
  /** Binance's is 5; pings and pongs count. */
  readonly maxMessagesPerSecond: number;
  /** Wall time, milliseconds. */
  readonly wallMs: () => number;
}

/** What a client has asked for on its connection. */
export class Session implements VenueSession {
  readonly #options: SessionOptions;
  readonly #streams = new Map<string, StreamName | undefined>();
  readonly #rate: RequestRate;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#rate = new RequestRate(options.maxMessagesPerSecond);
  }

  get connection(): Connection {
    return this.#options.connection;
  }

  /** Notes anything the client sent; closes the connection when it was too much. Answers whether it goes on. */
  noteMessage(nowMs: number): boolean {
    if (!this.#rate.isExceededBy(nowMs)) return true;
    this.connection.refuse('Too many requests');
    return false;
  }

  /** Answers a client's message. */
  handle(text: string): void {
    const request = parseControlRequest(text);
    const answer = 'code' in request ? request : this.#answer(request);
    this.connection.answer(JSON.stringify(answer));
  }

  #answer(request: ControlRequest): Refusal | { result: unknown; id: RequestId } {
    const { id } = request;
    switch (request.method) {
      case 'SUBSCRIBE': {
        const reason = this.subscribe(request.streams);
        return reason === undefined ? { result: null, id } : invalid(reason, id);
      }
      case 'UNSUBSCRIBE':
        for (const name of request.streams) this.#unsubscribe(name);
        return { result: null, id };
      case 'LIST_SUBSCRIPTIONS':
        return { result: [...this.#streams.keys()], id };
      case 'SET_PROPERTY':
        this.connection.isCombined = request.isCombined;
        return { result: null, id };
      case 'GET_PROPERTY':
        return { result: this.connection.isCombined, id };
    }
  }

  /** Subscribes to all of them, or to none and answers why. */
  subscribe(names: readonly string[]): string | undefined {
    const { broadcaster, unknownStreams, maxStreams, connection, wallMs } = this.#options;
    const wanted = names.filter((name) => !this.#streams.has(name));
    if (this.#streams.size + new Set(wanted).size > maxStreams) {
      return `too many streams, at most ${maxStreams} on one connection`;
    }
    if (unknownStreams === 'refuse') {
      const unknown = findUnknownStream(wanted, broadcaster);
      if (unknown !== undefined) return `unknown stream ${unknown}`;
    }
    const afterMs = wallMs();
    for (const name of wanted) {
      const stream = parseStreamName(name);
      this.#streams.set(name, stream);
      if (stream !== undefined) broadcaster.subscribe(connection, stream, afterMs);
    }
    return undefined;
  }

  #unsubscribe(name: string): void {
    const stream = this.#streams.get(name);
    this.#streams.delete(name);
    if (stream !== undefined) this.#options.broadcaster.unsubscribe(this.connection, stream);
  }

  /** Ends all streams: the connection is gone. */
  end(): void {
    for (const name of this.#streams.keys()) this.#unsubscribe(name);
  }
}

/** The first name that is not a stream of the market. */
export function findUnknownStream(names: readonly string[], broadcaster: Broadcaster): string | undefined {
  return names.find((name) => {
    const stream = parseStreamName(name);
    return stream === undefined || !broadcaster.has(stream.symbol);
  });
}
