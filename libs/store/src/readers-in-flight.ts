import type { Clock } from '@tickwright/runtime';

const POLL_MS = 10;

/** Who is reading now, so that what they read from is taken away only after they have left. */
export class ReadersInFlight {
  readonly #clock: Clock;
  readonly #inside = new Set<symbol>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Enters; leave by calling what it gives. */
  enter(): () => void {
    const reader = Symbol('reader');
    this.#inside.add(reader);
    return () => {
      this.#inside.delete(reader);
    };
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
}
