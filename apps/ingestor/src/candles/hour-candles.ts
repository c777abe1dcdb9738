import { VenueRowKind, VenueSpans, calendars, joinVenue } from '@tickwright/market';
import type {
  CandleColumns,
  CandleStateColumns,
  GapLedger,
  InstrumentTable,
  VenueMinutes,
} from '@tickwright/market';
import type { TickStore } from '../ticks/tick-store.ts';
import { closedCandles, keepRows, keepSessions } from './stored-candles.ts';

export interface StoredCandleParts {
  readonly tickFile: Pick<TickStore, 'minutes' | 'venueMinutes' | 'venueSpans'>;
  readonly instruments: InstrumentTable;
  readonly gaps: Pick<GapLedger, 'overlaps'>;
  /** Whether an instrument ever had a tick. */
  readonly hasTicked: (instrument: number) => boolean;
}

/** Which candles to compute: those of the instruments that open in [fromMicros, toMicros). */
export interface StoredSpan {
  readonly instruments: readonly string[];
  readonly fromMicros: number;
  readonly toMicros: number;
  /** Which of their minutes are wanted; all unless told. */
  readonly isWanted?: (instrument: number, openTime: number) => boolean;
  /** The version that a candle has at least: the offset of what made it be computed again. */
  readonly versionOf?: (instrument: number, openTime: number) => number;
}

/** 1m candles as the stored ticks, the venue's own candles and the gaps give them, closed. */
export async function storedCandles(parts: StoredCandleParts, span: StoredSpan): Promise<CandleColumns> {
  const { tickFile, instruments, gaps } = parts;
  const { isWanted = () => true, versionOf = () => 0 } = span;
  const query = { instruments: span.instruments, fromMicros: span.fromMicros, toMicros: span.toMicros };
  const states = await tickFile.minutes(query);
  const venue = await tickFile.venueMinutes(query);
  for (const rows of [states, venue] satisfies (CandleStateColumns | VenueMinutes)[]) {
    keepRows(rows, (row) => isWanted(rows.instrument[row], rows.openTime[row]));
    keepSessions(rows, { instruments, calendars });
  }
  const isComplete = (instrument: number, from: number, to: number): boolean =>
    !gaps.overlaps(instrument, from, to);
  const ticks = closedCandles(states, {
    instruments,
    isComplete,
    versionOf: (row) => versionOf(states.instrument[row], states.openTime[row]),
  });
  if (venue.count === 0) return ticks;
  for (let row = 0; row < venue.count; row += 1)
    venue.version[row] = Math.max(venue.version[row], versionOf(venue.instrument[row], venue.openTime[row]));
  return joinVenue(ticks, venue, { isComplete, spans: await spansOf(parts, query) });
}

/** Where the venue's candles stand in a span of time, and what was unseen in it. */
export async function spansOf(
  { tickFile, instruments, hasTicked }: Omit<StoredCandleParts, 'gaps'>,
  query: {
    readonly instruments?: readonly string[];
    readonly fromMicros?: number;
    readonly toMicros?: number;
  },
): Promise<VenueSpans> {
  const spans = new VenueSpans();
  const kinds = [VenueRowKind.standIn, VenueRowKind.unseen];
  for (const row of await tickFile.venueSpans({ ...query, kinds })) spans.add(row);
  for (const number of instruments.list().keys()) if (hasTicked(number)) spans.see(number);
  return spans;
}
