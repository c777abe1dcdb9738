import type { RunRow } from './ops.ts';
import { getJson } from './rest.ts';

/** An ended day, compared with the venue's own candles. */
export interface ComparedDay {
  readonly report: string;
  readonly calendar: string;
  /** YYYY-MM-DD of the venue. */
  readonly date: string;
  readonly differences: number;
  readonly byInstrument: Readonly<Record<string, number>>;
}

/** One field of one minute. Without `ours` or `theirs` that side has no candle there. */
export interface CandleDifference {
  readonly instrument: string;
  readonly openTime: string;
  readonly field: string;
  readonly ours?: number;
  readonly theirs?: number;
}

/** Newest first. */
export async function comparedDays(): Promise<readonly ComparedDay[]> {
  return (await getJson<{ days: readonly ComparedDay[] }>('/api/v1/ingestor/end-of-day')).days;
}

/** The first `limit` differences of a day. */
export async function differencesOf(day: ComparedDay, limit: number): Promise<readonly CandleDifference[]> {
  const path = `/api/v1/ingestor/end-of-day/${encodeURIComponent(day.report)}`;
  return (await getJson<{ listed: readonly CandleDifference[] }>(path, { query: { limit } })).listed;
}

/** The ends of days that the ingestor still knows of as jobs, newest first, each with its steps below it. */
export async function dayRuns(): Promise<readonly RunRow[]> {
  const { runs } = await getJson<{ runs: readonly RunRow[] }>('/api/v1/ingestor/jobs');
  const own = runs.filter(({ name }) => name === 'end of day').toReversed();
  const trees = own
    .slice(0, 1)
    .map(async ({ id }) =>
      getJson<{ runs: readonly RunRow[] }>('/api/v1/ingestor/jobs/tree', { query: { run: id } }),
    );
  return (await Promise.all(trees)).flatMap((tree) => tree.runs);
}
