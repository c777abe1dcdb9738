/** Lets one loop wait until somebody has work for it. A call before the wait is not lost; several are one. */
export class Wakeup {
  #isCalled = false;
  #resume: (() => void) | undefined;

  call(): void {
    this.#isCalled = true;
    this.#resume?.();
  }

  async wait(): Promise<void> {
    if (!this.#isCalled) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
      this.#resume = undefined;
    }
    this.#isCalled = false;
  }
}
