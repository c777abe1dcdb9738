import type { Clock } from '@tickwright/runtime';
import { checkFaults, NO_FAULTS, type Faults } from './faults.ts';

/** The faults of a running simulator. Changes take effect with its next turn, some 15 ms later at most. */
export class FaultControl {
  readonly #clock: Clock;
  #current: Faults = NO_FAULTS;
  #rejectUntilMs = -Infinity;
  #refuseUntilMs = -Infinity;

  constructor(clock: Clock, faults: Partial<Faults> = {}) {
    this.#clock = clock;
    this.set(faults);
  }

  get current(): Faults {
    return this.#current;
  }

  /** Changes the switches that are named and leaves the others. Throws a FaultsError and changes nothing if one is wrong. */
  set(changes: Partial<Faults>): void {
    const next = { ...this.#current, ...changes };
    checkFaults(next);
    this.#current = next;
    const reject = changes.rejectConnections;
    if (reject !== undefined) {
      this.#rejectUntilMs = reject === null ? -Infinity : this.#clock.monotonicMs() + reject.forMs;
    }
    const refuse = changes.refuseToken;
    if (refuse !== undefined) {
      this.#refuseUntilMs = refuse === null ? -Infinity : this.#clock.monotonicMs() + refuse.forMs;
    }
  }

  /** Turns all of them off. */
  clear(): void {
    this.set(NO_FAULTS);
  }

  get isRefusingTokens(): boolean {
    return this.#clock.monotonicMs() < this.#refuseUntilMs;
  }

  get isRejectingConnections(): boolean {
    return this.#clock.monotonicMs() < this.#rejectUntilMs;
  }
}
