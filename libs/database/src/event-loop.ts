/**
 * Longest stretch of filling or reading chunks before other work gets its turn. The product's limit is 5 ms; a shorter
 * stretch makes a flush under full load take several times as long (scripts/bench, throughput).
 */
const HOLD_MAX_MS = 4;

/** Lets the event loop run once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Bounds how long a loop over chunks holds the event loop: call `pause` after each chunk. */
export class Turn {
  #since = performance.now();

  async pause(): Promise<void> {
    if (performance.now() - this.#since < HOLD_MAX_MS) return;
    await nextTurn();
    this.#since = performance.now();
  }
}
