/** Sums of integers of any size: doubles while they are exact, carried over into a bigint before they are not. */
export class ExactSum {
  #carried = 0n;
  #recent = 0;

  add(units: number): void {
    if (this.#recent + units > Number.MAX_SAFE_INTEGER) {
      this.#carried += BigInt(this.#recent);
      this.#recent = 0;
    }
    this.#recent += units;
  }

  total(): bigint {
    return this.#carried + BigInt(this.#recent);
  }
}
