/** Wakes those who wait for something to happen. */
export class Changes {
  #waiters = new Set<() => void>();

  /** Those who wait now. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Resolves at the next change, or when the signal is aborted. */
  next(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        // Who gave up waiting is forgotten: with nothing to do, nobody else would ever wake it.
        this.#waiters.delete(wake);
        resolve();
      };
      this.#waiters.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  notify(): void {
    for (const wake of this.#waiters) wake();
  }
}
