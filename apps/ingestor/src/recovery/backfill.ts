import type { JobSpec, RunId } from '@tickwright/jobs';
import { MINUTE_MICROS, calendars } from '@tickwright/market';
import type { Gap, Instrument } from '@tickwright/market';
import { TickwrightError } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import type { Core } from '../core.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { asJson, inputOf } from './chunk-input.ts';
import type { ChunkInput, InstrumentInput } from './chunk-input.ts';
import { CHUNK_RETRY, INSTRUMENT_KIND, INSTRUMENT_RETRY, chunkKind } from './handlers.ts';
import { minuteOf } from './trading-time.ts';
import type { VenueHistories } from './venue-histories.ts';
import { record } from './verdict.ts';

export const BACKFILL_NAME = 'backfill';
/** Minutes of one chunk: one answer of most venues, so that progress shows. */
const CHUNK_MICROS = 12 * 60 * MINUTE_MICROS;
/** A longer range is asked for in parts. */
export const BACKFILL_DAYS_MAX = 366;
const RANGE_MICROS_MAX = BACKFILL_DAYS_MAX * 24 * 60 * MINUTE_MICROS;

export interface BackfillRequest {
  readonly instrument: string;
  /** Microseconds UTC: [from, to), widened to whole minutes, as far as there are any by now. */
  readonly fromMicros: number;
  readonly toMicros: number;
}

export interface BackfillAnswer {
  readonly run: RunId;
  /** How many jobs the run has; one that plans gaps expands into more. */
  readonly jobs: number;
  /** Ids of the unfilled gaps that touch the range. */
  readonly gaps: readonly string[];
  /** Whether the very same was under way already. */
  readonly isKnown: boolean;
}

/** `backfill-impossible`: there is nobody to ask, or nothing to ask for. */
export class BackfillImpossibleError extends TickwrightError {
  constructor(message: string) {
    super(message, { code: 'backfill-impossible', canRetry: false });
  }
}

