export { JobQueue, ENDED_KEPT_DAYS, ENDED_RUNS_MAX, QUEUE_JOBS_MAX } from './job-queue.ts';
export type { JobQueueOptions } from './job-queue.ts';
export type { JobReader } from './job-reader.ts';
export { DEFAULT_RETRY } from './job.ts';
export type {
  JobId,
  JobProgress,
  JobRetry,
  JobSpec,
  JobState,
  JobView,
  Json,
  RunId,
  RunSpec,
  RunState,
  RunTree,
  RunView,
} from './job.ts';
export { LEASE_MS } from './lease.ts';
export type { Lease } from './lease.ts';
export { workJobs } from './worker.ts';
export type { JobContext, JobHandler, WorkOptions } from './worker.ts';
export { workerIdentity } from './worker-identity.ts';
export { openJobDatabase } from './job-database.ts';
export type { JobDatabase } from './job-database.ts';
export { nextTime, onSchedule, ScheduleError } from './schedule.ts';
export type { Schedule } from './schedule.ts';
export { INPUT_BYTES_MAX, RUN_JOBS_MAX } from './run-check.ts';
export {
  JobHopelessError,
  JobLeaseLostError,
  JobPostponedError,
  JobQueueClosedError,
  JobQueueFullError,
  JobSpecError,
  JobStateError,
  JobUnknownError,
} from './errors.ts';
