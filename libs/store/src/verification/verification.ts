import { MINUTE_MICROS } from '@tickwright/market';
import type { Calendars, CandleColumns, InstrumentTable, VenueMinutes } from '@tickwright/market';
import { HOUR_MICROS, utcDate } from '../candles/candle-paths.ts';
import { compareHour } from './candle-comparison.ts';
import { checkIds } from './id-check.ts';
import type { IdReader } from './id-check.ts';
import { ProblemList } from './problem-list.ts';
import type { KnownGap, VerificationProblem } from './problem-list.ts';

/** [from, to), microseconds UTC. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The columns that candles made of ticks and published candles have in common. Rows 0..count-1 are valid. */
export type MinuteRows = Pick<
  CandleColumns,
  'count' | 'instrument' | 'openTime' | 'open' | 'high' | 'low' | 'close' | 'volume' | 'tradeCount'
>;

/** Computes 1m candles from what is stored, all segments, with openTime in the span, in any order, one a candle. */
export interface MinutesReader {
  minutes(span: Span): Promise<MinuteRows>;
}

/** Reads the published 1m candles, all segments, with openTime in the span, in any order. */
export interface CandleReader {
  candles(span: Span): Promise<CandleColumns>;
}

/** Reads the venue's own 1m candles of the span, and says where they stand in place of ticks. */
export interface VenueReader {
  minutes(span: Span): Promise<VenueMinutes>;
  stands(minute: {
    readonly instrument: number;
    readonly openTime: number;
    readonly hasTicks: boolean;
  }): boolean;
}

/** Reads the gaps that are not filled. */
export interface GapReader {
  gaps(): Promise<readonly KnownGap[]>;
}

export interface VerificationOptions {
  /** Whole minutes. A running ingestor verifies up to a moment that is both stored and published. */
  readonly span: Span;
  /** UTC hours (microseconds) of the span that may hold anything; all of them unless told. Years of nothing take time. */
  readonly hours?: ReadonlySet<number>;
  /** Numbers and calendars of the instruments that the readers speak of. */
  readonly instruments: InstrumentTable;
  readonly calendars: Calendars;
  readonly ticks: MinutesReader;
  readonly published: CandleReader;
  readonly gaps: GapReader;
  /** Trade ids; their check looks at all that the reader gives, whatever the span. */
  readonly ids?: IdReader;
  /** From when on all ticks of a segment are kept, microseconds UTC; what is older is not judged. All unless told. */
  readonly ticksKeptFrom?: (segment: string) => number;
  /** The venue's own candles: which published rows are theirs, and what those must say. */
  readonly venue?: VenueReader;
  /** How many problems, and how many known gaps, are listed; all are counted. */
  readonly listedMax?: number;
  readonly signal?: AbortSignal;
}

export interface VerificationReport {
  /** Instruments, trades, published candles and UTC dates that were looked at. */
  readonly checked: {
    readonly instruments: number;
    readonly ticks: number;
    readonly candles: number;
    readonly days: number;
  };
  /** The first problems found, at most `listedMax`. */
  readonly problems: readonly VerificationProblem[];
  /** How many there are of each kind; kinds without any are absent. */
  readonly counts: Readonly<Record<string, number>>;
  /** Missing ids that an open gap accounts for: no mismatch. At most `listedMax`. */
  readonly knownGaps: readonly VerificationProblem[];
  /** Whether there are more problems or known gaps than are listed. */
  readonly truncated: boolean;
}

const LISTED_MAX = 100;

/**
 * Proves the published candles and the stored ticks against each other, hour by hour, and the trade ids against their
 * own counts. Reads only; finds what is missing, doubled or different, and names it.
 */
export async function verify(options: VerificationOptions): Promise<VerificationReport> {
  const found = new ProblemList(options.listedMax ?? LISTED_MAX);
  const checked = { instruments: new Set<string>(), ticks: 0, candles: 0, days: new Set<string>() };
  const { instruments, ticksKeptFrom = () => 0 } = options;
  const isKept = (instrument: number, openTime: number): boolean =>
    openTime >= ticksKeptFrom(instruments.at(instrument).segment);
  checkSpan(options.span);
  const from = Math.floor(options.span.from / HOUR_MICROS) * HOUR_MICROS;
  for (let hour = from; hour < options.span.to; hour += HOUR_MICROS) {
    options.signal?.throwIfAborted();
    if (options.hours?.has(hour) === false) continue;
    const span = {
      from: Math.max(hour, options.span.from),
      to: Math.min(hour + HOUR_MICROS, options.span.to),
    };
    const [computed, published] = await Promise.all([
      options.ticks.minutes(span),
      options.published.candles(span),
    ]);
    const told = await options.venue?.minutes(span);
    if (computed.count + published.count + (told?.count ?? 0) === 0) continue;
    compareHour({
      hour,
      computed,
      published,
      ...(options.venue && told && { venue: { rows: told, stands: options.venue.stands } }),
      instruments,
      calendars: options.calendars,
      isKept,
      found,
    });
    checked.days.add(utcDate(hour));
    checked.candles += published.count;
    for (let i = 0; i < computed.count; i++) checked.ticks += computed.tradeCount[i];
    for (const rows of [computed, published]) {
      for (let i = 0; i < rows.count; i++) checked.instruments.add(instruments.at(rows.instrument[i]).key);
    }
  }
  if (options.ids !== undefined) {
    await checkIds({ ids: options.ids, gaps: await options.gaps.gaps(), ticksKeptFrom, found });
  }
  return {
    checked: {
      instruments: checked.instruments.size,
      ticks: checked.ticks,
      candles: checked.candles,
      days: checked.days.size,
    },
    ...found.result(),
  };
}

function checkSpan({ from, to }: Span): void {
  if (from % MINUTE_MICROS === 0 && to % MINUTE_MICROS === 0) return;
  throw new RangeError(
    `a verification needs a span that begins and ends on a whole minute, got ${from} to ${to}`,
  );
}
