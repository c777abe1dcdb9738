import type { Clock } from '@tickwright/runtime';
import { DatabaseBusyError, DatabaseClosedError } from './errors.ts';

/** Writes that may wait; beyond it a write is refused with a retryable error, and the caller keeps what it wanted to write. */
export const WRITES_WAITING_MAX = 1024;

/** Runs one piece of work at a time, in order of asking. */
export class WriteQueue {
  readonly #path: string;
  readonly #clock: Clock;
  #tail: Promise<void> = Promise.resolve();
  #depth = 0;
  #waitLastMs = 0;
  #waitMaxMs = 0;
  #isClosed = false;
  #isAbandoned = false;

  constructor(options: { path: string; clock: Clock }) {
    this.#path = options.path;
    this.#clock = options.clock;
  }

  /** Pieces of work that wait or run. */
  get depth(): number {
    return this.#depth;
  }

  /** How long the last piece of work that started had waited, and the longest wait so far, milliseconds. */
  get waitMs(): { readonly last: number; readonly max: number } {
    return { last: this.#waitLastMs, max: this.#waitMaxMs };
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new DatabaseClosedError(this.#path);
    if (this.#depth >= WRITES_WAITING_MAX) {
      throw new DatabaseBusyError({ path: this.#path, queue: 'write', max: WRITES_WAITING_MAX });
    }
    return this.#enqueue(work);
  }

  /** Refuses new work. What was accepted runs. */
  refuse(): void {
    this.#isClosed = true;
  }

  /** Refuses what waits as well: what runs is the last. */
  abandon(): void {
    this.#isClosed = true;
    this.#isAbandoned = true;
  }

  async #enqueue<T>(work: () => Promise<T>): Promise<T> {
    this.#depth += 1;
    const asked = this.#clock.monotonicMs();
    const result = this.#tail.then(() => {
      if (this.#isAbandoned) throw new DatabaseClosedError(this.#path);
      this.#waitLastMs = this.#clock.monotonicMs() - asked;
      this.#waitMaxMs = Math.max(this.#waitMaxMs, this.#waitLastMs);
      return work();
    });
    const settled = (): void => {
      this.#depth -= 1;
    };
    this.#tail = result.then(settled, settled);
    return result;
  }
}
