/** One event as clients get it. */
export interface LiveEvent {
  readonly event: string;
  readonly data: unknown;
}

/** A client that is further behind is told to fetch everything anew. */
const KEPT = 2_000;

/** The newest things that happened, numbered, for any number of clients that are told at their own pace. */
export class RecentEvents {
  readonly #events: LiveEvent[] = [];
  #first = 0;

  /** Number of the event that comes next. */
  get next(): number {
    return this.#first + this.#events.length;
  }

  add(event: string, data: unknown): void {
    this.#events.push({ event, data });
    if (this.#events.length <= KEPT) return;
    const dropped = this.#events.length - KEPT / 2;
    this.#events.splice(0, dropped);
    this.#first += dropped;
  }

  /** The events from a number on; not whole when some of them are gone. */
  since(number: number): { readonly events: readonly LiveEvent[]; readonly isWhole: boolean } {
    return { events: this.#events.slice(Math.max(0, number - this.#first)), isWhole: number >= this.#first };
  }
}
