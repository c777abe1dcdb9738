import { HOUR_MICROS, MINUTE_MICROS, calendars, venueStands } from '@tickwright/market';
import type { Gap } from '@tickwright/market';
import { openCandleScan, publishedCandles, storedTicks, verify } from '@tickwright/store';
import type { KnownGap, Span, VenueReader, VerificationReport } from '@tickwright/store';
import { systemClock } from '@tickwright/runtime';
import type { Core } from '../core.ts';
import { checkCandleFileSums } from './candle-file-check.ts';
import { checkAgainstJournal } from './journal-check.ts';
import { tickHours } from '../ticks/tick-range.ts';
import { isoMicros } from '../http/queries.ts';
import { spansOf } from '../candles/hour-candles.ts';
import { publishUnpublished } from '../candles/unpublished-candles.ts';

/** A late tick may change a candle between the two readings; then the verification is done once more. */
const TRIES = 3;

export interface CoreVerification extends VerificationReport {
  /** Every gap that is not filled, in words. */
  readonly openGaps: readonly string[];
  /** How many of them cannot be filled: the venue has nothing for them. */
  readonly unfillableGaps: number;
  /** Ticks that were compared with the frames they came from; the journal reaches back so far. */
  readonly provedTicks: number;
}

/** Differences found; known gaps are none. */
export function mismatches(report: Pick<VerificationReport, 'counts'>): number {
  const kinds = Object.entries(report.counts).filter(([kind]) => kind !== 'known gap');
  return kinds.reduce((sum, [, count]) => sum + count, 0);
}

/**
 * Verifies everything that is stored. On a running core the newest minutes are left out: what is received meanwhile
 * stands in the one before the other.
 */
export async function verifyCore(core: Core, signal: AbortSignal): Promise<CoreVerification> {
  let report = await verifyOnce(core, signal);
  for (let attempt = 1; attempt < TRIES && mismatches(report) > 0 && core.isTakingFrames; attempt += 1) {
    report = await verifyOnce(core, signal);
  }
  const { proved, differences, problems } = await checkAgainstJournal(core, signal);
  const altered = await checkCandleFileSums(core, signal);
  const gaps = core.pipeline.gaps.unfilledList();
  return {
    ...report,
    problems: [...altered, ...problems, ...report.problems],
    counts: {
      ...report.counts,
      ...(differences > 0 && { 'tick differs': differences }),
      ...(altered.length > 0 && { 'candle file altered': altered.length }),
    },
    truncated: report.truncated || differences > problems.length,
    openGaps: gaps.map(describeGap),
    unfillableGaps: gaps.filter(({ state }) => state === 'unfillable').length,
    provedTicks: proved,
  };
}

async function verifyOnce(core: Core, signal: AbortSignal): Promise<VerificationReport> {
  const { instruments, tickFile } = core;
  // Asked before all is stored: what is older than this is then in both readings, unless it comes late.
  const newestMicros = newestEvent(core);
  await (core.isTakingFrames ? core.settle() : publishUnpublished(core));
  const { ticks, ids } = storedTicks(tickFile, instruments);
  await using scan = await openCandleScan({ log: core.log });
  return await verify({
    ...(await reach(core, newestMicros)),
    instruments,
    calendars,
    ticks,
    published: publishedCandles({ dataDir: core.dataDir, scan, instruments, clock: systemClock }),
    venue: await venueReader(core),
    gaps: { gaps: async () => core.pipeline.gaps.unfilledList().map(knownGap) },
    ids,
    ticksKeptFrom: (segment) => tickFile.keptFromMicros(segment),
    signal,
  });
}

/** The venue's own candles as they are stored, and where they stand by the gaps and spans of this moment. */
async function venueReader({ tickFile, instruments, pipeline }: Core): Promise<VenueReader> {
  const hasTicked = (instrument: number): boolean => pipeline.hasTicked(instrument);
  const spans = await spansOf({ tickFile, instruments, hasTicked }, {});
  return {
    minutes: ({ from, to }) => tickFile.venueMinutes({ fromMicros: from, toMicros: to }),
    stands: ({ instrument, openTime, hasTicks }) => {
      const isComplete = !pipeline.gaps.overlaps(instrument, openTime, openTime + MINUTE_MICROS);
      return venueStands({ instrument, openTime, hasTicks, isComplete, spans });
    },
  };
}

/** The hours in which anything is stored or published, and the span from the first to the last of them. */
async function reach(core: Core, newestMicros: number): Promise<{ span: Span; hours: Set<number> }> {
  const hours = new Set([...(await tickHours(core.tickFile)), ...(await core.tickFile.venueHours())]);
  for (const piece of await core.candleFiles.list()) {
    for (let hour = piece.from; hour < piece.to; hour += HOUR_MICROS) hours.add(hour);
  }
  if (hours.size === 0) return { span: { from: 0, to: 0 }, hours };
  const from = Math.min(...hours);
  const end = Math.max(...hours) + HOUR_MICROS;
  // The newest minute of a running ingestor changes between the two readings.
  const to = core.isTakingFrames ? Math.floor(newestMicros / MINUTE_MICROS) * MINUTE_MICROS : end;
  return { span: { from, to: Math.max(from, Math.min(to, end)) }, hours };
}

function newestEvent({ instruments, pipeline }: Core): number {
  const times = instruments.list().map((_, index) => pipeline.deduplicator.lastEventMicros(index));
  return Math.max(0, ...times);
}

function knownGap(gap: Gap): KnownGap {
  return {
    instrument: gap.instrument,
    from: gap.fromMicros,
    to: gap.toMicros < 0 ? undefined : gap.toMicros,
    ...(gap.fromId < 0 || gap.toId < 0 ? {} : { fromId: gap.fromId, toId: gap.toId }),
    cause: gap.cause,
  };
}

function describeGap(gap: Gap): string {
  const to = gap.toMicros < 0 ? 'now' : isoMicros(gap.toMicros);
  const ids = gap.fromId < 0 ? '' : `, ids from ${gap.fromId}${gap.toId < 0 ? ' on' : ` to ${gap.toId}`}`;
  const why = gap.reason === undefined ? '' : ` (${gap.reason})`;
  return `${gap.instrument}: ${gap.cause}, ${gap.state}${why}, from ${isoMicros(gap.fromMicros)} to ${to}${ids}`;
}
