import type { SourceEvent } from './source-event.ts';

export interface Held {
  /** Frames below it must be durable at the sender. */
  readonly offset: number;
  readonly tell: () => SourceEvent[];
}

/** What was received and waits until its sender cannot lose it any more; in the order of receiving. */
export class DurableQueue {
  readonly #held: Held[] = [];

  get size(): number {
    return this.#held.length;
  }

  add(held: Held): void {
    this.#held.push(held);
  }

  /** What is durable by now, up to the first that is not. */
  take(durableOffset: number): (() => SourceEvent[])[] {
    const at = this.#held.findIndex(({ offset }) => offset > durableOffset);
    return this.#held.splice(0, at < 0 ? this.#held.length : at).map(({ tell }) => tell);
  }

  /** The sender was started anew: what it had not made durable is void. */
  clear(): void {
    this.#held.length = 0;
  }
}
