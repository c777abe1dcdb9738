import type { Clock } from '@tickwright/runtime';
import { RateLimitedError, VenueAddressError, VenueAnswerError, VenueUnreachableError } from './errors.ts';
import type { HistoryLimits } from './history.ts';
import { TokenBuckets } from './rate-limit.ts';
import { after, orAborted } from './stream/waiting.ts';

/** A venue's answer, whole, whatever its status. */
export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly receiveTimeMicros: number;
}

/** Waits so long when a venue says 429 or 418 without saying for how long. */
const DEFAULT_RETRY_AFTER_MS = 60_000;

/**
 * GET requests to one venue: bounded in time and size, and silent while the venue has asked for silence. Statuses are the
 * caller's to judge, but for 429 and 418, which bind every request to the venue.
 */
export class RestClient {
  readonly #base: string;
  readonly #clock: Clock;
  readonly #limits: HistoryLimits;
  readonly #headers: () => Promise<Readonly<Record<string, string>>>;
  readonly #buckets: TokenBuckets;
  #silentUntilMs = -Infinity;

  /** Throws a VenueAddressError when `base` is no HTTP address. */
  constructor(
    base: string,
    options: {
      clock: Clock;
      limits: HistoryLimits;
      /** Of every request, asked for each. What it rejects with, the request does. */
      headers?: () => Promise<Readonly<Record<string, string>>>;
    },
  ) {
    this.#base = checkBase(base);
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#headers = options.headers ?? (async () => ({}));
    const { rates: budgets, maxWaitMs } = options.limits;
    this.#buckets = new TokenBuckets({ budgets, maxWaitMs, clock: options.clock });
  }

  /** No request is sent for so long: the venue has asked for it, in whatever form. */
  keepSilent(forMs: number): void {
    this.#silentUntilMs = Math.max(this.#silentUntilMs, this.#clock.monotonicMs() + forMs);
  }

  /**
   * Waits for its weight. Rejects with a RateLimitedError, at once while an earlier one still binds; with a VenueUnreachableError for network
   * errors, time-outs and 5xx; with a VenueAnswerError for an answer that is too large; with the signal's reason.
   */
  async get(path: string, { weight, signal }: { weight: number; signal?: AbortSignal }): Promise<RestAnswer> {
    this.#checkSilence(path);
    await this.#buckets.take(weight, { path, ...(signal === undefined ? {} : { signal }) });
    const headers = await this.#headers();
    const over = new AbortController();
    const onAbort = (): void => over.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const done = new AbortController();
    const { timeoutMs } = this.#limits;
    const act = (): void => over.abort(new Error(`no whole answer within ${timeoutMs} ms`));
    void after(timeoutMs, { clock: this.#clock, signal: done.signal, act });
    try {
      signal?.throwIfAborted();
      const response = await fetch(this.#base + path, { headers, signal: over.signal, redirect: 'error' });
      const body = await this.#body(path, response);
      const answer = {
        status: response.status,
        headers: response.headers,
        body,
        receiveTimeMicros: this.#clock.nowMicros(),
      };
      this.#checkStatus(path, answer);
      return answer;
    } catch (error) {
      if (error instanceof RateLimitedError || error instanceof VenueAnswerError) throw error;
      if (error instanceof VenueUnreachableError) throw error;
      if (signal?.aborted === true) throw signal.reason;
      const cause = over.signal.aborted ? over.signal.reason : error;
      throw new VenueUnreachableError(`GET ${this.#base}${path} failed: ${describe(cause)}`, { cause });
    } finally {
      done.abort();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #body(path: string, response: Response): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > this.#limits.maxAnswerBytes) {
        throw new VenueAnswerError(
          `GET ${this.#base}${path}: the answer is larger than ${this.#limits.maxAnswerBytes} bytes; ask for less`,
        );
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, size);
  }

  #checkSilence(path: string): void {
    const leftMs = this.#silentUntilMs - this.#clock.monotonicMs();
    if (leftMs > 0) throw this.#rateLimited(path, leftMs);
  }

  #checkStatus(path: string, answer: RestAnswer): void {
    const { status, headers } = answer;
    if (status === 429 || status === 418) {
      const seconds = Number(headers.get('retry-after'));
      const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : DEFAULT_RETRY_AFTER_MS;
      this.keepSilent(retryAfterMs);
      throw this.#rateLimited(path, retryAfterMs);
    }
    if (status >= 500) {
      throw new VenueUnreachableError(`GET ${this.#base}${path} failed: the venue answered HTTP ${status}`);
    }
  }

  #rateLimited(path: string, retryAfterMs: number): RateLimitedError {
    return new RateLimitedError(
      `GET ${this.#base}${path}: the venue takes no requests for another ${Math.ceil(retryAfterMs)} ms`,
      { retryAfterMs },
    );
  }
}

/** Runs tasks one after the other, in order of asking. Whoever waits holds one promise: the callers bound them. */
export class OneByOne {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#last;
    const result = (async () => {
      await (signal === undefined ? before : orAborted(before, signal));
      signal?.throwIfAborted();
      return task();
    })();
    // Whoever comes next waits for all before, also when this one was aborted in the queue.
    this.#last = Promise.allSettled([before, result]);
    return result;
  }
}

function checkBase(base: string): string {
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new VenueAddressError(`"${base}" is no REST address: expected https://host[:port]`);
  }
  return url.href.replace(/\/+$/, '');
}

/** fetch says "fetch failed" and hides what happened in the cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
