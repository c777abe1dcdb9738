import type { HistoryCounts, HistoryLimits, HistoryOptions } from './history.ts';
import { RateLimitedError, VenueAnswerError, VenueRefusedError } from './errors.ts';
import { OneByOne, RestClient } from './rest-client.ts';
import type { RestAnswer } from './rest-client.ts';

/** What a venue's answers are judged by. */
export interface RequestRules {
  /** The value of a good answer. Throws a typed error for any other: errors may come with HTTP 200. */
  check(path: string, answer: RestAnswer): unknown;
  /** May throw a RateLimitedError where the venue's own count says so. */
  beforeAsking?(path: string): void;
  /** Of every request, asked for each. */
  headers?(): Promise<Readonly<Record<string, string>>>;
  /** Every answer, before it is judged. */
  answered?(answer: RestAnswer): void;
}

/** A value and what came with it. */
export interface Asked {
  readonly value: unknown;
  readonly headers: Headers;
}

/** A venue's REST requests: one at a time, in order of asking, paced, counted, and told to `onAnswer` when they are good. */
export class RestRequests {
  readonly counts: HistoryCounts = { requests: 0, failures: 0, rateLimited: 0, rows: 0, usedWeight: 0 };
  readonly #options: HistoryOptions;
  readonly #rules: RequestRules;
  readonly #client: RestClient;
  readonly #queue = new OneByOne();

  /** Throws a VenueAddressError when `restUrl` is no HTTP address. */
  constructor(
    options: HistoryOptions & { readonly restUrl: string },
    parts: { limits: HistoryLimits; rules: RequestRules },
  ) {
    this.#options = options;
    this.#rules = parts.rules;
    this.#client = new RestClient(options.restUrl, {
      clock: options.clock,
      limits: parts.limits,
      headers: async () => (await parts.rules.headers?.()) ?? {},
    });
  }

  /** One request in its turn. Rejects with what History promises. */
  ask(path: string, options: { weight: number; signal?: AbortSignal | undefined }): Promise<Asked> {
    const { weight, signal } = options;
    return this.#queue.run(async () => {
      try {
        this.#rules.beforeAsking?.(path);
        this.counts.requests++;
        const answer = await this.#client.get(path, { weight, ...(signal === undefined ? {} : { signal }) });
        this.#rules.answered?.(answer);
        const value = this.#check(path, answer);
        const frame = Buffer.concat([Buffer.from(`${path}\n`), answer.body]);
        this.#options.onAnswer(frame, answer.receiveTimeMicros);
        return { value, headers: answer.headers };
      } catch (error) {
        this.counts.failures++;
        if (error instanceof RateLimitedError) this.counts.rateLimited++;
        throw error;
      }
    }, signal);
  }

  /** A venue that says in the body that it is asked too much binds every request, as a status of 429 does. */
  #check(path: string, answer: RestAnswer): unknown {
    try {
      return this.#rules.check(path, answer);
    } catch (error) {
      if (error instanceof RateLimitedError) this.#client.keepSilent(error.retryAfterMs);
      throw error;
    }
  }
}

/** What is wrong with an answer whatever the venue: a status that is none of success, or no JSON (undefined). */
export function checkValue(path: string, answer: RestAnswer, value: unknown): unknown {
  const { status, body } = answer;
  if (status < 200 || status > 299) {
    throw new VenueRefusedError(`GET ${path}: the venue answered HTTP ${status}`, { venueCode: 0, status });
  }
  if (value === undefined) {
    const found = body.toString('latin1', 0, 60);
    throw new VenueAnswerError(`GET ${path}: expected JSON, found "${found}"`);
  }
  return value;
}

/** A path with its query, values as URLs need them. */
export function pathWith(path: string, query: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]);
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs).toString()}`;
}
