import type { JobId, Json, RunId } from './job.ts';

/** How long a job is lent without a word from its worker. */
export const LEASE_MS = 30_000;

/** A job that a worker has for a while. */
export interface Lease {
  readonly job: JobId;
  readonly run: RunId;
  readonly kind: string;
  readonly input: Json;
  /** How often it was leased, this time included. */
  readonly tries: number;
  /** Tells this lease from every other of the same job. */
  readonly token: number;
  /** Aborted when the lease is lost: the job was cancelled, or was not renewed in time. */
  readonly signal: AbortSignal;
}

interface Held {
  readonly controller: AbortController;
  readonly job: JobId;
  untilMs: number;
}

/**
 * The leases that this process has given out, by the clock that never steps: a wall clock set forward must not take the
 * jobs of living workers away.
 */
export class HeldLeases {
  readonly #held = new Map<number, Held>();

  hold(token: number, job: JobId, untilMs: number): AbortSignal {
    const controller = new AbortController();
    this.#held.set(token, { controller, job, untilMs });
    return controller.signal;
  }

  has(token: number): boolean {
    return this.#held.has(token);
  }

  extend(token: number, untilMs: number): void {
    const held = this.#held.get(token);
    if (held !== undefined) held.untilMs = untilMs;
  }

  /** The lease has ended as it should. */
  end(token: number): void {
    this.#held.delete(token);
  }

  /** Ends it and tells its worker. */
  lose(token: number, reason: Error): void {
    this.#held.get(token)?.controller.abort(reason);
    this.#held.delete(token);
  }

  /** Loses all but those of these tokens; what of these is not held is held until then. */
  become(leased: ReadonlyMap<number, JobId>, { untilMs, reason }: { untilMs: number; reason: Error }): void {
    for (const token of this.#held.keys()) if (!leased.has(token)) this.lose(token, reason);
    for (const [token, job] of leased) if (!this.has(token)) this.hold(token, job, untilMs);
  }

  expired(nowMs: number): JobId[] {
    return [...this.#held.values()].filter((held) => held.untilMs <= nowMs).map((held) => held.job);
  }
}
