import { tooManyRequests } from './api-error.ts';

const MINUTE_MS = 60_000;

/** Binance's budget: so much weight in each minute of the clock. One for all clients, since all are on this machine. */
export class RequestWeight {
  readonly limit: number;
  #minute = -1;
  #used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** What the current minute's requests weigh. */
  get used(): number {
    return this.#used;
  }

  /** Adds a request. Throws the ApiError for status 429 when it is over the limit; it counts nevertheless. */
  add(weight: number, nowMs: number): void {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.#minute) this.#used = 0;
    this.#minute = minute;
    this.#used += weight;
    if (this.#used <= this.limit) return;
    const retryAfterSeconds = Math.max(1, Math.ceil(((minute + 1) * MINUTE_MS - nowMs) / 1000));
    const limit = `current limit is ${this.limit} request weight per 1 MINUTE`;
    throw tooManyRequests(
      `Too much request weight used; ${limit}. Please use WebSocket Streams for live updates to avoid polling the API.`,
      retryAfterSeconds,
    );
  }
}
