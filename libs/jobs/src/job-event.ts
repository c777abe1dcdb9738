import type { JobId, JobProgress, JobRetry, Json, RunId } from './job.ts';

/** A job as its run was enqueued with it. */
export interface EnqueuedJob {
  readonly key: string;
  readonly kind: string;
  readonly input: Json;
  readonly dependsOn: readonly string[];
  readonly retry: JobRetry;
}

/** What has happened. The state of all jobs is the fold of these, in order. */
export type JobEvent =
  | {
      readonly type: 'enqueued';
      readonly run: RunId;
      readonly name: string;
      readonly parentJob?: JobId;
      readonly jobs: readonly EnqueuedJob[];
    }
  | {
      readonly type: 'leased';
      readonly job: JobId;
      readonly worker: string;
      readonly untilMicros: number;
    }
  | { readonly type: 'renewed'; readonly job: JobId; readonly untilMicros: number }
  | { readonly type: 'progressed'; readonly job: JobId; readonly progress: JobProgress }
  | { readonly type: 'completed'; readonly job: JobId; readonly result: Json }
  /** `retryMicros` is when it may be tried again; absent when the tries are used up or trying again is of no use. */
  | {
      readonly type: 'failed';
      readonly job: JobId;
      readonly reason: string;
      readonly retryMicros?: number;
    }
  /** A worker gave it back or put it off, died or was too slow: no failure of the job's, and another may have it. */
  | {
      readonly type: 'released';
      readonly job: JobId;
      readonly reason: string;
      /** Not to be tried again before this time. */
      readonly retryMicros?: number;
    }
  | { readonly type: 'cancelled'; readonly job: JobId; readonly reason: string }
  /** Somebody asked for a failed or cancelled job to be tried anew, with all of its tries. */
  | { readonly type: 'reset'; readonly job: JobId };

/** An event with its place in the order and its time. */
export interface RecordedEvent {
  readonly sequence: number;
  readonly atMicros: number;
  readonly event: JobEvent;
}
