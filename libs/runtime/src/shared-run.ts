interface Running<T> {
  readonly done: Promise<T>;
  readonly interrupt: AbortController;
}

/**
 * Work that several ask for and that is done once for all of them: whoever asks while it runs joins it. It is interrupted
 * by the first of their signals that is aborted. Were it by the first caller's alone, one who has no signal could let
 * all others wait for ever for what cannot be had, as at a stop on a full disk.
 */
export class SharedRun<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  #running: Running<T> | undefined;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Begins the work or joins it. */
  run(signal?: AbortSignal): Promise<T> {
    const running = (this.#running ??= this.#begin());
    if (signal !== undefined) interruptedBy(signal, running);
    return running.done;
  }

  #begin(): Running<T> {
    const interrupt = new AbortController();
    const done = this.#work(interrupt.signal).finally(() => {
      this.#running = undefined;
    });
    return { done, interrupt };
  }
}

function interruptedBy(signal: AbortSignal, { done, interrupt }: Running<unknown>): void {
  if (signal.aborted) {
    interrupt.abort(signal.reason);
    return;
  }
  const abort = (): void => interrupt.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  // A signal may live for the whole run of the process, and asks twice a second.
  const forget = (): void => signal.removeEventListener('abort', abort);
  done.then(forget, forget);
}
