import { HttpError } from '@tickwright/http';
import type { ParameterSchema, Route } from '@tickwright/http';
import type { JobQueue, JobState } from '@tickwright/jobs';
import { JobQueueClosedError, JobStateError, JobUnknownError } from '@tickwright/jobs';

const STATES: readonly JobState[] = [
  'waiting',
  'delayed',
  'ready',
  'running',
  'expanded',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
];

const ID: ParameterSchema = { type: 'string', description: 'id of a job or a run', maxLength: 500 };

/** What jobs there are, and what can be done to them. Ids contain slashes and bars: they are parameters. */
export function jobRoutes(queue: () => JobQueue): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/jobs',
      summary: 'Runs that are no sub-runs, oldest first; with `run` or `state`, jobs',
      query: {
        run: { ...ID, description: 'the jobs of this run' },
        state: { type: 'string', description: 'jobs in this state', enum: STATES },
      },
      handler: async ({ query: { run, state } }) => {
        const { view } = queue();
        if (run === undefined && state === undefined) return { runs: view.runs() };
        const jobs = view.jobs({
          ...(run === undefined ? {} : { run: String(run) }),
          ...(isState(state) ? { state } : {}),
        });
        return { jobs };
      },
    },
    {
      method: 'GET',
      path: '/api/v1/jobs/tree',
      summary: 'Runs with their jobs, and each job with the runs it was expanded into',
      query: { run: { ...ID, description: 'this run only; all of them without it' } },
      handler: async ({ query: { run } }) =>
        told(() => {
          const { view } = queue();
          const ids = run === undefined ? view.runs().map(({ id }) => id) : [String(run)];
          return { runs: ids.map((id) => view.hierarchy(id)) };
        }),
    },
    {
      method: 'POST',
      path: '/api/v1/jobs/retry',
      summary: 'Has a failed or cancelled job, or those of a run, tried anew',
      query: { id: ID },
      required: ['id'],
      handler: async ({ query }) =>
        told(async () => {
          await queue().retry(String(query['id']));
          return { id: query['id'], done: 'retry' };
        }),
    },
    {
      method: 'POST',
      path: '/api/v1/jobs/cancel',
      summary: 'Cancels a job with all below it, or all jobs of a run',
      query: { id: ID },
      required: ['id'],
      handler: async ({ query }) =>
        told(async () => {
          await queue().cancel(String(query['id']), 'asked for');
          return { id: query['id'], done: 'cancel' };
        }),
    },
  ];
}

function isState(value: unknown): value is JobState {
  return STATES.some((state) => state === value);
}

/** The queue's own errors as HTTP has them. */
async function told<T>(answer: () => T | Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof JobUnknownError) throw new HttpError(404, error.message);
    if (error instanceof JobStateError) throw new HttpError(409, error.message);
    if (error instanceof JobQueueClosedError) throw new HttpError(503, error.message);
    throw error;
  }
}
