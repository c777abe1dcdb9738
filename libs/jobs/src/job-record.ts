import type { EnqueuedJob } from './job-event.ts';
import type { JobId, JobProgress, Json, RunId } from './job.ts';

/** What the events have said of a job. What follows from other jobs is not kept here but asked (`job-states.ts`). */
export interface JobRecord {
  readonly id: JobId;
  readonly run: RunId;
  readonly spec: EnqueuedJob;
  readonly dependsOn: readonly JobId[];
  readonly enqueuedMicros: number;
  /** Runs that it was expanded into. */
  readonly runs: RunId[];
  /** Jobs of its run that wait for it. */
  readonly dependents: JobRecord[];
  /** How many of those that it waits for have not succeeded. */
  unmet: number;
  /** It is completed, and so are all runs that it was expanded into. Never taken back. */
  hasSucceeded: boolean;
  /** Times it was leased, and how many of those ended with a failure. */
  tries: number;
  failures: number;
  worker: string | undefined;
  /** While it is leased: until when, and the sequence number of the lease, which tells it from any other. */
  lease: { untilMicros: number; readonly token: number } | undefined;
  settled: 'completed' | 'failed' | 'cancelled' | undefined;
  dueMicros: number;
  /** When it was given that time: a clock that shows less was set back. */
  putBackMicros: number;
  reason: string | undefined;
  result: Json | undefined;
  progress: JobProgress | undefined;
  changedMicros: number;
}

export interface RunRecord {
  readonly id: RunId;
  readonly name: string;
  readonly parentJob: JobId | undefined;
  readonly jobs: readonly JobId[];
  readonly enqueuedMicros: number;
  /** Of its own jobs, how many have not succeeded. */
  unfinished: number;
}
