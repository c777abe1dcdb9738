import type { EnqueuedJob, RecordedEvent } from './job-event.ts';
import type { JobRecord, RunRecord } from './job-record.ts';
import type { JobId, RunId } from './job.ts';
import { OpenJobs } from './open-jobs.ts';

/** A job's id within a run. */
export function jobIdOf(run: RunId, key: string): JobId {
  return `${run}/${key}`;
}

/** The fold over the events: all runs and jobs as they stand. Pure: it decides nothing and knows no clock. */
export class JobGraph {
  #runs = new Map<RunId, RunRecord>();
  #jobs = new Map<JobId, JobRecord>();
  #open = new OpenJobs();
  #leased = new Set<JobRecord>();
  #sequence = 0;

  /** Of the newest event; the next one has the next number. */
  get sequence(): number {
    return this.#sequence;
  }

  get open(): OpenJobs {
    return this.#open;
  }

  get leased(): ReadonlySet<JobRecord> {
    return this.#leased;
  }

  get jobCount(): number {
    return this.#jobs.size;
  }

  runs(): Iterable<RunRecord> {
    return this.#runs.values();
  }

  jobs(): Iterable<JobRecord> {
    return this.#jobs.values();
  }

  run(id: RunId): RunRecord | undefined {
    return this.#runs.get(id);
  }

  job(id: JobId): JobRecord | undefined {
    return this.#jobs.get(id);
  }

  jobsOf(run: RunRecord): JobRecord[] {
    return run.jobs.flatMap((id) => this.#jobs.get(id) ?? []);
  }

  /** Takes the next event. Events of jobs that have been forgotten change nothing. */
  apply({ sequence, atMicros, event }: RecordedEvent): void {
    this.#sequence = sequence;
    if (event.type === 'enqueued') {
      this.#enqueue(event, atMicros);
      return;
    }
    const job = this.#jobs.get(event.job);
    if (job === undefined) return;
    job.changedMicros = atMicros;
    switch (event.type) {
      case 'leased':
        job.lease = { untilMicros: event.untilMicros, token: sequence };
        job.worker = event.worker;
        job.tries += 1;
        this.#open.delete(job);
        this.#leased.add(job);
        return;
      case 'renewed':
        if (job.lease !== undefined) job.lease.untilMicros = event.untilMicros;
        return;
      case 'progressed':
        job.progress = event.progress;
        return;
      case 'completed':
        job.result = event.result;
        job.reason = undefined;
        this.#settle(job, 'completed');
        this.#succeedIfWhole(job);
        return;
      case 'failed':
        job.reason = event.reason;
        job.failures += 1;
        if (event.retryMicros === undefined) this.#settle(job, 'failed');
        else this.#putBack(job, event.retryMicros);
        return;
      case 'released':
        job.reason = event.reason;
        this.#putBack(job, event.retryMicros ?? 0);
        return;
      case 'cancelled':
        job.reason = event.reason;
        this.#settle(job, 'cancelled');
        return;
      case 'reset':
        job.failures = 0;
        job.reason = undefined;
        job.settled = undefined;
        this.#putBack(job, 0);
    }
  }

  /** Takes over all that another graph has, which is given up. */
  become(other: JobGraph): void {
    this.#runs = other.#runs;
    this.#jobs = other.#jobs;
    this.#open = other.#open;
    this.#leased = other.#leased;
    this.#sequence = other.#sequence;
  }

  /** Forgets a run with its jobs, and the runs they were expanded into. */
  forget(run: RunRecord): void {
    for (const job of this.jobsOf(run)) {
      for (const id of job.runs) {
        const child = this.#runs.get(id);
        if (child !== undefined) this.forget(child);
      }
      this.#jobs.delete(job.id);
      this.#open.delete(job);
      this.#leased.delete(job);
    }
    this.#runs.delete(run.id);
  }

  #enqueue(
    event: { run: RunId; name: string; parentJob?: JobId; jobs: readonly EnqueuedJob[] },
    atMicros: number,
  ): void {
    const { run, name, parentJob, jobs } = event;
    const ids = jobs.map((spec) => jobIdOf(run, spec.key));
    this.#runs.set(run, {
      id: run,
      name,
      parentJob,
      jobs: ids,
      enqueuedMicros: atMicros,
      unfinished: ids.length,
    });
    if (parentJob !== undefined) this.#jobs.get(parentJob)?.runs.push(run);
    for (const spec of jobs) {
      const record: JobRecord = {
        id: jobIdOf(run, spec.key),
        run,
        spec,
        dependsOn: spec.dependsOn.map((key) => jobIdOf(run, key)),
        enqueuedMicros: atMicros,
        runs: [],
        dependents: [],
        unmet: spec.dependsOn.length,
        hasSucceeded: false,
        tries: 0,
        failures: 0,
        worker: undefined,
        lease: undefined,
        settled: undefined,
        dueMicros: 0,
        putBackMicros: 0,
        reason: undefined,
        result: undefined,
        progress: undefined,
        changedMicros: atMicros,
      };
      this.#jobs.set(record.id, record);
      if (record.unmet === 0) this.#open.add(record);
    }
    for (const id of ids) {
      const job = this.#jobs.get(id);
      for (const before of job?.dependsOn ?? []) if (job) this.#jobs.get(before)?.dependents.push(job);
    }
  }

  #settle(job: JobRecord, how: 'completed' | 'failed' | 'cancelled'): void {
    job.settled = how;
    job.lease = undefined;
    this.#leased.delete(job);
    this.#open.delete(job);
  }

  /** Behind those that wait already, so that a job which fails again and again does not keep others from their turn. */
  #putBack(job: JobRecord, dueMicros: number): void {
    job.dueMicros = dueMicros;
    job.putBackMicros = job.changedMicros;
    job.lease = undefined;
    this.#leased.delete(job);
    if (job.unmet === 0) this.#open.add(job);
  }

  /** Opens what waited for it; and where it was the last of its run, the job above may have succeeded by that. */
  #succeedIfWhole(job: JobRecord): void {
    if (job.settled !== 'completed' || job.hasSucceeded) return;
    if (job.runs.some((id) => (this.#runs.get(id)?.unfinished ?? 0) > 0)) return;
    job.hasSucceeded = true;
    for (const next of job.dependents) {
      next.unmet -= 1;
      if (next.unmet === 0 && next.settled === undefined) this.#open.add(next);
    }
    const run = this.#runs.get(job.run);
    if (run === undefined) return;
    run.unfinished -= 1;
    const above = run.parentJob === undefined ? undefined : this.#jobs.get(run.parentJob);
    if (run.unfinished === 0 && above !== undefined) this.#succeedIfWhole(above);
  }
}
