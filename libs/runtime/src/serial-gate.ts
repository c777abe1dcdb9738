/** Runs one piece of work at a time, in order of asking. */
export class SerialGate {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    // The next one starts whatever became of this one; the caller gets the failure.
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
