import type { Clock } from '@tickwright/runtime';

/** An instrument whose gaps could not be filled is looked at again after so long, doubled each time, at the latest after the second. */
const AGAIN_MIN_MS = 15_000;
const AGAIN_MAX_MS = 600_000;

interface Attempt {
  signature: string;
  dueMs: number;
  failures: number;
  isRunning: boolean;
}

/** When each instrument with gaps is to be looked at: a while after they opened or changed, and again when that was of no use. */
export class Attempts {
  readonly #clock: Clock;
  readonly #settleMs: number;
  readonly #attempts = new Map<string, Attempt>();

  constructor(options: { clock: Clock; settleMs: number }) {
    this.#clock = options.clock;
    this.#settleMs = options.settleMs;
  }

  /** The gaps there are, as one text an instrument that changes when they do. */
  see(signatures: ReadonlyMap<string, string>): void {
    const dueMs = this.#clock.monotonicMs() + this.#settleMs;
    for (const instrument of this.#attempts.keys())
      if (!signatures.has(instrument)) this.#attempts.delete(instrument);
    for (const [instrument, signature] of signatures) {
      const known = this.#attempts.get(instrument);
      if (known === undefined)
        this.#attempts.set(instrument, { signature, dueMs, failures: 0, isRunning: false });
      else if (known.signature !== signature && !known.isRunning)
        Object.assign(known, { signature, dueMs: Math.min(known.dueMs, dueMs), failures: 0 });
    }
  }

  /** Those whose time has come and that nobody works on. */
  due(): string[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#attempts]
      .filter(([, { dueMs, isRunning }]) => !isRunning && dueMs <= nowMs)
      .map(([instrument]) => instrument);
  }

  isAnyDue(): boolean {
    const nowMs = this.#clock.monotonicMs();
    for (const { dueMs, isRunning } of this.#attempts.values()) if (!isRunning && dueMs <= nowMs) return true;
    return false;
  }

  begun(instrument: string): void {
    const attempt = this.#attempts.get(instrument);
    if (attempt !== undefined) attempt.isRunning = true;
  }

  /** What is left of the instrument's gaps after an attempt; nothing: an empty text. */
  ended(instrument: string, signature: string): void {
    if (signature === '') {
      this.#attempts.delete(instrument);
      return;
    }
    const failures = (this.#attempts.get(instrument)?.failures ?? 0) + 1;
    const againMs = Math.min(AGAIN_MAX_MS, AGAIN_MIN_MS * 2 ** (failures - 1));
    const dueMs = this.#clock.monotonicMs() + againMs;
    this.#attempts.set(instrument, { signature, dueMs, failures, isRunning: false });
  }
}
