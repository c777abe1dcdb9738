import { randomUUID } from 'node:crypto';
import type { Database } from '@tickwright/database';
import type { Clock, Log } from '@tickwright/runtime';
import {
  JobHopelessError,
  JobLeaseLostError,
  JobQueueClosedError,
  JobQueueFullError,
  JobStateError,
  JobUnknownError,
} from './errors.ts';
import { forgettable, withSubRuns } from './forgetting.ts';
import { JobChanges, storedGraph } from './job-changes.ts';
import { jobIdOf } from './job-graph.ts';
import type { JobGraph } from './job-graph.ts';
import { JobReader } from './job-reader.ts';
import type { JobRecord } from './job-record.ts';
import { JobStore } from './job-store.ts';
import type { JobId, JobProgress, Json, RunId, RunSpec, RunState } from './job.ts';
import { HeldLeases, LEASE_MS } from './lease.ts';
import type { Lease } from './lease.ts';
import { retryDelayMs } from './retry-delay.ts';
import { checkedJobs } from './run-check.ts';

/** Jobs held at a time, ended ones that are still remembered included. */
export const QUEUE_JOBS_MAX = 200_000;
/** Runs that have ended are forgotten after so many days, or when there are more. */
export const ENDED_KEPT_DAYS = 30;
export const ENDED_RUNS_MAX = 1_000;

const DAY_MICROS = 86_400_000_000;

export interface JobQueueOptions {
  /** `state.duckdb`, open; its owner closes it. */
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 <= x < 1, for the jitter. Default Math.random. */
  readonly random?: () => number;
  readonly endedKeptDays?: number;
  readonly endedRunsMax?: number;
}

/**
 * Durable jobs of one owner: what is answered is stored. Leases that another process has left are given back when the
 * queue is opened: a database has one owner, so that process is gone.
 */
export class JobQueue implements AsyncDisposable {
  /** Jobs and runs as they stand. */
  readonly view: JobReader;
  readonly #store: JobStore;
  readonly #clock: Clock;
  readonly #options: JobQueueOptions;
  readonly #graph: JobGraph;
  readonly #leases = new HeldLeases();
  readonly #changes: JobChanges;

