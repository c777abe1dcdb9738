/** What has been opened, closed in the reverse order; one that fails to close does not keep the others open. */
export class OpenedParts {
  readonly #parts: AsyncDisposable[] = [];

  add<T extends AsyncDisposable>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const part of this.#parts.splice(0).toReversed()) {
      try {
        await part[Symbol.asyncDispose]();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
