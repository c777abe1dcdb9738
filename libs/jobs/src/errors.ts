import { TickwrightError } from '@tickwright/runtime';

/** Jobs that cannot be enqueued as they are told. Nothing was stored. */
export class JobSpecError extends TickwrightError {
  constructor(run: string, found: string) {
    super(`cannot enqueue the run "${run}": ${found}. Nothing was enqueued.`, { code: 'job-spec' });
  }
}

/** The queue holds as much as it may. Nothing was stored. */
export class JobQueueFullError extends TickwrightError {
  constructor(details: { readonly asked: number; readonly held: number; readonly max: number }) {
    super(
      `cannot enqueue ${details.asked} jobs: ${details.held} are held already and ${details.max} is the most. Cancel or wait for some first.`,
      { code: 'job-queue-full', canRetry: true },
    );
  }
}

/** There is no such job or run. */
export class JobUnknownError extends TickwrightError {
  constructor(what: 'job' | 'run', id: string) {
    super(`there is no ${what} "${id}". "tickwright jobs" lists those there are.`, { code: 'job-unknown' });
  }
}

/** The job is in a state in which this cannot be done to it. */
export class JobStateError extends TickwrightError {
  constructor(details: { readonly action: string; readonly id: string; readonly state: string }) {
    super(`cannot ${details.action} the job "${details.id}": it is ${details.state}.`, { code: 'job-state' });
  }
}

/** The lease is no longer this worker's: it ran out, or the job was cancelled. Whatever was done for it does not count. */
export class JobLeaseLostError extends TickwrightError {
  constructor(id: string) {
    super(`the lease of the job "${id}" is lost: it ran out or the job was cancelled.`, {
      code: 'job-lease-lost',
    });
  }
}

/** For handlers: the job cannot succeed however often it is tried. */
export class JobHopelessError extends TickwrightError {
  constructor(found: string, cause?: unknown) {
    super(found, { code: 'job-hopeless', ...(cause === undefined ? {} : { cause }) });
  }
}

/** For handlers: not now, but later; no failure of the job's. A venue that asks for silence is such a reason. */
export class JobPostponedError extends TickwrightError {
  /** Not tried again before this has passed. */
  readonly delayMs: number;

  constructor(found: string, options: { readonly delayMs: number; readonly cause?: unknown }) {
    const { delayMs, cause } = options;
    super(found, { code: 'job-postponed', canRetry: true, ...(cause === undefined ? {} : { cause }) });
    this.delayMs = delayMs;
  }
}

/** The queue is closed. */
export class JobQueueClosedError extends TickwrightError {
  constructor() {
    super('the job queue is closed: open it again before using it', { code: 'job-queue-closed' });
  }
}
