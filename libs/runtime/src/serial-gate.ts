/** Runs one piece of work at a time, in order of asking; at once where nothing runs or waits. */
export class SerialGate {
  #tail: Promise<unknown> = Promise.resolve();
  #inHand = 0;

  run<T>(work: () => Promise<T>): Promise<T> {
    const isFree = this.#inHand === 0;
    this.#inHand += 1;
    const result = (isFree ? begin(work) : this.#tail.then(work)).finally(() => {
      this.#inHand -= 1;
    });
    // The next one starts whatever became of this one; the caller gets the failure.
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

async function begin<T>(work: () => Promise<T>): Promise<T> {
  return work();
}
