interface Waiter {
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Callers that wait for an offset to become durable. One each is expected: there are as many as callers. */
export class DurableWaiters {
  readonly #waiters = new Set<Waiter>();

  wait(offset: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        offset,
        resolve: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        reject: (reason) => {
          signal?.removeEventListener('abort', onAbort);
          reject(reason);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** Every frame below the offset is durable. */
  reached(offset: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.offset > offset) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** Nothing more becomes durable. */
  end(reason: Error): void {
    for (const waiter of this.#waiters) waiter.reject(reason);
    this.#waiters.clear();
  }
}
