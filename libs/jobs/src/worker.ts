import { linkedSignal } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { JobLeaseLostError, JobPostponedError, JobQueueClosedError } from './errors.ts';
import type { JobQueue } from './job-queue.ts';
import type { JobId, JobProgress, Json, RunId, RunSpec } from './job.ts';
import { LEASE_MS } from './lease.ts';
import type { Lease } from './lease.ts';
import { workerIdentity } from './worker-identity.ts';

/** A worker that found nothing looks again after so long at the latest. */
const IDLE_MS = 1_000;
/** Progress is stored at most this often; the last one of a job is in its result. */
const PROGRESS_MS = 500;

/** What a handler may know and do. */
export interface JobContext {
  readonly job: JobId;
  readonly run: RunId;
  readonly input: Json;
  readonly tries: number;
  /** Aborted when the job is cancelled, its lease is lost, or the workers are stopped. */
  readonly signal: AbortSignal;
  /** Tells how far it is. Cheap: stored twice a second at most. */
  progress(progress: JobProgress): void;
  /** Enqueues jobs below this one; it has succeeded when it and they have. Doing it again changes nothing. */
  expand(run: Omit<RunSpec, 'id'>): Promise<RunId>;
}

/**
 * Does a job; what it returns is the job's result. May be called again for the same job after a crash at any point, so
 * what it does must come to the same when done twice. A JobHopelessError is not tried again, a JobPostponedError is tried
 * again after its delay and is no failure, any other error is tried again as the job's `retry` says.
 */
export type JobHandler = (context: JobContext) => Promise<Json | undefined>;

export interface WorkOptions {
  readonly queue: JobQueue;
  /** By kind of job. Jobs of other kinds are left for others. */
  readonly handlers: ReadonlyMap<string, JobHandler>;
  /** How many loops work side by side. */
  readonly workers: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Stops the workers: what runs is aborted and given back. */
  readonly signal: AbortSignal;
  readonly leaseMs?: number;
}

/** Works until the signal is aborted; resolves when all loops have ended. */
export async function workJobs(options: WorkOptions): Promise<void> {
  const loops = Array.from({ length: options.workers }, () => workLoop(options, workerIdentity()));
  await Promise.all(loops);
}

async function workLoop(options: WorkOptions, worker: string): Promise<void> {
  const { queue, handlers, clock, signal, log, leaseMs = LEASE_MS } = options;
  const kinds = [...handlers.keys()];
  while (!signal.aborted) {
    try {
      await queue.releaseExpired();
      const changed = new AbortController();
      const woken = queue.changed(changed.signal);
      const lease = await queue.lease({ worker, kinds, leaseMs });
      if (lease === undefined) await idle(options, { woken, kinds });
      changed.abort();
      if (lease !== undefined) await work(options, lease);
    } catch (error) {
      if (isStopped(signal)) return;
      // The database takes nothing just now: nothing is lost, the job is leased or is not.
      log.warn({ error: String(error), worker }, 'a worker could not go on; it tries again');
      await clock.sleep(IDLE_MS, signal).catch(stopped);
    }
  }
}

function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Until something changes, a job is due, or a while has passed. */
async function idle(
  options: WorkOptions,
  { woken, kinds }: { woken: Promise<void>; kinds: readonly string[] },
): Promise<void> {
  const { queue, clock, signal } = options;
  const waitMs = Math.min(IDLE_MS, Math.max(1, queue.nextDueMs(kinds) ?? IDLE_MS));
  using either = linkedSignal(signal);
  await Promise.race([woken, clock.sleep(waitMs, either.signal).catch(stopped)]);
  either.abort();
}

async function work(options: WorkOptions, lease: Lease): Promise<void> {
  const { queue, handlers, signal, log } = options;
  const handler = handlers.get(lease.kind);
  if (handler === undefined) return queue.release(lease, `nobody here does ${lease.kind}`);
  const ended = new AbortController();
  const renewing = keepLeased(options, lease, ended.signal);
  const reporting = { lastMs: Number.NEGATIVE_INFINITY };
  using both = linkedSignal(signal, lease.signal);
  try {
    const result = await handler({
      job: lease.job,
      run: lease.run,
      input: lease.input,
      tries: lease.tries,
      signal: both.signal,
      expand: (run) => queue.expand(lease, run),
      progress: (progress) => report(options, { lease, progress, reporting }),
    });
    await queue.complete(lease, result ?? null);
  } catch (error) {
    if (lease.signal.aborted || error instanceof JobLeaseLostError) {
      log.info({ job: lease.job }, 'a job was taken away from its worker');
      return;
    }
    if (signal.aborted) return await queue.release(lease, 'its worker was stopped');
    if (error instanceof JobPostponedError) {
      log.info({ job: lease.job, delayMs: error.delayMs, reason: error.message }, 'a job was put off');
      return await queue.release(lease, error.message, error.delayMs);
    }
    log.warn({ job: lease.job, tries: lease.tries, error: String(error) }, 'a job failed');
    await queue.fail(lease, error);
  } finally {
    ended.abort();
    await renewing;
  }
}

/** Says three times in a lease that its worker lives. */
async function keepLeased(options: WorkOptions, lease: Lease, ended: AbortSignal): Promise<void> {
  const { queue, clock, log, leaseMs = LEASE_MS } = options;
  for (;;) {
    try {
      await clock.sleep(leaseMs / 3, ended);
      await queue.renew(lease, leaseMs);
    } catch (error) {
      // A queue that is closed gives every lease back when it is opened again.
      if (ended.aborted || error instanceof JobLeaseLostError || error instanceof JobQueueClosedError) return;
      log.warn({ job: lease.job, error: String(error) }, 'a lease could not be renewed; it is tried again');
    }
  }
}

function report(
  { queue, clock, log }: WorkOptions,
  { lease, progress, reporting }: { lease: Lease; progress: JobProgress; reporting: { lastMs: number } },
): void {
  const now = clock.monotonicMs();
  if (now - reporting.lastMs < PROGRESS_MS) return;
  reporting.lastMs = now;
  queue.progress(lease, progress).catch((error: unknown) => {
    log.debug({ job: lease.job, error: String(error) }, 'progress was not stored');
  });
}

function stopped(): void {
  // Aborted: the loop sees it.
}
