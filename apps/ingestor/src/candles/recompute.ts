import { HOUR_MICROS, MINUTE_MICROS, calendars } from '@tickwright/market';
import type { CandleColumns, GapLedger, InstrumentTable, UnloadedCandle } from '@tickwright/market';
import type { CandleFiles } from '@tickwright/store';
import type { TickStore } from '../ticks/tick-store.ts';
import { closedCandles, keepRows, keepSessions } from './stored-candles.ts';

/** Computes candles that are not in memory from the stored ticks and merges them into their files. */
export type Recompute = (candles: readonly UnloadedCandle[], signal?: AbortSignal) => Promise<void>;

export interface RecomputeParts {
  readonly tickFile: Pick<TickStore, 'minutes' | 'keptFromMicros'>;
  readonly candleFiles: Pick<CandleFiles, 'mergeHour'>;
  readonly instruments: InstrumentTable;
  readonly gaps: GapLedger;
  /** Is told of the rows that went into a file. */
  readonly onRecomputed?: (candles: CandleColumns) => void;
}

/** What is asked of one hour of one segment. */
interface HourWork {
  readonly segment: string;
  readonly hourMicros: number;
  readonly spans: UnloadedCandle[];
}

/** Candles of a time of which ticks were removed stay as they are: what is left cannot give them. */
export function recomputeCandles(parts: RecomputeParts): Recompute {
  const { instruments, tickFile } = parts;
  return async (candles, signal) => {
    const computable = candles.flatMap((candle) => {
      const keptFrom = tickFile.keptFromMicros(instruments.at(candle.instrument).segment);
      if (candle.closeTime <= keptFrom) return [];
      return [{ ...candle, openTime: Math.max(candle.openTime, keptFrom) }];
    });
    for (const work of byHour(computable, instruments)) {
      signal?.throwIfAborted();
      await recomputeHour(work, parts);
    }
  };
}

function byHour(candles: readonly UnloadedCandle[], instruments: InstrumentTable): HourWork[] {
  const hours = new Map<string, HourWork>();
  for (const candle of candles) {
    const { segment } = instruments.at(candle.instrument);
    const first = Math.floor(candle.openTime / HOUR_MICROS) * HOUR_MICROS;
    for (let hourMicros = first; hourMicros < candle.closeTime; hourMicros += HOUR_MICROS) {
      const name = `${segment} ${hourMicros}`;
      const work = hours.get(name) ?? { segment, hourMicros, spans: [] };
      work.spans.push(candle);
      hours.set(name, work);
    }
  }
  return [...hours.values()];
}

async function recomputeHour({ segment, hourMicros, spans }: HourWork, parts: RecomputeParts): Promise<void> {
  const { tickFile, candleFiles, instruments, gaps } = parts;
  const numbers = [...new Set(spans.map((span) => span.instrument))];
  const states = await tickFile.minutes({
    instruments: numbers.map((number) => instruments.at(number).key),
    fromMicros: hourMicros,
    toMicros: hourMicros + HOUR_MICROS,
  });
  const offsetOf = (row: number): number => newestOffset(spans, states.instrument[row], states.openTime[row]);
  keepRows(states, (row) => offsetOf(row) >= 0);
  keepSessions(states, { instruments, calendars });
  const rows = closedCandles(states, {
    instruments,
    isComplete: (instrument, from, to) => !gaps.overlaps(instrument, from, to),
    versionOf: offsetOf,
  });
  await candleFiles.mergeHour(segment, hourMicros, rows);
  parts.onRecomputed?.(rows);
}

/** The newest offset that touched a candle; -1 when none did. A span may begin and end within a minute. */
function newestOffset(spans: readonly UnloadedCandle[], instrument: number, openTime: number): number {
  let newest = -1;
  for (const span of spans) {
    if (span.instrument !== instrument) continue;
    if (openTime + MINUTE_MICROS <= span.openTime || openTime >= span.closeTime) continue;
    newest = Math.max(newest, span.offset);
  }
  return newest;
}
