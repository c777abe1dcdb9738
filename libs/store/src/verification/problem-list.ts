/** What a verification can find. `known gap` is no mismatch: an open gap in the ledger says why ids are missing. */
export type ProblemKind =
  | 'candle differs'
  | 'candle missing'
  | 'candle without ticks'
  | 'venue candle differs'
  | 'candle without venue candle'
  | 'candle of the wrong source'
  | 'candle file altered'
  | 'tick differs'
  | 'id stored twice'
  | 'ids missing'
  | 'known gap';

export interface VerificationProblem {
  readonly kind: ProblemKind;
  /** The instrument's key; of a whole file its segment. */
  readonly instrument: string;
  /** ISO 8601 UTC: the candle's openTime, the begin of a file, or the time of the tick after the missing ids. */
  readonly at: string;
  /** What the stored ticks say. */
  readonly expected: string;
  /** What was found instead. */
  readonly found: string;
  /** The whole in one sentence. */
  readonly message: string;
}

/** A span of an instrument that the ledger says is not covered. */
export interface KnownGap {
  /** The instrument's key. */
  readonly instrument: string;
  /** Microseconds UTC; `to` is undefined while the gap lasts. */
  readonly from: number;
  readonly to: number | undefined;
  /** The missing trade ids, both inclusive, where the venue has them. */
  readonly fromId?: number;
  readonly toId?: number;
  readonly cause: string;
}

/** Collects findings: counts all, lists the first `listedMax` of the problems and of the known gaps. */
export class ProblemList {
  readonly #listedMax: number;
  readonly #problems: VerificationProblem[] = [];
  readonly #knownGaps: VerificationProblem[] = [];
  readonly #counts = new Map<ProblemKind, number>();
  #truncated = false;

  constructor(listedMax: number) {
    this.#listedMax = listedMax;
  }

  /** `describe` is called only for what is listed: a broken store may have millions. */
  add(kind: ProblemKind, describe: () => Omit<VerificationProblem, 'kind'>): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    const list = kind === 'known gap' ? this.#knownGaps : this.#problems;
    if (list.length < this.#listedMax) list.push({ kind, ...describe() });
    else this.#truncated = true;
  }

  result(): {
    problems: readonly VerificationProblem[];
    counts: Readonly<Record<string, number>>;
    knownGaps: readonly VerificationProblem[];
    truncated: boolean;
  } {
    const counts = Object.fromEntries([...this.#counts].filter(([kind]) => kind !== 'known gap'));
    return { problems: this.#problems, counts, knownGaps: this.#knownGaps, truncated: this.#truncated };
  }
}

/** Microseconds UTC as ISO 8601. */
export function isoTime(micros: number): string {
  return new Date(Math.floor(micros / 1000)).toISOString();
}
