import type { Clock } from '@tickwright/runtime';
import { RateLimitedError } from './errors.ts';

/**
 * So much weight at once, refilled at so much a second. In a window of T seconds at most `capacity + perSecond * T` is
 * spent: a venue's own limit must not be below that.
 */
export interface RateBudget {
  readonly capacity: number;
  readonly perSecond: number;
}

/** Token buckets, of which each request must find its weight in every one. */
export class TokenBuckets {
  readonly #budgets: readonly RateBudget[];
  readonly #clock: Clock;
  readonly #maxWaitMs: number;
  readonly #tokens: number[];
  #atMs: number;

  constructor(options: { budgets: readonly RateBudget[]; clock: Clock; maxWaitMs: number }) {
    this.#budgets = options.budgets;
    this.#clock = options.clock;
    this.#maxWaitMs = options.maxWaitMs;
    this.#tokens = options.budgets.map(({ capacity }) => capacity);
    this.#atMs = options.clock.monotonicMs();
  }

  /**
   * Waits until the weight is there, and takes it; one caller at a time. Rejects with a RateLimitedError when that would be
   * longer than `maxWaitMs`, and with the signal's reason. A weight above a capacity is taken when that bucket is full.
   */
  async take(weight: number, options: { path: string; signal?: AbortSignal }): Promise<void> {
    for (;;) {
      this.#refill();
      const waitMs = this.#waitMs(weight);
      if (waitMs <= 0) break;
      if (waitMs > this.#maxWaitMs) {
        throw new RateLimitedError(
          `GET ${options.path}: our own limit for this venue is used up; trying again after ${waitMs} ms`,
          { retryAfterMs: waitMs },
        );
      }
      await this.#clock.sleep(waitMs, options.signal);
    }
    for (const at of this.#tokens.keys()) this.#tokens[at] -= weight;
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    const seconds = (nowMs - this.#atMs) / 1000;
    this.#atMs = nowMs;
    for (const [at, { capacity, perSecond }] of this.#budgets.entries()) {
      this.#tokens[at] = Math.min(capacity, this.#tokens[at] + seconds * perSecond);
    }
  }

  #waitMs(weight: number): number {
    const waits = this.#budgets.map(({ capacity, perSecond }, at) => {
      const missing = Math.min(weight, capacity) - this.#tokens[at];
      // The rounding of many refills is no reason to wait.
      return missing <= 1e-9 ? 0 : Math.ceil((missing / perSecond) * 1000);
    });
    return Math.max(0, ...waits);
  }
}
