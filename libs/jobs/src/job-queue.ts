import { randomUUID } from 'node:crypto';
import type { Database } from '@tickwright/database';
import type { Clock, Log } from '@tickwright/runtime';
import { Changes } from './changes.ts';
import {
  JobHopelessError,
  JobLeaseLostError,
  JobQueueClosedError,
  JobQueueFullError,
  JobStateError,
  JobUnknownError,
} from './errors.ts';
import { forgettable, withSubRuns } from './forgetting.ts';
import { GroupCommit } from './group-commit.ts';
import type { JobEvent } from './job-event.ts';
import { JobGraph, jobIdOf } from './job-graph.ts';
import { JobReader } from './job-reader.ts';
import type { JobRecord } from './job-record.ts';
import { JobStore } from './job-store.ts';
import type { StoredEvent } from './job-store.ts';
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
 * Durable jobs of one owner. Changes are decided one after the other, each on what those before it have made, and stored
 * in that order by one writer however many workers there are; what is answered is stored. A change that could not be
 * stored takes those with it that were decided after it: memory is then read from the database again. Leases that another
 * process has left are given back when the queue is opened: a database has one owner, so that process is gone.
 */
export class JobQueue implements AsyncDisposable {
  /** Jobs and runs as they stand. */
  readonly view: JobReader;
  readonly #store: JobStore;
  readonly #clock: Clock;
  readonly #options: JobQueueOptions;
  readonly #graph: JobGraph;
  readonly #leases = new HeldLeases();
  readonly #changes = new Changes();
  readonly #commit: GroupCommit;
  /** What the change that is being decided has recorded. */
  #recorded: StoredEvent[] = [];
  /** Memory tells what is not stored: it is read again before anything else is decided. */
  #isAhead = false;
  /** While memory is read again, or old runs are forgotten: changes wait for it. */
  #held: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(store: JobStore, graph: JobGraph, options: JobQueueOptions) {
    this.view = new JobReader(graph, options.clock);
    this.#store = store;
    this.#graph = graph;
    this.#clock = options.clock;
    this.#options = options;
    this.#commit = new GroupCommit({
      append: (events) => store.append(events),
      onFailure: () => {
        this.#isAhead = true;
      },
    });
  }

  static async open(options: JobQueueOptions): Promise<JobQueue> {
    const store = await JobStore.open(options.database);
    const queue = new JobQueue(store, await graphOf(store), options);
    await queue.#inTurn(() => queue.#releaseLeft());
    return queue;
  }

  /**
   * Enqueues jobs, all or none; resolves to the run's id. A run whose id exists is left as it is. Errors: JobSpecError,
   * JobQueueFullError.
   */
  enqueue(spec: RunSpec): Promise<RunId> {
    return this.#inTurn(() => this.#enqueue(spec.id ?? randomUUID(), spec));
  }

  /**
   * Enqueues jobs below a leased one, which then has succeeded only when they have. The run's name makes its id: a job
   * that is tried again finds what it was expanded into before. Errors: JobLeaseLostError and those of `enqueue`.
   */
  expand(lease: Lease, spec: Omit<RunSpec, 'id'>): Promise<RunId> {
    return this.#inTurn(() => {
      this.#leased(lease);
      return this.#enqueue(jobIdOf(lease.job, spec.name), spec, lease.job);
    });
  }

  /** Lends the next job of one of these kinds that is due; undefined when there is none. */
  lease(options: { worker: string; kinds: readonly string[]; leaseMs?: number }): Promise<Lease | undefined> {
    const { worker, kinds, leaseMs = LEASE_MS } = options;
    const wanted = new Set(kinds);
    if (this.#isFree && this.#nextDue(wanted) === undefined) return Promise.resolve(undefined);
    return this.#inTurn(() => {
      const job = this.#nextDue(wanted);
      if (job === undefined) return undefined;
      const untilMicros = this.#clock.nowMicros() + leaseMs * 1_000;
      this.#record([{ type: 'leased', job: job.id, worker, untilMicros }]);
      const token = this.#graph.sequence;
      const signal = this.#leases.hold(token, job.id, this.#clock.monotonicMs() + leaseMs);
      const { kind, input } = job.spec;
      return { job: job.id, run: job.run, kind, input, tries: job.tries, token, signal };
    });
  }

  /** Keeps a leased job for longer. Errors: JobLeaseLostError. */
  renew(lease: Lease, leaseMs = LEASE_MS): Promise<void> {
    return this.#inTurn(() => {
      this.#leased(lease);
      const untilMicros = this.#clock.nowMicros() + leaseMs * 1_000;
      this.#record([{ type: 'renewed', job: lease.job, untilMicros }]);
      this.#leases.extend(lease.token, this.#clock.monotonicMs() + leaseMs);
    });
  }

  /** Errors: JobLeaseLostError. */
  progress(lease: Lease, progress: JobProgress): Promise<void> {
    return this.#inTurn(() => {
      this.#leased(lease);
      this.#record([{ type: 'progressed', job: lease.job, progress }]);
    });
  }

  /** Errors: JobLeaseLostError: then what was done does not count, and another may do it again. */
  complete(lease: Lease, result: Json = null): Promise<void> {
    return this.#inTurn(() => {
      this.#leased(lease);
      this.#record([{ type: 'completed', job: lease.job, result }]);
      this.#leases.end(lease.token);
    });
  }

  /** Tried again after a while, unless its tries are used up or the error is a JobHopelessError. */
  fail(lease: Lease, error: unknown): Promise<void> {
    return this.#inTurn(() => {
      const job = this.#leased(lease);
      const reason = error instanceof Error ? error.message : String(error);
      const isLast = job.failures + 1 >= job.spec.retry.maxTries || error instanceof JobHopelessError;
      const delayMs = retryDelayMs({ ...job.spec.retry, failures: job.failures + 1, random: this.#random });
      const retryMicros = this.#clock.nowMicros() + Math.ceil(delayMs * 1_000);
      this.#record([{ type: 'failed', job: job.id, reason, ...(isLast ? {} : { retryMicros }) }]);
      this.#leases.end(lease.token);
    });
  }

  /** Gives a job back undone, for later where a delay is told; no failure of the job's. */
  release(lease: Lease, reason: string, delayMs = 0): Promise<void> {
    return this.#inTurn(() => {
      this.#leased(lease);
      const retryMicros = this.#clock.nowMicros() + Math.ceil(delayMs * 1_000);
      const later = delayMs > 0 ? { retryMicros } : {};
      this.#record([{ type: 'released', job: lease.job, reason, ...later }]);
      this.#leases.end(lease.token);
    });
  }

  /** Gives back the jobs of workers of this process that have not been heard of in time. */
  releaseExpired(): Promise<void> {
    if (this.#isFree && this.#leases.expired(this.#clock.monotonicMs()).length === 0)
      return Promise.resolve();
    return this.#inTurn(() => {
      const expired = this.#leases.expired(this.#clock.monotonicMs());
      this.#release(
        expired.flatMap((id) => this.#graph.job(id) ?? []),
        'its worker was not heard of in time',
      );
    });
  }

  /** Cancels a job with all below it, or all jobs of a run; those that have ended stay as they are. */
  cancel(id: JobId | RunId, reason: string): Promise<void> {
    return this.#inTurn(() => {
      const jobs = this.#jobsBelow(id).filter((job) => job.settled === undefined);
      if (jobs.length === 0) throw new JobStateError({ action: 'cancel', id, state: 'at its end already' });
      const tokens = jobs.flatMap((job) => job.lease?.token ?? []);
      this.#record(jobs.map((job) => ({ type: 'cancelled', job: job.id, reason })));
      for (const token of tokens) this.#leases.lose(token, new JobLeaseLostError(id));
    });
  }

  /** Has a failed or cancelled job tried anew, with those below it that failed. Errors: JobStateError, JobUnknownError. */
  retry(id: JobId | RunId): Promise<void> {
    return this.#inTurn(() => {
      const jobs = this.#jobsBelow(id).filter(
        (job) => job.settled === 'failed' || job.settled === 'cancelled',
      );
      if (jobs.length === 0) {
        throw new JobStateError({ action: 'retry', id, state: 'neither failed nor cancelled' });
      }
      this.#record(jobs.map((job) => ({ type: 'reset', job: job.id })));
    });
  }

  /** Resolves to how a run ended. Rejects with the signal's reason when aborted. */
  async ended(id: RunId, signal?: AbortSignal): Promise<RunState> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.view.runState(id) !== 'running') {
        await this.#commit.idle();
        if (!this.#isAhead) return this.view.runState(id);
      }
      if (this.#closed !== undefined) throw new JobQueueClosedError();
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
    return this.#alone(async () => {
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
    this.#closed ??= this.compact().finally(() => {
      this.#changes.notify();
    });
    return this.#closed;
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
    this.#record([
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
    this.#record(jobs.map((job) => ({ type: 'released', job: job.id, reason })));
    for (const token of tokens) this.#leases.lose(token, new JobLeaseLostError(reason));
    this.#options.log.info({ jobs: jobs.length, reason }, 'jobs were given back');
  }

  /** Applies events, which are stored before the change that recorded them is answered. */
  #record(events: readonly JobEvent[]): void {
    const atMicros = this.#clock.nowMicros();
    for (const event of events) {
      const run = event.type === 'enqueued' ? event.run : (this.#graph.job(event.job)?.run ?? '');
      const recorded = { sequence: this.#graph.sequence + 1, atMicros, event, run };
      this.#graph.apply(recorded);
      this.#recorded.push(recorded);
    }
    if (events.length > 0) this.#changes.notify();
  }

  /** Whether memory is what is stored, or will be: a change can be decided at once. */
  get #isFree(): boolean {
    return this.#closed === undefined && this.#held === undefined && !this.#isAhead;
  }

  /** One change after the other: each decides on what those before it have decided. */
  async #inTurn<T>(change: () => T): Promise<T> {
    while (!this.#isFree) {
      if (this.#closed !== undefined) throw new JobQueueClosedError();
      this.#held ??= this.#readAgain().finally(() => {
        this.#held = undefined;
      });
      await this.#held;
    }
    const value = change();
    await this.#commit.add(this.#recorded.splice(0));
    return value;
  }

  /** Does something while no change is decided or stored. */
  async #alone(work: () => Promise<void>): Promise<void> {
    while (this.#held !== undefined) await this.#held;
    const done = (async () => {
      await this.#commit.idle();
      if (this.#isAhead) await this.#readAgain();
      await work();
    })();
    this.#held = done
      .catch(() => {
        // Told to whoever asked for it; changes go on from what is stored.
      })
      .finally(() => {
        this.#held = undefined;
      });
    await done;
  }

  /** Memory becomes what is stored; leases that are not are lost. */
  async #readAgain(): Promise<void> {
    await this.#commit.idle();
    this.#graph.become(await graphOf(this.#store));
    const leased = new Map([...this.#graph.leased].map((job) => [job.lease?.token ?? -1, job.id]));
    // Whoever has a lease that is not stored loses it; one whose end is not stored runs out by itself.
    this.#leases.become(leased, {
      untilMs: this.#clock.monotonicMs() + LEASE_MS,
      reason: new JobLeaseLostError('its lease could not be stored'),
    });
    this.#isAhead = false;
    this.#changes.notify();
  }

  get #random(): () => number {
    return this.#options.random ?? Math.random;
  }
}

async function graphOf(store: JobStore): Promise<JobGraph> {
  const graph = new JobGraph();
  for await (const event of store.load()) graph.apply(event);
  return graph;
}