export interface BackfillParts {
  readonly core: Core;
  readonly jobs: Jobs;
  readonly histories: Pick<VenueHistories, 'of'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Has what is missing of an instrument's range asked for now, by a run of jobs: its unfilled gaps as recovery does it,
 * also those that were given up, and the venue's candles of all its minutes. What is stored already is not doubled.
 * Errors: BackfillImpossibleError.
 */
export async function enqueueBackfill(
  parts: BackfillParts,
  request: BackfillRequest,
): Promise<BackfillAnswer> {
  const { core, jobs, histories, clock, log } = parts;
  const { instrument } = request;
  const history = histories.of(instrument);
  if (history === undefined)
    throw new BackfillImpossibleError(
      `nobody here can be asked for the history of ${instrument}: its source has no REST address`,
    );
  const span = minutesOf(request, clock.nowMicros());
  const gaps = touched(core.pipeline.gaps.unfilledOf(instrument), span);
  const known = sameRun(jobs, instrument, span);
  if (known !== undefined) return { ...known, gaps: gaps.map(({ id }) => id), isKnown: true };
  const specs = candleJobs(core.instruments.at(core.instruments.indexOf(instrument)), {
    ...span,
    kind: chunkKind(history.venue),
  });
  // Where recovery has it in hand, a second plan of the same gaps would only ask twice.
  if (gaps.length > 0 && !isInHand(jobs, instrument)) {
    reopen(core, gaps);
    const input = asJson({ instrument, warmUpFromMicros: 0 });
    specs.push({ key: 'gaps', kind: INSTRUMENT_KIND, input, retry: INSTRUMENT_RETRY });
  }
  if (specs.length === 0)
    throw new BackfillImpossibleError(
      gaps.length > 0
        ? `recovery has the gaps of ${instrument} in hand already`
        : `${instrument}: no minute of this range was traded and is over, and no gap touches it`,
    );
  const run = await jobs.queue.enqueue({
    name: BACKFILL_NAME,
    id: `${BACKFILL_NAME}/${isoOf(clock.nowMicros())} ${instrument}`,
    jobs: specs,
  });
  log.info({ run, instrument, jobs: specs.length, gaps: gaps.length }, 'a backfill was asked for');
  return { run, jobs: specs.length, gaps: gaps.map(({ id }) => id), isKnown: false };
}

function minutesOf(
  { instrument, fromMicros, toMicros }: BackfillRequest,
  nowMicros: number,
): { fromMicros: number; toMicros: number } {
  const from = minuteOf(fromMicros);
  const to = Math.min(Math.ceil(toMicros / MINUTE_MICROS) * MINUTE_MICROS, minuteOf(nowMicros));
  if (to - from > RANGE_MICROS_MAX)
    throw new BackfillImpossibleError(`${instrument}: ask for ${BACKFILL_DAYS_MAX} days at a time at most`);
  return { fromMicros: from, toMicros: to };
}

function touched(gaps: readonly Gap[], span: { fromMicros: number; toMicros: number }): Gap[] {
  return gaps.filter(
    ({ fromMicros, toMicros }) =>
      fromMicros < span.toMicros + MINUTE_MICROS && (toMicros < 0 || toMicros >= span.fromMicros),
  );
}

/** The venue's candles of the minutes that are traded in, chunk by chunk. */
function candleJobs(
  instrument: Instrument,
  { fromMicros, toMicros, kind }: { fromMicros: number; toMicros: number; kind: string },
): JobSpec[] {
  const calendar = calendars(instrument.calendar);
  const jobs: JobSpec[] = [];
  for (let from = fromMicros; from < toMicros; from += CHUNK_MICROS) {
    const to = Math.min(toMicros, from + CHUNK_MICROS);
    if (calendar.expectedMinutes(from, to) === 0) continue;
    const chunk = { what: 'warm-up', instrument: instrument.key, fromMicros: from, toMicros: to } as const;
    jobs.push({ key: `candles ${isoOf(from)}`, kind, input: asJson({ gap: '', chunk }), retry: CHUNK_RETRY });
  }
  return jobs;
}

/** A run that asks for the same minutes and has not ended: a second click is no second job. */
function sameRun(
  { queue: { view } }: Jobs,
  instrument: string,
  span: { fromMicros: number; toMicros: number },
): { run: RunId; jobs: number } | undefined {
  for (const { id, name, state } of view.runs()) {
    if (name !== BACKFILL_NAME || state !== 'running' || !id.endsWith(` ${instrument}`)) continue;
    const jobs = view.jobs({ run: id });
    const chunks = jobs
      .filter(({ kind }) => kind !== INSTRUMENT_KIND)
      .map(({ input }) => inputOf<ChunkInput>(input).chunk)
      .flatMap((chunk) => (chunk.what === 'warm-up' ? [chunk] : []));
    const from = Math.min(...chunks.map(({ fromMicros }) => fromMicros));
    const to = Math.max(...chunks.map(({ toMicros }) => toMicros));
    if (chunks.length > 0 && from <= span.fromMicros && to >= span.toMicros)
      return { run: id, jobs: jobs.length };
  }
  return undefined;
}

function isInHand({ queue: { view } }: Jobs, instrument: string): boolean {
  return (['waiting', 'delayed', 'ready', 'running', 'expanded'] as const)
    .flatMap((state) => view.jobs({ state }))
    .some(
      ({ kind, input }) =>
        kind === INSTRUMENT_KIND && inputOf<InstrumentInput>(input).instrument === instrument,
    );
}

/** Those that were given up are looked at anew: the venue may tell today what it did not then. */
function reopen(core: Core, gaps: readonly Gap[]): void {
  record(
    { core },
    gaps
      .filter(({ state }) => state === 'unfillable')
      .map(({ id }) => ({ verdict: { id, state: 'open', reason: 'asked for again by hand' } })),
  );
}

function isoOf(micros: number): string {
  return new Date(micros / 1_000).toISOString();
}
