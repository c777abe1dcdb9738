import { MINUTE_MICROS, calendars, completeness } from '@tickwright/market';
import { coverageDays, openCandleScan, presentMinutes } from '@tickwright/store';
import type { InstrumentDay } from '@tickwright/store';
import { publishUnpublished } from '../candles/unpublished-candles.ts';
import type { Core } from '../core.ts';
import { isoMicros } from '../http/queries.ts';

/** What was traded in a minute is stored and published so long after its end. */
const SETTLED_AFTER_MICROS = 5_000_000;
/** Spans and minutes listed of one day at most; all are counted. */
const LISTED_MAX = 50;
/** Rows that are handed on together. */
const ROWS_AT_A_TIME = 200;

export interface CoverageQuery {
  /** Event times, microseconds UTC: [from, to). All that is stored unless told; nothing that is not over. */
  readonly fromMicros?: number;
  readonly toMicros?: number;
  /** Keys; all known ones unless told. */
  readonly instruments?: readonly string[];
}

/** An instrument's day as the API and the command line show it. Counts are minutes; times are ISO 8601, UTC. */
export interface CoverageJson {
  readonly instrument: string;
  /** Of the venue. */
  readonly date: string;
  readonly expected: number;
  readonly present: number;
  readonly partial: number;
  readonly untraded: number;
  readonly quiet: number;
  readonly missing: number;
  readonly unwatched: number;
  /** 0 to 1; null where nothing was to be expected. */
  readonly completeness: number | null;
  readonly missingSpans: readonly {
    readonly from: string;
    readonly to: string;
    readonly cause: string;
    readonly state: string;
    readonly reason?: string;
  }[];
  /** How many candles lie outside the sessions, and the first of them. */
  readonly outsideCount: number;
  readonly outside: readonly string[];
}

/** Expected minutes against candles, per instrument and day, of what has been received until now. */
export async function* coreCoverage(
  core: Core,
  query: CoverageQuery,
  signal: AbortSignal,
): AsyncGenerator<CoverageJson[]> {
  await (core.isTakingFrames ? core.settle() : publishUnpublished(core));
  const { instruments, tickFile, pipeline, dataDir, clock, log } = core;
  const span = await spanOf(core, query);
  await using scan = await openCandleScan({ log });
  const days = coverageDays({
    span,
    keys: query.instruments ?? instruments.list().map(({ key }) => key),
    instruments,
    calendars,
    published: presentMinutes({ dataDir, scan, clock }),
    ticks: tickFile,
    gaps: pipeline.gaps.list().filter(({ state }) => state !== 'filled'),
    watchedUntil: watchedUntil(core),
    signal,
  });
  let rows: CoverageJson[] = [];
  for await (const day of days) {
    rows.push(coverageJson(day));
    if (rows.length < ROWS_AT_A_TIME) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

async function spanOf(core: Core, query: CoverageQuery): Promise<{ from: number; to: number }> {
  const pieces = await core.candleFiles.list();
  const first = Math.min(...pieces.map(({ from }) => from));
  const last = Math.max(...pieces.map(({ to }) => to));
  const over = core.clock.nowMicros() - SETTLED_AFTER_MICROS;
  // A running ingestor answers for today to the minute, files alone for the days that they have.
  const { fromMicros = first, toMicros = core.isTakingFrames ? over : last } = query;
  const from = Math.ceil(fromMicros / MINUTE_MICROS) * MINUTE_MICROS;
  const to = Math.floor(Math.min(toMicros, over) / MINUTE_MICROS) * MINUTE_MICROS;
  return Number.isFinite(from) && to > from ? { from, to } : { from: 0, to: 0 };
}

/** Until when the venue was known to tell of an instrument, whether or not it had something to tell. */
function watchedUntil({ pipeline, isTakingFrames, clock }: Core): (key: string) => number {
  const { lines, aliveMicros } = pipeline.gaps.memory();
  const until = isTakingFrames ? clock.nowMicros() : aliveMicros;
  const seen = new Set(
    lines
      .filter(({ seenSinceMicros, isDown }) => seenSinceMicros >= 0 && !isDown)
      .map((line) => line.instrument),
  );
  return (key) => (seen.has(key) ? until : -1);
}

function coverageJson(day: InstrumentDay): CoverageJson {
  const { instrument, date, expected, present, partial, untraded, quiet, missing, unwatched } = day;
  return {
    instrument,
    date,
    expected,
    present,
    partial,
    untraded,
    quiet,
    missing,
    unwatched,
    completeness: completeness(day) ?? null,
    missingSpans: day.missingSpans.slice(0, LISTED_MAX).map(({ from, to, cause, state, reason }) => ({
      from: isoMicros(from),
      to: isoMicros(to),
      cause,
      state,
      ...(reason === undefined ? {} : { reason }),
    })),
    outsideCount: day.outside.length,
    outside: day.outside.slice(0, LISTED_MAX).map(isoMicros),
  };
}
