import type { StoredEvent } from './job-store.ts';

interface Waiting {
  readonly events: readonly StoredEvent[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores events in the order in which they are given. Whoever comes while a transaction is under way shares the next one:
 * a transaction costs a sync of the disk, and thousands of small jobs would wait for one each. Those who wait are few:
 * workers and the callers of the queue.
 */
export class GroupCommit {
  readonly #append: (events: readonly StoredEvent[]) => Promise<void>;
  readonly #onFailure: () => void;
  #waiting: Waiting[] = [];
  #storing: Promise<void> | undefined;

  /** `onFailure` is called before those who waited hear of it: nothing of theirs is stored, whatever memory says. */
  constructor(parts: { append(events: readonly StoredEvent[]): Promise<void>; onFailure(): void }) {
    this.#append = (events) => parts.append(events);
    this.#onFailure = () => parts.onFailure();
  }

  /** Resolves when these events and all before them are stored. Rejects when that failed: none of them is. */
  add(events: readonly StoredEvent[]): Promise<void> {
    if (events.length === 0 && this.#storing === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, resolve, reject });
      this.#storing ??= this.#store();
    });
  }

  /** Resolves when nothing is being stored, whatever came of it. */
  async idle(): Promise<void> {
    while (this.#storing !== undefined) await this.#storing;
  }

  async #store(): Promise<void> {
    // What is decided in this turn of the event loop goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const together = this.#waiting;
      this.#waiting = [];
      try {
        const events = together.flatMap((each) => each.events);
        if (events.length > 0) await this.#append(events);
        for (const { resolve } of together) resolve();
      } catch (error) {
        // What was decided meanwhile rests on what could not be stored.
        const failed = [...together, ...this.#waiting];
        this.#waiting = [];
        this.#onFailure();
        for (const { reject } of failed) reject(error);
      }
    }
    this.#storing = undefined;
  }
}
