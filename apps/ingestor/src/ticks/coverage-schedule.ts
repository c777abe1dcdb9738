import type { Clock } from '@tickwright/runtime';

/**
 * Covered ids are stored this often; between two snapshots they follow from the ticks that are stored with the offset. A
 * start reads those, so there must not be many of them.
 */
const EVERY_MS = 60_000;
const EVERY_ROWS = 1_000_000;

/** Says when the covered ids are to be stored again. */
export class CoverageSchedule {
  readonly #clock: Clock;
  #takenMs: number;
  #rows = 0;
  #isAsked = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#takenMs = clock.monotonicMs();
  }

  get isDue(): boolean {
    return this.#isAsked || this.#rows >= EVERY_ROWS || this.#clock.monotonicMs() - this.#takenMs >= EVERY_MS;
  }

  /** With the next flush, whatever time it is: at the end of a run the next start is quick then. */
  ask(): void {
    this.#isAsked = true;
  }

  /** Ticks were stored without a snapshot. */
  stored(rows: number): void {
    this.#rows += rows;
  }

  taken(): void {
    this.#takenMs = this.#clock.monotonicMs();
    this.#rows = 0;
    this.#isAsked = false;
  }
}
