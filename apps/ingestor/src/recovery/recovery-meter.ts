import type { Clock } from '@tickwright/runtime';

/** The rate is that of so much time lately. */
const WINDOW_MS = 10_000;
/** Looks at the rate within the window. */
const LOOKS_MAX = 200;

/** How far recovery is, ids and minutes together. */
export interface RecoveryProgress {
  /** Since it was last idle. */
  readonly done: number;
  readonly left: number;
  readonly perSecond: number;
  /** Until nothing is left at that rate; null when nobody can say. */
  readonly leftMs: number | null;
  /** Since the start of the process. */
  readonly requests: number;
  readonly rows: number;
}

/** Counts what recovery has before it and what it has done. */
export class RecoveryMeter {
  readonly #clock: Clock;
  readonly #left = new Map<string, number>();
  readonly #looks: { readonly ms: number; readonly done: number }[] = [];
  #done = 0;
  #requests = 0;
  #rows = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A job lies ahead, or is taken up again. */
  begin(job: string, size: number): void {
    if (this.#left.size === 0) {
      this.#done = 0;
      this.#looks.length = 0;
      this.#look();
    }
    this.#left.set(job, size);
  }

  advance(job: string, by: number): void {
    this.#done += by;
    this.#left.set(job, Math.max(0, (this.#left.get(job) ?? 0) - by));
    this.#look();
  }

  end(job: string): void {
    this.#left.delete(job);
  }

  /** Nothing below a job lies ahead any more, whatever came of it. */
  endBelow(job: string): void {
    for (const each of this.#left.keys()) if (each.startsWith(`${job}/`)) this.#left.delete(each);
  }

  /** A page of history came. */
  page(rows: number): void {
    this.#requests += 1;
    this.#rows += rows;
  }

  progress(): RecoveryProgress {
    const left = [...this.#left.values()].reduce((sum, size) => sum + size, 0);
    const perSecond = this.#perSecond();
    return {
      done: this.#done,
      left,
      perSecond: Math.round(perSecond),
      leftMs: left === 0 ? 0 : perSecond > 0 ? Math.round((left / perSecond) * 1_000) : null,
      requests: this.#requests,
      rows: this.#rows,
    };
  }

  #look(): void {
    const ms = this.#clock.monotonicMs();
    this.#looks.push({ ms, done: this.#done });
    while (this.#looks.length > LOOKS_MAX || (this.#looks[1]?.ms ?? ms) < ms - WINDOW_MS) this.#looks.shift();
  }

  #perSecond(): number {
    const [first] = this.#looks;
    if (first === undefined) return 0;
    const ms = this.#clock.monotonicMs() - first.ms;
    return ms <= 0 ? 0 : ((this.#done - first.done) / ms) * 1_000;
  }
}
