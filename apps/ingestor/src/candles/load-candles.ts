import { HOUR_MICROS, MINUTE_MICROS, calendars } from '@tickwright/market';
import type {
  CandleBuilder,
  CandleColumns,
  CandleStateColumns,
  InstrumentTable,
  UnloadedCandle,
} from '@tickwright/market';
import type { CandleFiles } from '@tickwright/store';
import type { TickStore } from '../ticks/tick-store.ts';
import { keepSessions } from './stored-candles.ts';
import { venueChangedSince } from './unpublished-venue.ts';

export interface LoadCandlesParts {
  readonly candles: CandleBuilder;
  readonly tickFile: Pick<
    TickStore,
    'appliedOffset' | 'minutes' | 'venueMinutes' | 'venueSpans' | 'newestVenueMicros'
  >;
  readonly candleFiles: Pick<CandleFiles, 'list' | 'read'>;
  readonly instruments: InstrumentTable;
  readonly memoryHours: number;
  /** The newest event time stored; 0 when there is none. */
  readonly newestMicros: number;
  /** Offset up to which the candle files stand for the ticks; 0 when unknown. */
  readonly publishedOffset: number;
  /** Up to when a segment's published candles are closed, microseconds UTC; 0 when unknown. */
  readonly closedBeforeMicros: (segment: string) => number;
}

/**
 * Puts the candles of the newest hours into memory as the stored ticks give them, with the venue's own beside them; the
 * builder has them published with the next cycle. Returns the older ones that changed after the last publication, to be computed again from storage.
 */
export async function loadCandles(parts: LoadCandlesParts): Promise<UnloadedCandle[]> {
  const { candles, tickFile, instruments, publishedOffset } = parts;
  const newestMicros = Math.max(parts.newestMicros, await tickFile.newestVenueMicros());
  if (newestMicros === 0) return [];
  const newestHour = Math.floor(newestMicros / HOUR_MICROS) * HOUR_MICROS;
  const floorMicros = newestHour - (parts.memoryHours - 1) * HOUR_MICROS;
  candles.startAt(floorMicros);
  const states = await tickFile.minutes({ fromMicros: floorMicros });
  keepSessions(states, { instruments, calendars });
  const venue = await tickFile.venueMinutes({ fromMicros: floorMicros });
  const published = await publishedRows([states, venue], parts);
  adoptPublished(states, published);
  candles.load(states);
  candles.loadVenue(venue, await tickFile.venueSpans({ fromMicros: floorMicros }), (row) =>
    revisionOf(published, venue, row),
  );
  const forming = await leftForming(parts, floorMicros);
  if (tickFile.appliedOffset <= publishedOffset) return forming;
  const changed = await tickFile.minutes({ changedSince: publishedOffset });
  keepSessions(changed, { instruments, calendars });
  const told = (await venueChangedSince(tickFile, publishedOffset))
    .filter(({ openTime }) => openTime < floorMicros)
    .map((span) => ({ ...span, closeTime: Math.min(span.closeTime, floorMicros) }));
  return [...forming, ...older(changed, floorMicros), ...told];
}

/** A published row, by `<instrument> <openTime>`. */
type Published = ReadonlyMap<string, { readonly rows: CandleColumns; readonly row: number }>;

/** What is published of the hours in which there are candles. */
async function publishedRows(
  told: readonly Pick<CandleColumns, 'count' | 'instrument' | 'openTime'>[],
  { candleFiles, instruments }: LoadCandlesParts,
): Promise<Published> {
  const hours = new Map<string, { segment: string; hourMicros: number }>();
  for (const { count, instrument, openTime } of told) {
    for (let row = 0; row < count; row += 1) {
      const { segment } = instruments.at(instrument[row]);
      const hourMicros = Math.floor(openTime[row] / HOUR_MICROS) * HOUR_MICROS;
      hours.set(`${segment} ${hourMicros}`, { segment, hourMicros });
    }
  }
  const published = new Map<string, { rows: CandleColumns; row: number }>();
  for (const { segment, hourMicros } of hours.values()) {
    const rows = await candleFiles.read(segment, hourMicros);
    for (let row = 0; row < rows.count; row += 1)
      published.set(`${rows.instrument[row]} ${rows.openTime[row]}`, { rows, row });
  }
  return published;
}

/**
 * How often a candle was revised, and at which frame it closed, is not in the ticks; the published row knows it when it
 * stands for the same ticks.
 */
function adoptPublished(states: CandleStateColumns, published: Published): void {
  for (let row = 0; row < states.count; row += 1) {
    const found = published.get(`${states.instrument[row]} ${states.openTime[row]}`);
    if (found === undefined) continue;
    states.revision[row] = found.rows.revision[found.row];
    if (found.rows.version[found.row] < states.version[row]) continue;
    states.isClosed[row] = found.rows.isClosed[found.row];
    states.version[row] = found.rows.version[found.row];
  }
}

/** The revision of a candle that only the venue tells; where there are ticks, theirs has it. */
function revisionOf(published: Published, venue: CandleColumns, row: number): number {
  const found = published.get(`${venue.instrument[row]} ${venue.openTime[row]}`);
  return found === undefined ? 0 : found.rows.revision[found.row];
}

/** Candles below the floor that were published as forming: nothing in memory will close them. */
async function leftForming(parts: LoadCandlesParts, floorMicros: number): Promise<UnloadedCandle[]> {
  const { candleFiles, closedBeforeMicros } = parts;
  const candles: UnloadedCandle[] = [];
  for (const piece of await candleFiles.list()) {
    if (piece.kind !== 'hour' || piece.from >= floorMicros || piece.to <= closedBeforeMicros(piece.segment))
      continue;
    const rows = await candleFiles.read(piece.segment, piece.from);
    for (let row = 0; row < rows.count; row += 1) {
      if (rows.isClosed[row] === 1) continue;
      const openTime = rows.openTime[row];
      const closeTime = openTime + MINUTE_MICROS;
      const offset = rows.version[row];
      candles.push({ instrument: rows.instrument[row], openTime, closeTime, offset, since: offset });
    }
  }
  return candles;
}

/** Candles below the floor that ticks touched after the last publication. Those in memory are published anyway. */
function older(changed: CandleStateColumns, floorMicros: number): UnloadedCandle[] {
  const candles: UnloadedCandle[] = [];
  for (let row = 0; row < changed.count; row += 1) {
    const openTime = changed.openTime[row];
    if (openTime >= floorMicros) continue;
    const instrument = changed.instrument[row];
    const offset = changed.version[row];
    candles.push({ instrument, openTime, closeTime: openTime + MINUTE_MICROS, offset, since: offset });
  }
  return candles;
}
