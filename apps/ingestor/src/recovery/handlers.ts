import type { JobContext, JobHandler, JobSpec, Json, RunId } from '@tickwright/jobs';
import { calendars } from '@tickwright/market';
import type { Gap } from '@tickwright/market';
import type { Jobs } from '../jobs/jobs.ts';
import { CandlesBehindError, fetchCandles, fetchWarmUp } from './candle-chunks.ts';
import { asJson, inputOf, resultOf, sizeOf } from './chunk-input.ts';
import type { Chunk, ChunkInput, ChunkResult, CoverageInput, InstrumentInput } from './chunk-input.ts';
import { jobError, recoveredOf } from './context.ts';
import type { Recovered, RecoveryContext } from './context.ts';
import { GAP_IDS_MAX, chunksOf, warmUpOf } from './plan.ts';
import { afterMicrosOf, fetchBelow, fetchIds, fetchOnward } from './trade-chunks.ts';
import type { ChunkWork } from './trade-chunks.ts';
import { isFirstMinute, judge, judgeFirstMinutes, judgeSoFar, record } from './verdict.ts';

export const INSTRUMENT_KIND = 'recovery.instrument';
const COVERAGE_KIND = 'recovery.coverage';
const LANE = 'recovery';
/** Plans and verdicts at a time: they wait for the queue's database, which stores what is asked for together at once. */
const PLAN_WORKERS = 8;
/** Chunks of a venue that are under way: one is asked for, the others wait for their turn or are being stored. */
const VENUE_WORKERS = 6;
/** Of an instrument in one run; those beyond it are the next run's. */
const GAPS_A_RUN = 50;
/** About three minutes of trying; after that the gap says why, and is looked at again later. */
export const CHUNK_RETRY = { maxTries: 6, minDelayMs: 1_000, maxDelayMs: 60_000 };
export const INSTRUMENT_RETRY = { maxTries: 3, minDelayMs: 500, maxDelayMs: 5_000 };
const COVERAGE_RETRY = { maxTries: 3, minDelayMs: 500, maxDelayMs: 5_000 };

/** Who does the jobs of a recovery: the plan of an instrument, its chunks (a lane a venue), and the verdict. */
export function handleRecovery(jobs: Jobs, context: RecoveryContext, options: { warmUpHours: number }): void {
  const lane = { name: LANE, workers: PLAN_WORKERS };
  const orFailed =
    (handler: JobHandler): JobHandler =>
    (job) =>
      handler(job).catch((error: unknown) => {
        throw jobError(error);
      });
  jobs.handle(
    INSTRUMENT_KIND,
    orFailed((job) => plan(context, job, options)),
    lane,
  );
  jobs.handle(
    COVERAGE_KIND,
    orFailed((job) => cover(context, jobs, job)),
    lane,
  );
  for (const { venue } of context.histories.list()) {
    const venueLane = { name: `history ${venue}`, workers: VENUE_WORKERS };
    jobs.handle(
      chunkKind(venue),
      orFailed((job) => fetchChunk(context, jobs, job)),
      venueLane,
    );
  }
}

export function chunkKind(venue: string): string {
  return `recovery.chunk.${venue}`;
}

/** An instrument's gaps as a DAG: of each its chunks, one after the other, then the verdict. */
async function plan(
  context: RecoveryContext,
  job: JobContext,
  { warmUpHours }: { warmUpHours: number },
): Promise<Json> {
  const { instrument: key, warmUpFromMicros } = inputOf<InstrumentInput>(job.input);
  const recovered = recoveredOf(context, key);
  const { pipeline } = context.core;
  pipeline.settle();
  const isWarmedUp = warmUpFromMicros > 0 && warmUpHours > 0;
  // Candles of the hours before tell of the first minute too: it is judged by these, and not asked for twice.
  const isToldBefore = (gap: Gap): boolean =>
    isWarmedUp && !recovered.history.hasTrades && isFirstMinute(gap);
  const open = pipeline.gaps
    .unfilledOf(key)
    .filter((gap) => (gap.state === 'open' || gap.state === 'filling') && !isToldBefore(gap))
    .slice(0, GAPS_A_RUN);
  const view = {
    hasTrades: recovered.history.hasTrades,
    missing: (from: number, to: number) => pipeline.deduplicator.holesWithin(recovered.number, from, to),
  };
  const planned = open.map((gap) => ({ gap, chunks: chunksOf(gap, view) }));
  const kind = chunkKind(recovered.history.venue);
  const specs = planned.flatMap(({ gap, chunks }, at) => jobsOfGap({ gap, chunks, kind, at }));
  if (isWarmedUp) {
    const calendar = calendars(recovered.instrument.calendar);
    const chunk = warmUpOf(key, { hours: warmUpHours, seenMicros: warmUpFromMicros, calendar });
    specs.push({ key: 'warm-up', kind, input: asJson({ gap: '', chunk }), retry: CHUNK_RETRY });
  }
  const isAsking = specs.length > 0;
  const requests = isAsking ? aheadOf(context, specs, await job.expand({ name: 'history', jobs: specs })) : 0;
  context.meter.planned(key, requests);
  const taken = planned.filter(({ chunks }) => chunks.length > 0);
  record(context, [
    ...taken
      .filter(({ gap }) => gap.state !== 'filling')
      .map(({ gap: { id } }) => ({
        verdict: { id, state: 'filling', reason: 'its history is asked for' } as const,
      })),
    ...planned
      .filter(({ chunks }) => chunks.length === 0)
      .map(({ gap: { id } }) => ({
        verdict: { id, state: 'unfillable', reason: `more than ${GAP_IDS_MAX} ids are missing` } as const,
      })),
  ]);
  return { gaps: planned.length, jobs: specs.length };
}