  private constructor(options: JobQueueOptions, parts: { store: JobStore; graph: JobGraph }) {
    const { store, graph } = parts;
    this.view = new JobReader(graph, options.clock);
    this.#store = store;
    this.#graph = graph;
    this.#clock = options.clock;
    this.#options = options;
    this.#changes = new JobChanges({
      ...parts,
      clock: options.clock,
      onReadAgain: () => this.#loseUnstored(),
    });
  }

  static async open(options: JobQueueOptions): Promise<JobQueue> {
    const store = await JobStore.open(options.database);
    const queue = new JobQueue(options, { store, graph: await storedGraph(store) });
    await queue.#changes.inTurn(() => queue.#releaseLeft());
    return queue;
  }

  /**
   * Enqueues jobs, all or none; resolves to the run's id. A run whose id exists is left as it is. Errors: JobSpecError,
   * JobQueueFullError.
   */
  enqueue(spec: RunSpec): Promise<RunId> {
    return this.#changes.inTurn(() => this.#enqueue(spec.id ?? randomUUID(), spec));
  }

  /**
   * Enqueues jobs below a leased one, which then has succeeded only when they have. The run's name makes its id: a job
   * that is tried again finds what it was expanded into before. Errors: JobLeaseLostError and those of `enqueue`.
   */
  expand(lease: Lease, spec: Omit<RunSpec, 'id'>): Promise<RunId> {
    return this.#changes.inTurn(() => {
      this.#leased(lease);
      return this.#enqueue(jobIdOf(lease.job, spec.name), spec, lease.job);
    });
  }

  /** Lends the next job of one of these kinds that is due; undefined when there is none. */
  lease(options: { worker: string; kinds: readonly string[]; leaseMs?: number }): Promise<Lease | undefined> {
    const { worker, kinds, leaseMs = LEASE_MS } = options;
    const wanted = new Set(kinds);
    if (this.#changes.isFree && this.#nextDue(wanted) === undefined) return Promise.resolve(undefined);
    return this.#changes.inTurn(() => {
      const job = this.#nextDue(wanted);
      if (job === undefined) return undefined;
      const untilMicros = this.#clock.nowMicros() + leaseMs * 1_000;
      this.#changes.record([{ type: 'leased', job: job.id, worker, untilMicros }]);
      const token = this.#graph.sequence;
      const signal = this.#leases.hold(token, job.id, this.#clock.monotonicMs() + leaseMs);
      const { kind, input } = job.spec;
      return { job: job.id, run: job.run, kind, input, tries: job.tries, token, signal };
    });
  }

  /** Keeps a leased job for longer. Errors: JobLeaseLostError. */
  renew(lease: Lease, leaseMs = LEASE_MS): Promise<void> {
    return this.#changes.inTurn(() => {
      this.#leased(lease);
      const untilMicros = this.#clock.nowMicros() + leaseMs * 1_000;
      this.#changes.record([{ type: 'renewed', job: lease.job, untilMicros }]);
      this.#leases.extend(lease.token, this.#clock.monotonicMs() + leaseMs);
    });
  }

  /** Errors: JobLeaseLostError. */
  progress(lease: Lease, progress: JobProgress): Promise<void> {
    return this.#changes.inTurn(() => {
      this.#leased(lease);
      this.#changes.record([{ type: 'progressed', job: lease.job, progress }]);
    });
  }

  /** Errors: JobLeaseLostError: then what was done does not count, and another may do it again. */
  complete(lease: Lease, result: Json = null): Promise<void> {
    return this.#changes.inTurn(() => {
      this.#leased(lease);
      this.#changes.record([{ type: 'completed', job: lease.job, result }]);
      this.#leases.end(lease.token);
    });
  }

  /** Tried again after a while, unless its tries are used up or the error is a JobHopelessError. */
  fail(lease: Lease, error: unknown): Promise<void> {
    return this.#changes.inTurn(() => {
      const job = this.#leased(lease);
      const reason = error instanceof Error ? error.message : String(error);
      const isLast = job.failures + 1 >= job.spec.retry.maxTries || error instanceof JobHopelessError;
      const delayMs = retryDelayMs({ ...job.spec.retry, failures: job.failures + 1, random: this.#random });
      const retryMicros = this.#clock.nowMicros() + Math.ceil(delayMs * 1_000);
      this.#changes.record([{ type: 'failed', job: job.id, reason, ...(isLast ? {} : { retryMicros }) }]);
      this.#leases.end(lease.token);
    });
  }

  /** Gives a job back undone, for later where a delay is told; no failure of the job's. */
  release(lease: Lease, reason: string, delayMs = 0): Promise<void> {
    return this.#changes.inTurn(() => {
      this.#leased(lease);
      const retryMicros = this.#clock.nowMicros() + Math.ceil(delayMs * 1_000);
      const later = delayMs > 0 ? { retryMicros } : {};
      this.#changes.record([{ type: 'released', job: lease.job, reason, ...later }]);
      this.#leases.end(lease.token);
    });
  }

  /** Gives back the jobs of workers of this process that have not been heard of in time. */
  releaseExpired(): Promise<void> {
    if (this.#changes.isFree && this.#leases.expired(this.#clock.monotonicMs()).length === 0)
      return Promise.resolve();
    return this.#changes.inTurn(() => {
      const expired = this.#leases.expired(this.#clock.monotonicMs());
      this.#release(
        expired.flatMap((id) => this.#graph.job(id) ?? []),
        'its worker was not heard of in time',
      );
    });
  }

  /** Cancels a job with all below it, or all jobs of a run; those that have ended stay as they are. */
  cancel(id: JobId | RunId, reason: string): Promise<void> {
    return this.#changes.inTurn(() => {
      const jobs = this.#jobsBelow(id).filter((job) => job.settled === undefined);
      if (jobs.length === 0) throw new JobStateError({ action: 'cancel', id, state: 'at its end already' });
      const tokens = jobs.flatMap((job) => job.lease?.token ?? []);
      this.#changes.record(jobs.map((job) => ({ type: 'cancelled', job: job.id, reason })));
      for (const token of tokens) this.#leases.lose(token, new JobLeaseLostError(id));
    });
  }

  /** Has a failed or cancelled job tried anew, with those below it that failed. Errors: JobStateError, JobUnknownError. */
  retry(id: JobId | RunId): Promise<void> {
    return this.#changes.inTurn(() => {
      const jobs = this.#jobsBelow(id).filter(
        (job) => job.settled === 'failed' || job.settled === 'cancelled',
      );
      if (jobs.length === 0) {
        throw new JobStateError({ action: 'retry', id, state: 'neither failed nor cancelled' });
      }
      this.#changes.record(jobs.map((job) => ({ type: 'reset', job: job.id })));
    });
  }

  /** Resolves to how a run ended. Rejects with the signal's reason when aborted. */
  async ended(id: RunId, signal?: AbortSignal): Promise<RunState> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.view.runState(id) !== 'running' && (await this.#changes.areStored()))
        return this.view.runState(id);
      if (this.#changes.isClosed) throw new JobQueueClosedError();
      await this.#changes.next(signal);
    }
  }

  /** Resolves when something has changed, or when the signal is aborted. */
  changed(signal?: AbortSignal): Promise<void> {
    return this.#changes.next(signal);
  }

  /** How long until a job of these kinds is due that waits for its next try, milliseconds; undefined when none does. */
  nextDueMs(kinds: readonly string[]): number | undefined {
    let dueMicros = Infinity;
    for (const job of this.#graph.open.ofKinds(kinds)) dueMicros = Math.min(dueMicros, job.dueMicros);
    if (dueMicros === Infinity) return undefined;
    return Math.max(0, (dueMicros - this.#clock.nowMicros()) / 1_000);
  }

  /** Forgets runs that ended long ago or are too many. */
  compact(): Promise<void> {
    return this.#changes.alone(async () => {
      const { endedKeptDays = ENDED_KEPT_DAYS, endedRunsMax = ENDED_RUNS_MAX } = this.#options;
      const forgotten = forgettable(this.#graph, {
        nowMicros: this.#clock.nowMicros(),
        keptMicros: endedKeptDays * DAY_MICROS,
        runsMax: endedRunsMax,
      });
      if (forgotten.length === 0) return;
      const runs = forgotten.flatMap((run) => withSubRuns(this.#graph, run));
      await this.#store.forget({ runs, leased: [...this.#graph.leased].map((job) => job.id) });
      for (const run of forgotten) this.#graph.forget(run);
    });
  }

  /** Waits for what is being stored, forgets what is old, takes nothing more. The database stays open. Idempotent. */
  close(): Promise<void> {
    return this.#changes.close(() => this.compact());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #enqueue(id: RunId, spec: RunSpec, parentJob?: JobId): RunId {
    if (this.#graph.run(id) !== undefined) return id;
    const jobs = checkedJobs(spec);
    const held = this.#graph.jobCount;
    if (held + jobs.length > QUEUE_JOBS_MAX) {
      throw new JobQueueFullError({ asked: jobs.length, held, max: QUEUE_JOBS_MAX });
    }
    const { name } = spec;
    this.#changes.record([
      { type: 'enqueued', run: id, name, jobs, ...(parentJob === undefined ? {} : { parentJob }) },
    ]);
    return id;
  }

  #nextDue(kinds: ReadonlySet<string>): JobRecord | undefined {
    const now = this.#clock.nowMicros();
    // A wall clock that was set back must not put a try off for longer than it was meant to wait.
    return this.#graph.open.first(
      kinds,
      ({ dueMicros, putBackMicros }) => dueMicros <= now || now < putBackMicros,
    );
  }

  /** The job of a lease that still holds. */
  #leased(lease: Lease): JobRecord {
    const job = this.#graph.job(lease.job);
    if (job?.lease?.token !== lease.token) throw new JobLeaseLostError(lease.job);
    return job;
  }

  #jobsBelow(id: JobId | RunId): JobRecord[] {
    const run = this.#graph.run(id);
    const job = this.#graph.job(id);
    if (run === undefined && job === undefined) throw new JobUnknownError('job', id);
    const own = run === undefined ? (job === undefined ? [] : [job]) : this.#graph.jobsOf(run);
    return own.flatMap((each) => [each, ...each.runs.flatMap((below) => this.#jobsBelow(below))]);
  }

  #releaseLeft(): void {
    this.#release([...this.#graph.leased], 'its process has ended');
  }

  #release(jobs: readonly JobRecord[], reason: string): void {
    if (jobs.length === 0) return;
    const tokens = jobs.flatMap((job) => job.lease?.token ?? []);
    this.#changes.record(jobs.map((job) => ({ type: 'released', job: job.id, reason })));
    for (const token of tokens) this.#leases.lose(token, new JobLeaseLostError(reason));
    this.#options.log.info({ jobs: jobs.length, reason }, 'jobs were given back');
  }

  /** Whoever has a lease that is not stored loses it; one whose end is not stored runs out by itself. */
  #loseUnstored(): void {
    const leased = new Map([...this.#graph.leased].map((job) => [job.lease?.token ?? -1, job.id]));
    this.#leases.become(leased, {
      untilMs: this.#clock.monotonicMs() + LEASE_MS,
      reason: new JobLeaseLostError('its lease could not be stored'),
    });
  }

  get #random(): () => number {
    return this.#options.random ?? Math.random;
  }
}
