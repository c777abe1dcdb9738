import { CandleSource, HOUR_MICROS, MINUTE_MICROS } from '@tickwright/market';
import type { CandleColumns, GoneMinute, UnloadedCandle } from '@tickwright/market';
import type { CandleFiles, CandleName } from '@tickwright/store';
import type { TickStore } from '../ticks/tick-store.ts';
import { storedCandles } from './hour-candles.ts';
import type { StoredCandleParts } from './hour-candles.ts';
import type { OwedHour } from './owed-candles.ts';

/** Computes candles that are not in memory from what is stored and merges them into their hour's file. */
export type Recompute = (hour: OwedHour) => Promise<void>;

export interface RecomputeParts extends StoredCandleParts {
  readonly tickFile: Pick<TickStore, 'minutes' | 'venueMinutes' | 'venueSpans' | 'keptFromMicros'>;
  readonly candleFiles: Pick<CandleFiles, 'mergeHour' | 'read'>;
  /** Is told of the rows that went into a file, and of those that went out of it. */
  readonly onRecomputed?: (candles: CandleColumns, gone: readonly GoneMinute[]) => void;
}

/** Candles of a time of which ticks were removed stay as they are: what is left cannot give them. */
export function recomputeCandles(parts: RecomputeParts): Recompute {
  const { tickFile } = parts;
  return async (hour) => {
    const keptFrom = tickFile.keptFromMicros(hour.segment);
    const spans = hour.spans
      .filter(({ closeTime }) => closeTime > keptFrom)
      .map((span) => ({ ...span, openTime: Math.max(span.openTime, keptFrom) }));
    if (spans.length > 0) await recomputeHour({ ...hour, spans }, parts);
  };
}

async function recomputeHour({ segment, hourMicros, spans }: OwedHour, parts: RecomputeParts): Promise<void> {
  const { candleFiles, instruments } = parts;
  const numbers = [...new Set(spans.map((span) => span.instrument))];
  const newest = newestOffsets(spans);
  const rows = await storedCandles(parts, {
    instruments: numbers.map((number) => instruments.at(number).key),
    fromMicros: hourMicros,
    toMicros: hourMicros + HOUR_MICROS,
    isWanted: (instrument, openTime) => newest(instrument, openTime) >= 0,
    versionOf: newest,
  });
  const published = await candleFiles.read(segment, hourMicros);
  const gone = venueRowsGone(published, rows, (instrument, openTime) => newest(instrument, openTime) >= 0);
  await candleFiles.mergeHour(segment, hourMicros, rows, gone);
  parts.onRecomputed?.(
    rows,
    gone.map((name) => ({ ...name, version: newest(name.instrument, name.openTime) })),
  );
}

/** Published rows of the venue that stand no more, of candles that were computed: their minutes are told by ticks, which had none. */
function venueRowsGone(
  published: CandleColumns,
  computed: CandleColumns,
  isComputed: (instrument: number, openTime: number) => boolean,
): CandleName[] {
  const found = new Set<string>();
  for (let row = 0; row < computed.count; row += 1)
    found.add(`${computed.instrument[row]} ${computed.openTime[row]}`);
  const gone: CandleName[] = [];
  for (let row = 0; row < published.count; row += 1) {
    const [instrument, openTime] = [published.instrument[row], published.openTime[row]];
    if (published.source[row] !== CandleSource.venue || !isComputed(instrument, openTime)) continue;
    if (!found.has(`${instrument} ${openTime}`)) gone.push({ instrument, openTime });
  }
  return gone;
}

/** The newest offset that touched a candle; -1 when none did. A span may begin and end within a minute. */
function newestOffsets(spans: readonly UnloadedCandle[]): (instrument: number, openTime: number) => number {
  const byInstrument = new Map<number, UnloadedCandle[]>();
  for (const span of spans)
    byInstrument.set(span.instrument, [...(byInstrument.get(span.instrument) ?? []), span]);
  return (instrument, openTime) => {
    let newest = -1;
    for (const span of byInstrument.get(instrument) ?? []) {
      if (openTime + MINUTE_MICROS <= span.openTime || openTime >= span.closeTime) continue;
      newest = Math.max(newest, span.offset);
    }
    return newest;
  };
}