function jobsOfGap({
  gap,
  chunks,
  kind,
  at,
}: {
  gap: Gap;
  chunks: Chunk[];
  kind: string;
  at: number;
}): JobSpec[] {
  if (chunks.length === 0) return [];
  const keyOf = (n: number): string => `gap ${at + 1} chunk ${n + 1}`;
  const fetching = chunks.map((chunk, n) => ({
    key: keyOf(n),
    kind,
    input: asJson({ gap: gap.id, chunk }),
    dependsOn: n === 0 ? [] : [keyOf(n - 1)],
    retry: CHUNK_RETRY,
  }));
  const input = asJson({ instrument: gap.instrument, gap: gap.id });
  const dependsOn = [keyOf(chunks.length - 1)];
  const coverage = {
    key: `gap ${at + 1} coverage`,
    kind: COVERAGE_KIND,
    input,
    dependsOn,
    retry: COVERAGE_RETRY,
  };
  return [...fetching, coverage];
}

/** What a run has before it; how many requests that is, at least. */
export function aheadOf(
  { meter }: RecoveryContext,
  jobs: readonly { readonly key: string; readonly kind: string; readonly input?: Json }[],
  run: RunId,
): number {
  let requests = 0;
  for (const { key, kind, input } of jobs) {
    if (kind === COVERAGE_KIND || input === undefined) continue;
    requests += meter.begin(`${run}/${key}`, sizeOf(inputOf<ChunkInput>(input).chunk));
  }
  return requests;
}

async function fetchChunk(context: RecoveryContext, jobs: Jobs, job: JobContext): Promise<Json> {
  const { chunk, gap } = inputOf<ChunkInput>(job.input);
  const { meter } = context;
  const total = sizeOf(chunk);
  let done = 0;
  meter.begin(job.job, total);
  const work: ChunkWork = {
    signal: job.signal,
    afterMicros: afterMicrosOf(jobs.queue.view, { run: job.run, gap }),
    onPage: (count) => {
      done += count;
      meter.advance(job.job, count);
      job.progress({ done, total: Math.max(total, done) });
    },
  };
  const recovered = recoveredOf(context, chunk.instrument);
  const result = await fetched(context, recovered, { chunk, work }).catch(async (error: unknown) => {
    if (error instanceof CandlesBehindError)
      record(context, await judgeSoFar(context, { gap, toldToMicros: error.toldToMicros }));
    throw error;
  });
  if (chunk.what === 'warm-up') record(context, await judgeFirstMinutes(context, recovered));
  // One that failed or was put off lies ahead still; where it does not, the end of its instrument's job says so.
  meter.end(job.job);
  return asJson(result);
}

function fetched(
  context: RecoveryContext,
  recovered: Recovered,
  { chunk, work }: { chunk: Chunk; work: ChunkWork },
): Promise<ChunkResult> {
  switch (chunk.what) {
    case 'ids':
      return fetchIds(context, recovered, { chunk, work });
    case 'onward':
      return fetchOnward(context, recovered, { chunk, work });
    case 'below':
      return fetchBelow(context, recovered, { chunk, work });
    case 'candles':
      return fetchCandles(context, recovered, { chunk, work });
    case 'warm-up':
      return fetchWarmUp(context, recovered, { chunk, work });
  }
}

async function cover(context: RecoveryContext, jobs: Jobs, job: JobContext): Promise<Json> {
  const { instrument, gap } = inputOf<CoverageInput>(job.input);
  const recovered = recoveredOf(context, instrument);
  const done = jobs.queue.view.jobs({ run: job.run, state: 'succeeded' }).flatMap(({ input, result }) => {
    const left = resultOf(result);
    return left === undefined ? [] : [{ ...inputOf<ChunkInput>(input), result: left }];
  });
  const judgement = await judge(context, recovered, { gap, done: done.filter((one) => one.gap === gap) });
  record(context, judgement === undefined ? [] : [judgement]);
  // History that begins below leaves a first minute of its own; the venue's candles may have come before it.
  record(context, await judgeFirstMinutes(context, recovered));
  if (judgement === undefined) return 'it was filled before';
  const { state, reason } = judgement.verdict;
  return `${state}: ${reason}`;
}
