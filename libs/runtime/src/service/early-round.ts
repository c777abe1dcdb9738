import type { Clock } from '../clock/clock.ts';
import { linkedSignal } from '../linked-signal.ts';

/** Asks a periodic service for a round before its time. Asking while one is under way is not lost; several are one. */
export class EarlyRound {
  readonly #afterMs: number;
  #isAsked = false;
  #wake: (() => void) | undefined;

  /** The round comes so long after it was asked for. */
  constructor({ afterMs = 0 }: { readonly afterMs?: number } = {}) {
    this.#afterMs = afterMs;
  }

  ask(): void {
    this.#isAsked = true;
    this.#wake?.();
  }

  /** Waits for a round that is asked for, at most so long for its asking, and says whether one was. */
  async within(ms: number, clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Promise<boolean> {
    if (!this.#isAsked) {
      using woken = linkedSignal(signal);
      this.#wake = () => woken.abort();
      await clock.sleep(ms, woken.signal).catch(() => undefined);
      this.#wake = undefined;
    }
    if (!this.#isAsked) return false;
    if (this.#afterMs > 0) await clock.sleep(this.#afterMs, signal).catch(() => undefined);
    this.#isAsked = false;
    return true;
  }
}
