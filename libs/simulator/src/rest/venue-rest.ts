import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Log } from '@tickwright/runtime';
import type { FaultControl } from '../faults/fault-control.ts';
import type { Random } from '../faults/random.ts';
import type { SimulatorStats } from '../stats.ts';
import { RequestRate } from '../stream/request-rate.ts';

/** An answer as it goes out. */
export interface RestReply {
  readonly status: number;
  /** A JSON text: venues write numbers with digits that JSON.stringify would not keep. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is a venue's own in answering REST requests. */
export interface RestDialect {
  /** Answers a GET request, refusals included. */
  answer(url: URL, nowMs: number): RestReply | Promise<RestReply>;
  /** A body for a status that has nothing to do with what was asked. */
  errorBody(message: string): string;
  /** More than the venue takes in a second. */
  tooMany(): RestReply;
}

export interface VenueRestOptions {
  readonly dialect: RestDialect;
  readonly faults: FaultControl;
  readonly stats: SimulatorStats;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly requestsPerSecond: number;
}

/** Serves a venue's REST: its limit on requests, the fault of a 429, and errors of ours as 500. */
export class VenueRest {
  readonly #options: VenueRestOptions;
  readonly #rate: RequestRate;

  constructor(options: VenueRestOptions) {
    this.#options = options;
    this.#rate = new RequestRate(options.requestsPerSecond);
  }

  /** An HTTP server's `request` event. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { stats, log, dialect } = this.#options;
    stats.requests += 1;
    const reply = await this.#answer(request).catch((error: unknown): RestReply => {
      log.error({ error, url: request.url }, 'a simulated REST request failed');
      return { status: 500, body: dialect.errorBody('Internal server error') };
    });
    if (reply.status === 429) stats.limited += 1;
    response.writeHead(reply.status, { 'Content-Type': 'application/json; charset=utf-8', ...reply.headers });
    response.end(reply.body);
  }

  async #answer(request: IncomingMessage): Promise<RestReply> {
    const { clock, faults, random, dialect } = this.#options;
    const base = 'http://simulator';
    const text = request.url ?? '';
    if (!URL.canParse(text, base)) return { status: 404, body: dialect.errorBody('NotFound') };
    if (request.method !== 'GET') return { status: 405, body: dialect.errorBody('Method not allowed') };
    const { http429 } = faults.current;
    if (http429 !== null && random() < http429.probability) {
      return { status: 429, body: dialect.errorBody('Too many requests'), headers: { 'Retry-After': '1' } };
    }
    if (this.#rate.isExceededBy(clock.monotonicMs())) return dialect.tooMany();
    return dialect.answer(new URL(text, base), Math.floor(clock.nowMicros() / 1000));
  }
}
