import type { JobRecord } from './job-record.ts';

/**
 * Jobs that nothing holds up but, maybe, the time of their next try, in the order in which they are to be done. By kind:
 * every worker looks whenever something changes, and thousands may wait of which it does none.
 */
export class OpenJobs {
  readonly #byKind = new Map<string, Map<JobRecord, number>>();
  #places = 0;

  /** Behind all others; one that is here already keeps its place. */
  add(job: JobRecord): void {
    const jobs = this.#byKind.get(job.spec.kind) ?? new Map<JobRecord, number>();
    this.#byKind.set(job.spec.kind, jobs);
    if (!jobs.has(job)) jobs.set(job, (this.#places += 1));
  }

  delete(job: JobRecord): void {
    this.#byKind.get(job.spec.kind)?.delete(job);
  }

  /** The first one of these kinds of which it is so. */
  first(kinds: Iterable<string>, isSo: (job: JobRecord) => boolean): JobRecord | undefined {
    let found: JobRecord | undefined;
    let place = Infinity;
    for (const kind of kinds) {
      for (const [job, at] of this.#byKind.get(kind) ?? []) {
        if (at > place) break;
        if (!isSo(job)) continue;
        [found, place] = [job, at];
        break;
      }
    }
    return found;
  }

  *ofKinds(kinds: Iterable<string>): Generator<JobRecord> {
    for (const kind of kinds) yield* this.#byKind.get(kind)?.keys() ?? [];
  }
}
