/** Upper bounds of the histogram, milliseconds. */
const BOUNDS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000] as const;
/** The newest so many are what percentiles are of. */
const KEPT = 4_096;

export interface LatencyFigures {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  /** Upper bound (null: above all others) and how many since the start. */
  readonly histogram: readonly (readonly [number | null, number])[];
}

/** From a candle's closing to its signal stored, milliseconds. */
export class SignalLatency {
  readonly #newest = new Float64Array(KEPT);
  readonly #counts: number[] = Array.from({ length: BOUNDS.length + 1 }, () => 0);
  #count = 0;

  add(ms: number): void {
    this.#newest[this.#count % KEPT] = ms;
    this.#count += 1;
    const at = BOUNDS.findIndex((bound) => ms <= bound);
    this.#counts[at < 0 ? BOUNDS.length : at] += 1;
  }

  figures(): LatencyFigures {
    const sorted = this.#newest.slice(0, Math.min(this.#count, KEPT)).sort();
    const at = (share: number): number | null =>
      sorted.length === 0
        ? null
        : (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null);
    return {
      count: this.#count,
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
      histogram: this.#counts.map((count, index) => [BOUNDS[index] ?? null, count] as const),
    };
  }
}
