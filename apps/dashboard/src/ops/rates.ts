/** What a counter gains a second, over the last looks at it. */
export class Rates {
  readonly #spanMs: number;
  readonly #seen = new Map<string, { atMs: number; value: number }[]>();

  constructor(spanMs = 10_000) {
    this.#spanMs = spanMs;
  }

  /** Takes a counter's value; gives its rate, or undefined when it is not known yet. One that fell began anew. */
  rate(name: string, value: number | undefined, nowMs: number): number | undefined {
    if (value === undefined) {
      this.#seen.delete(name);
      return undefined;
    }
    let looks = this.#seen.get(name) ?? [];
    if (value < (looks[looks.length - 1]?.value ?? 0)) looks = [];
    looks = [...looks.filter(({ atMs }) => nowMs - atMs <= this.#spanMs), { atMs: nowMs, value }];
    this.#seen.set(name, looks);
    const [first] = looks;
    if (first === undefined || nowMs - first.atMs < 500) return undefined;
    return ((value - first.value) * 1_000) / (nowMs - first.atMs);
  }
}
