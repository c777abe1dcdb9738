import { HOUR_MICROS, MINUTE_MICROS, calendars } from '@tickwright/market';
import type { CandleBuilder, CandleStateColumns, InstrumentTable, UnloadedCandle } from '@tickwright/market';
import type { CandleFiles } from '@tickwright/store';
import type { TickStore } from '../ticks/tick-store.ts';
import { keepSessions } from './stored-candles.ts';

export interface LoadCandlesParts {
  readonly candles: CandleBuilder;
  readonly tickFile: Pick<TickStore, 'appliedOffset' | 'minutes'>;
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
 * Puts the candles of the newest hours into memory as the stored ticks give them; the builder has them published with
 * the next cycle. Returns the older ones that changed after the last publication, to be computed again from storage.
 */
export async function loadCandles(parts: LoadCandlesParts): Promise<UnloadedCandle[]> {
  const { candles, tickFile, newestMicros, instruments, publishedOffset } = parts;
  if (newestMicros === 0) return [];
  const newestHour = Math.floor(newestMicros / HOUR_MICROS) * HOUR_MICROS;
  const floorMicros = newestHour - (parts.memoryHours - 1) * HOUR_MICROS;
  candles.startAt(floorMicros);
  const states = await tickFile.minutes({ fromMicros: floorMicros });
  keepSessions(states, { instruments, calendars });
  await adoptPublished(states, parts);
  candles.load(states);
  const forming = await leftForming(parts, floorMicros);
  if (tickFile.appliedOffset <= publishedOffset) return forming;
  const changed = await tickFile.minutes({ changedSince: publishedOffset });
  keepSessions(changed, { instruments, calendars });
  return [...forming, ...older(changed, floorMicros)];
}

/**
 * How often a candle was revised, and at which frame it closed, is not in the ticks; the published row knows it when it
 * stands for the same ticks.
 */
async function adoptPublished(states: CandleStateColumns, parts: LoadCandlesParts): Promise<void> {
  const { candleFiles, instruments } = parts;
  const rowOf = new Map<string, number>();
  const hours = new Map<string, { segment: string; hourMicros: number }>();
  for (let row = 0; row < states.count; row += 1) {
    const { segment } = instruments.at(states.instrument[row]);
    const hourMicros = Math.floor(states.openTime[row] / HOUR_MICROS) * HOUR_MICROS;
    hours.set(`${segment} ${hourMicros}`, { segment, hourMicros });
    rowOf.set(`${states.instrument[row]} ${states.openTime[row]}`, row);
  }
  for (const { segment, hourMicros } of hours.values()) {
    const published = await candleFiles.read(segment, hourMicros);
    for (let at = 0; at < published.count; at += 1) {
      const row = rowOf.get(`${published.instrument[at]} ${published.openTime[at]}`);
      if (row === undefined) continue;
      states.revision[row] = published.revision[at];
      if (published.version[at] < states.version[row]) continue;
      states.isClosed[row] = published.isClosed[at];
      states.version[row] = published.version[at];
    }
  }
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
