import type { Clock } from '@tickwright/runtime';

const POLL_MS = 10;

/** Someone who reads, and from what once that is known. */
export interface Reader<Source> {
  source: Source | undefined;
}

/** Who is reading now, so that what they read from is taken away only after they have left. */
export class ReadersInFlight<Source> {
  readonly #clock: Clock;
  readonly #inside = new Set<Reader<Source>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  enter(): Reader<Source> {
    const reader: Reader<Source> = { source: undefined };
    this.#inside.add(reader);
    return reader;
  }

  leave(reader: Reader<Source>): void {
    this.#inside.delete(reader);
  }

  /** Whether all who are inside now have left within `maxMs`. Those who enter later are not waited for. */
  async left(maxMs: number): Promise<boolean> {
    const waitedFor = [...this.#inside];
    const end = this.#clock.monotonicMs() + maxMs;
    while (waitedFor.some((reader) => this.#inside.has(reader))) {
      if (this.#clock.monotonicMs() >= end) return false;
      await this.#clock.sleep(POLL_MS);
    }
    return true;
  }

  /** Forgets the readers of a source that is closed: one that never comes back would be waited for again and again. */
  forget(source: Source): void {
    for (const reader of this.#inside) if (reader.source === source) this.#inside.delete(reader);
  }
}
