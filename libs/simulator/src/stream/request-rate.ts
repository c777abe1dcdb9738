/** Counts what a client sends within a second. */
export class RequestRate {
  readonly #limit: number;
  /** Times of the newest messages, at most limit + 1. */
  #times: number[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Notes a message. Answers whether there were more than the limit within the last 1,000 ms. */
  isExceededBy(atMs: number): boolean {
    this.#times = [...this.#times.filter((each) => atMs - each < 1000), atMs].slice(-this.#limit - 1);
    return this.#times.length > this.#limit;
  }
}
