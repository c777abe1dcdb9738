import { calendars } from '@tickwright/market';
import type { Gap, SessionCalendar } from '@tickwright/market';
import { JobPostponedError } from '@tickwright/jobs';
import type { VenueCandle } from '@tickwright/venues';
import { NOTHING_TOLD } from './chunk-input.ts';
import type { CandlesChunk, ChunkResult, WarmUpChunk } from './chunk-input.ts';
import type { Recovered, RecoveryContext } from './context.ts';
import { lastTradingMinuteEnd, minuteEnd, minuteOf } from './trading-time.ts';
import { EmptyHistoryError } from './trade-walk.ts';
import type { ChunkWork } from './trade-chunks.ts';

const MINUTE_MICROS = 60_000_000;
/** A venue's history has a minute so long after its close at the earliest. */
const AFTER_CLOSE_MICROS = 3_000_000;
/** A venue whose candles lag is asked again after this. */
const LAG_MS = 20_000;
/** What a venue has no candle of so long after, it has none of: nothing was traded. Its history lags minutes, not hours. */
const LAG_MAX_MICROS = 30 * MINUTE_MICROS;
/** Asked for from so much earlier: of a time that is known to have traded, an answer must have something. */
const ANCHOR_MICROS = 60 * MINUTE_MICROS;

/** The venue's candles do not reach to the end of a gap yet; they will. */
export class CandlesBehindError extends JobPostponedError {
  /** Up to here, exclusive, it has told every minute. */
  readonly toldToMicros: number;

  constructor(message: string, options: { readonly delayMs: number; readonly toldToMicros: number }) {
    super(message, options);
    this.toldToMicros = options.toldToMicros;
  }
}

/**
 * The venue's candles for a gap: of the minutes that it touches, those in which it begins and ends included. A gap that
 * has ended waits for its last minute; one whose line is down is asked for as far as the venue has.
 * Errors: CandlesBehindError, EmptyHistoryError, and the history's own.
 */
export async function fetchCandles(
  context: RecoveryContext,
  recovered: Recovered,
  { chunk, work }: { chunk: CandlesChunk; work: ChunkWork },
): Promise<ChunkResult> {
  const { pipeline } = context.core;
  pipeline.settle();
  const gap = pipeline.gaps.unfilled(chunk.gap);
  if (gap === undefined) return NOTHING_TOLD;
  const calendar = calendars(recovered.instrument.calendar);
  const fromMicros = minuteOf(gap.fromMicros);
  const { untilMicros, isEnded } = endOf(context, gap);
  const toMicros = lastTradingMinuteEnd({ fromMicros, toMicros: untilMicros }, calendar);
  const askedMicros = context.clock.nowMicros();
  const isTold = { ...NOTHING_TOLD, askedMicros, toldToMicros: untilMicros };
  // Nothing was traded, by the calendar.
  if (toMicros <= fromMicros) return isTold;
  // All of it lies in a minute that goes on: nobody has a candle of it.
  const firstDue = minuteEnd(fromMicros) + AFTER_CLOSE_MICROS;
  if (isEnded && askedMicros < firstDue)
    throw lagging(recovered.instrument.key, { lastClose: fromMicros, toMicros, askedMicros });
  // A venue that sends candles along with its ticks has told it already.
  if (isEnded && (await context.minutes.uncovered(gap.instrument, { fromMicros, toMicros })) === 0)
    return isTold;
  const told = await candlesOf(context, recovered, { fromMicros, toMicros, calendar, work });
  const lastClose = Math.max(fromMicros, ...told.map((candle) => candle.closeTimeMicros));
  const isOld = askedMicros > toMicros + LAG_MAX_MICROS;
  if (lastClose >= toMicros || isOld) return isTold;
  if (isEnded) throw lagging(recovered.instrument.key, { lastClose, toMicros, askedMicros });
  return { ...NOTHING_TOLD, askedMicros, toldToMicros: lastClose };
}

/** The venue's candles before an instrument was first seen. */
export async function fetchWarmUp(
  context: RecoveryContext,
  recovered: Recovered,
  { chunk, work }: { chunk: WarmUpChunk; work: ChunkWork },
): Promise<ChunkResult> {
  const { fromMicros, toMicros } = chunk;
  const { instrument, history } = recovered;
  const askedMicros = context.clock.nowMicros();
  if (askedMicros < toMicros + AFTER_CLOSE_MICROS)
    throw new JobPostponedError(`${instrument.key}: its first minute has not closed yet`, {
      delayMs: (toMicros + AFTER_CLOSE_MICROS - askedMicros) / 1_000,
    });
  const told = await history.history.candles({
    instrument,
    interval: '1m',
    fromMicros,
    toMicros,
    signal: work.signal,
  });
  context.meter.page(told.length);
  work.onPage(Math.round((toMicros - fromMicros) / MINUTE_MICROS));
  return { ...NOTHING_TOLD, askedMicros, toldToMicros: toMicros };
}

/** Until where a gap's minutes go: its end, or when its line was confirmed, or for one that is down as far as there are any. */
export function endOf({ core, clock }: RecoveryContext, gap: Gap): { untilMicros: number; isEnded: boolean } {
  if (gap.toMicros >= 0) return { untilMicros: minuteEnd(gap.toMicros), isEnded: true };
  const seen = core.pipeline.gaps.seenSinceMicros(gap.instrument);
  if (seen >= 0) return { untilMicros: minuteEnd(Math.max(seen, gap.fromMicros)), isEnded: true };
  return { untilMicros: minuteOf(clock.nowMicros()), isEnded: false };
}

async function candlesOf(
  context: RecoveryContext,
  { instrument, history }: Recovered,
  asked: { fromMicros: number; toMicros: number; calendar: SessionCalendar; work: ChunkWork },
): Promise<VenueCandle[]> {
  const { fromMicros, toMicros, calendar, work } = asked;
  const session = calendar.sessionAt(fromMicros) ?? calendar.nextSession(fromMicros);
  const open = session === undefined ? fromMicros : Math.min(fromMicros, session.openMicros);
  const anchored = Math.max(open, fromMicros - ANCHOR_MICROS);
  const { signal } = work;
  const told = await history.history.candles({
    instrument,
    interval: '1m',
    fromMicros: anchored,
    toMicros,
    signal,
  });
  context.core.pipeline.settle();
  context.meter.page(told.length);
  work.onPage(told.filter((candle) => candle.openTimeMicros >= fromMicros).length);
  const closed = told.filter(({ isClosed }) => isClosed);
  const isDue = context.clock.nowMicros() > minuteEnd(fromMicros) + LAG_MAX_MICROS;
  if (closed.length === 0 && isDue)
    throw new EmptyHistoryError(
      `${instrument.key}: the venue told no candle of ${isoOf(anchored)} to ${isoOf(toMicros)}`,
    );
  return closed;
}

function lagging(
  key: string,
  { lastClose, toMicros, askedMicros }: { lastClose: number; toMicros: number; askedMicros: number },
): CandlesBehindError {
  const untilClose = (toMicros + AFTER_CLOSE_MICROS - askedMicros) / 1_000;
  return new CandlesBehindError(
    `${key}: the venue's candles reach to ${isoOf(lastClose)} so far, ${isoOf(toMicros)} is due`,
    { delayMs: Math.max(untilClose, untilClose > 0 ? 0 : LAG_MS), toldToMicros: lastClose },
  );
}

function isoOf(micros: number): string {
  return new Date(micros / 1_000).toISOString();
}
