import { change } from './runner-api.ts';
import type { JobRow, RunRow } from './ops.ts';
import { getJson } from './rest.ts';

const NAME = 'backfill';
/** The newest so many are looked at. */
const SHOWN_MAX = 6;

export interface BackfillSpan {
  readonly instrument: string;
  readonly fromMicros: number;
  /** Until now where it is missing. */
  readonly toMicros?: number;
}

export interface BackfillStarted {
  readonly run: string;
  readonly jobs: number;
  readonly isKnown: boolean;
}

/** A backfill as far as it has come. */
export interface Backfill {
  readonly id: string;
  readonly instrument: string;
  readonly state: string;
  readonly askedMicros: number;
  /** Jobs that ended, and all there are by now. */
  readonly done: number;
  readonly total: number;
  /** Of a job that failed, or waits. */
  readonly reason: string;
}

/** Asks for a backfill. Errors: ApiError, 401 without the token. */
export async function startBackfill({
  instrument,
  fromMicros,
  toMicros,
}: BackfillSpan): Promise<BackfillStarted> {
  const body = { instrument, from: fromMicros, ...(toMicros === undefined ? {} : { to: toMicros }) };
  return (await change('ingestor/backfill', body)) as BackfillStarted;
}

/** The newest backfills, newest first. */
export async function backfills(): Promise<readonly Backfill[]> {
  const { runs } = await getJson<{ runs: readonly RunRow[] }>('/api/v1/ingestor/jobs');
  const own = runs
    .filter(({ name }) => name === NAME)
    .toReversed()
    .slice(0, SHOWN_MAX);
  return Promise.all(own.map(({ id }) => backfillOf(id)));
}

async function backfillOf(id: string): Promise<Backfill> {
  const { runs } = await getJson<{ runs: readonly RunRow[] }>('/api/v1/ingestor/jobs/tree', {
    query: { run: id },
  });
  const [run] = runs;
  const leaves = (run?.jobs ?? []).flatMap(leavesOf);
  const shares = leaves.map((job) => (isOver(job) ? 1 : shareOf(job)));
  return {
    id,
    instrument: id.slice(id.indexOf(' ') + 1),
    state: run?.state ?? 'forgotten',
    askedMicros: run?.enqueuedMicros ?? 0,
    done: shares.reduce((sum, share) => sum + share, 0),
    total: leaves.length,
    reason: leaves.find(({ state, reason }) => state !== 'succeeded' && reason !== undefined)?.reason ?? '',
  };
}

/** A job that was expanded into runs counts as those. */
function leavesOf(job: JobRow): readonly JobRow[] {
  const below = (job.runs ?? []).flatMap(({ jobs }) => jobs);
  return below.length === 0 ? [job] : below.flatMap(leavesOf);
}

function isOver({ state }: JobRow): boolean {
  return ['succeeded', 'failed', 'cancelled', 'skipped'].includes(state);
}

function shareOf({ progress }: JobRow): number {
  return progress === undefined || progress.total === 0 ? 0 : Math.min(1, progress.done / progress.total);
}
