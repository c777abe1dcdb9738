import type { Clock } from '@tickwright/runtime';

/** The rate is that of so much time lately. */
const WINDOW_MS = 20_000;
/** Looks at what is done within the window, at most so many and no closer together. */
const LOOKS_MAX = 200;
const LOOK_MS = WINDOW_MS / LOOKS_MAX;

/** How far recovery is, ids and minutes together. */
export interface RecoveryProgress {
  /** Since it was last idle. */
  readonly done: number;
  readonly left: number;
  readonly perSecond: number;
  /** Until nothing is left, at the rate of requests that there was lately; null when nobody can say. */
  readonly leftMs: number | null;
  /** That lie ahead, as far as it is known. */
  readonly requestsLeft: number;
  readonly requestsPerSecond: number;
  /** Since the start of the process. */
  readonly requests: number;
  readonly rows: number;
}

interface Look {
  readonly ms: number;
  readonly done: number;
  readonly requests: number;
}

/**
 * Counts what recovery has before it and what it has done. What takes time are requests, which a venue limits: thousands
 * of small ones or a few with many rows. So the time left follows from these, and from what the instruments whose plan is
 * not made yet will want, going by those whose plan is.
 */
export class RecoveryMeter {
  readonly #clock: Clock;
  readonly #pageRows: number;
  readonly #left = new Map<string, number>();
  readonly #looks: Look[] = [];
  readonly #unplanned = new Set<string>();
  #planned = { instruments: 0, requests: 0 };
  #done = 0;
  #requests = 0;
  #rows = 0;

  constructor(clock: Clock, options: { readonly pageRows: number }) {
    this.#clock = clock;
    this.#pageRows = options.pageRows;
  }

  /** An instrument is in hand, and what is to be asked for its sake is not known yet. */
  expect(instrument: string): void {
    this.#anew();
    this.#unplanned.add(instrument);
  }

  /** What is to be asked for an instrument is known: so many jobs lie ahead by now. Or nothing is, any more. */
  planned(instrument: string, requests?: number): void {
    if (!this.#unplanned.delete(instrument) || requests === undefined) return;
    this.#planned = {
      instruments: this.#planned.instruments + 1,
      requests: this.#planned.requests + requests,
    };
  }

  /** A job lies ahead, or is taken up again; how many requests it is, at least. */
  begin(job: string, size: number): number {
    this.#anew();
    this.#left.set(job, size);
    return this.#requestsOf(size);
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
    this.#look();
  }

  progress(): RecoveryProgress {
    const { perSecond, requestsPerSecond } = this.#rates();
    const requestsLeft = this.#requestsLeft();
    const isOver = requestsLeft === 0 && this.#unplanned.size === 0;
    const isKnown = requestsPerSecond > 0 && (this.#unplanned.size === 0 || this.#planned.instruments > 0);
    return {
      done: this.#done,
      left: [...this.#left.values()].reduce((sum, size) => sum + size, 0),
      perSecond: Math.round(perSecond),
      leftMs: isOver ? 0 : isKnown ? Math.round((requestsLeft / requestsPerSecond) * 1_000) : null,
      requestsLeft,
      requestsPerSecond: Math.round(requestsPerSecond * 10) / 10,
      requests: this.#requests,
      rows: this.#rows,
    };
  }

  #requestsLeft(): number {
    let left = 0;
    for (const size of this.#left.values()) left += this.#requestsOf(size);
    const { instruments, requests } = this.#planned;
    return instruments === 0 ? left : left + Math.ceil((this.#unplanned.size * requests) / instruments);
  }

  #requestsOf(size: number): number {
    return Math.max(1, Math.ceil(size / this.#pageRows));
  }

  /** Whatever begins when nothing lies ahead begins to count anew. */
  #anew(): void {
    if (this.#left.size > 0 || this.#unplanned.size > 0) return;
    this.#done = 0;
    this.#planned = { instruments: 0, requests: 0 };
    this.#looks.length = 0;
    this.#look();
  }

  #look(): void {
    const ms = this.#clock.monotonicMs();
    const last = this.#looks.at(-1);
    if (last !== undefined && ms - last.ms < LOOK_MS) return;
    this.#looks.push({ ms, done: this.#done, requests: this.#requests });
    while (this.#looks.length > LOOKS_MAX || (this.#looks[1]?.ms ?? ms) < ms - WINDOW_MS) this.#looks.shift();
  }

  /** Up to now: while nothing comes, the rates sink. */
  #rates(): { perSecond: number; requestsPerSecond: number } {
    const [first] = this.#looks;
    const seconds = first === undefined ? 0 : (this.#clock.monotonicMs() - first.ms) / 1_000;
    if (first === undefined || seconds <= 0) return { perSecond: 0, requestsPerSecond: 0 };
    return {
      perSecond: (this.#done - first.done) / seconds,
      requestsPerSecond: (this.#requests - first.requests) / seconds,
    };
  }
}
