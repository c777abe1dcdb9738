/** Of a job: its run's id and its key in it, so that enqueuing the same again is the same job. */
export type JobId = string;
/** Of a run: a set of jobs that were enqueued together. */
export type RunId = string;

/** JSON values: what a job is given, and what it leaves. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** How many failures are one too many, and how long a job waits after one: doubled each time, with jitter. */
export interface JobRetry {
  readonly maxTries: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

export const DEFAULT_RETRY: JobRetry = { maxTries: 5, minDelayMs: 500, maxDelayMs: 60_000 };

/** A job to be enqueued. */
export interface JobSpec {
  /** Unique in its run. */
  readonly key: string;
  /** Names the handler that does it. */
  readonly kind: string;
  readonly input?: Json;
  /** Keys of jobs of the same run that must have succeeded first. */
  readonly dependsOn?: readonly string[];
  /** `DEFAULT_RETRY` unless told. */
  readonly retry?: Partial<JobRetry>;
}

/** Jobs to be enqueued together, all or none. */
export interface RunSpec {
  /** What people call it: `recovery`, `end of day`. */
  readonly name: string;
  /** Enqueuing a run whose id exists does nothing. Top-level runs only: a sub-run's id follows from its parent job. */
  readonly id?: RunId;
  readonly jobs: readonly JobSpec[];
}

/**
 * waiting: for jobs it depends on. delayed: until its next try. ready: for a worker. running: leased by one. expanded:
 * done itself, its sub-runs are not. skipped: something it depends on failed or was cancelled.
 */
export type JobState =
  'waiting' | 'delayed' | 'ready' | 'running' | 'expanded' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';

/** A run is running while any of its jobs can still get on by itself. */
export type RunState = 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface JobProgress {
  readonly done: number;
  readonly total: number;
  readonly note?: string;
}

/** A job as it stands. Times are integer microseconds UTC. */
export interface JobView {
  readonly id: JobId;
  readonly run: RunId;
  readonly key: string;
  readonly kind: string;
  readonly input: Json;
  readonly dependsOn: readonly JobId[];
  readonly state: JobState;
  /** Times a worker has had it. */
  readonly tries: number;
  /** Of its tries, those that ended with a failure; a worker that died or was stopped is none. */
  readonly failures: number;
  readonly maxTries: number;
  /** The worker that has it now, or had it last. */
  readonly worker?: string;
  /** When it may be tried again, in state `delayed`. */
  readonly dueMicros?: number;
  /** Why its last try failed, or why it is skipped. */
  readonly reason?: string;
  readonly result?: Json;
  readonly progress?: JobProgress;
  readonly enqueuedMicros: number;
  readonly changedMicros: number;
}

export interface RunView {
  readonly id: RunId;
  readonly name: string;
  readonly state: RunState;
  readonly parentJob?: JobId;
  readonly parentRun?: RunId;
  readonly enqueuedMicros: number;
  /** How many of its own jobs stand in each state that occurs. */
  readonly counts: Readonly<Partial<Record<JobState, number>>>;
}

/** A run with its jobs, and each job with the runs it was expanded into. */
export interface RunTree extends RunView {
  readonly jobs: readonly (JobView & { readonly runs: readonly RunTree[] })[];
}
