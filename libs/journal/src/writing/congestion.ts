/** Turns on at the high-water mark and off at the low one, and tells its listeners of each change. */
export class Congestion {
  readonly #highBytes: number;
  readonly #lowBytes: number;
  readonly #listeners: ((isCongested: boolean) => void)[] = [];
  #isOn = false;

  constructor(options: { highBytes: number; lowBytes: number }) {
    this.#highBytes = options.highBytes;
    this.#lowBytes = options.lowBytes;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  listen(listener: (isCongested: boolean) => void): void {
    this.#listeners.push(listener);
  }

  update(pendingBytes: number): void {
    const isOn = this.#isOn ? pendingBytes > this.#lowBytes : pendingBytes >= this.#highBytes;
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    for (const listener of this.#listeners) listener(isOn);
  }
}
