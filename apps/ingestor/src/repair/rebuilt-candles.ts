import { HOUR_MICROS } from '@tickwright/market';
import type { CandleColumns } from '@tickwright/market';
import type { CandlePiece } from '@tickwright/store';
import type { Core } from '../core.ts';
import { storedCandles } from '../candles/hour-candles.ts';
import { tickHours } from '../ticks/tick-range.ts';

/** What a candle says; how often it was revised and when it was written is not in the ticks. */
const COMPARED = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'tradeCount',
  'isClosed',
  'isComplete',
  'source',
] as const satisfies readonly (keyof CandleColumns)[];

/** One hour of one segment, microseconds UTC. */
export interface CandleHour {
  readonly segment: string;
  readonly hourMicros: number;
}

/**
 * Makes the hours of candle files anew that are gone. Those in memory are published by the aggregator, and those of a
 * time of which ticks were removed cannot be made.
 */
export async function rebuildHours(core: Core, pieces: readonly CandlePiece[]): Promise<void> {
  for (const { segment, from, to } of pieces) {
    for (let hourMicros = from; hourMicros < to; hourMicros += HOUR_MICROS) {
      if (!isComputable(core, { segment, hourMicros })) continue;
      const rows = await candlesOf(core, { segment, hourMicros });
      if (rows.count > 0) await core.candleFiles.publishHour(segment, hourMicros, rows);
    }
  }
}

/**
 * Compares every hour of candles that is not in memory with the stored ticks and makes those anew that differ. Returns
 * them. Hours of a time of which ticks were removed stay as they are: what is left of the ticks cannot give them.
 */
export async function rebuildDifferingHours(core: Core, signal: AbortSignal): Promise<CandleHour[]> {
  const rebuilt: CandleHour[] = [];
  for (const hour of await allHours(core)) {
    signal.throwIfAborted();
    if (!isComputable(core, hour)) continue;
    const expected = await candlesOf(core, hour);
    const published = await core.candleFiles.read(hour.segment, hour.hourMicros);
    if (isSame(expected, published)) continue;
    await core.candleFiles.publishHour(hour.segment, hour.hourMicros, merged(expected, published));
    rebuilt.push(hour);
  }
  return rebuilt;
}

function isComputable({ pipeline, tickFile }: Core, { segment, hourMicros }: CandleHour): boolean {
  return hourMicros < pipeline.candles.floorMicros && hourMicros >= tickFile.keptFromMicros(segment);
}

async function allHours(core: Core): Promise<CandleHour[]> {
  const segments = new Set(core.instruments.list().map(({ segment }) => segment));
  const found = new Map<string, CandleHour>();
  const add = (segment: string, hourMicros: number): void =>
    void found.set(`${segment} ${hourMicros}`, { segment, hourMicros });
  for (const hour of [...(await tickHours(core.tickFile)), ...(await core.tickFile.venueHours())])
    for (const segment of segments) add(segment, hour);
  for (const { segment, from, to } of await core.candleFiles.list())
    for (let hour = from; hour < to; hour += HOUR_MICROS) add(segment, hour);
  return [...found.values()].sort((a, b) => a.hourMicros - b.hourMicros);
}

/** The candles of an hour as the stored ticks, the venue's own candles and the gaps give them, closed. */
async function candlesOf(core: Core, { segment, hourMicros }: CandleHour): Promise<CandleColumns> {
  const { tickFile, instruments, pipeline } = core;
  const keys = instruments.list().filter((instrument) => instrument.segment === segment);
  const { gaps } = pipeline;
  return storedCandles(
    { tickFile, instruments, gaps, hasTicked: (instrument) => pipeline.hasTicked(instrument) },
    {
      instruments: keys.map(({ key }) => key),
      fromMicros: hourMicros,
      toMicros: hourMicros + HOUR_MICROS,
    },
  );
}

function isSame(expected: CandleColumns, published: CandleColumns): boolean {
  if (published.count !== expected.count) return false;
  const rows = rowsByCandle(published);
  for (let row = 0; row < expected.count; row += 1) {
    const other = rows.get(`${expected.instrument[row]} ${expected.openTime[row]}`);
    if (other === undefined) return false;
    if (COMPARED.some((name) => expected[name][row] !== published[name][other])) return false;
  }
  return true;
}

/** The expected candles, with the revision and version that are published of them where those can be true. */
function merged(expected: CandleColumns, published: CandleColumns): CandleColumns {
  const rows = rowsByCandle(published);
  for (let row = 0; row < expected.count; row += 1) {
    const other = rows.get(`${expected.instrument[row]} ${expected.openTime[row]}`);
    if (other === undefined || published.version[other] < expected.version[row]) continue;
    expected.version[row] = published.version[other];
    expected.revision[row] = published.revision[other];
  }
  return expected;
}

function rowsByCandle(rows: CandleColumns): Map<string, number> {
  const found = new Map<string, number>();
  for (let row = 0; row < rows.count; row += 1)
    found.set(`${rows.instrument[row]} ${rows.openTime[row]}`, row);
  return found;
}
