import {
  MINUTE_MICROS,
  closedCandles,
  readCandleRows,
  requireCandles,
  soundCandle,
  toldSpan,
} from '../candle-page.ts';
import type { CandlePage, CandleRead } from '../candle-page.ts';
import type { VenueCandle } from '../history.ts';
import { venueTimeMicros } from './parse.ts';

/** The intervals that are whole minutes; of the others nothing is stored. */
const MINUTES: Readonly<Record<string, number>> = {
  '1m': 1,
  '3m': 3,
  '5m': 5,
  '15m': 15,
  '30m': 30,
  '1h': 60,
  '2h': 120,
  '4h': 240,
  '6h': 360,
  '8h': 480,
  '12h': 720,
  '1d': 1440,
};
/** Rows that the venue gives where no limit is asked for. */
const DEFAULT_LIMIT = 500;

/** Length of an interval of klines, minutes; undefined for one that is not stored. */
export function klineMinutes(interval: string): number | undefined {
  return Object.hasOwn(MINUTES, interval) ? MINUTES[interval] : undefined;
}

/**
 * Rows of /klines, oldest first: `[openTime, open, high, low, close, volume, closeTime, quoteVolume, trades, ..]`. The
 * last may still be forming.
 */
export function readKlines(
  rows: readonly unknown[],
  told: { nowMicros: number; minutes?: number },
): CandleRead {
  const { nowMicros, minutes } = told;
  return readCandleRows(rows, {
    order: 'oldest-first',
    read: (row) => {
      const [openTime, open, high, low, close, volumeText, closeTime, , trades] = row;
      if (typeof openTime !== 'number' || typeof closeTime !== 'number' || typeof trades !== 'number')
        return 'missingField';
      if (typeof volumeText !== 'string') return 'missingField';
      const openTimeMicros = venueTimeMicros(openTime);
      // The venue's close time is the last moment within, ours the first one after.
      const closeTimeMicros = closeOf(closeTime);
      if (minutes !== undefined && closeTimeMicros - openTimeMicros !== minutes * MINUTE_MICROS)
        return 'badTime';
      return soundCandle(
        {
          openTimeMicros,
          closeTimeMicros,
          open: Number(open),
          high: Number(high),
          low: Number(low),
          close: Number(close),
          volumeText,
          tradeCount: trades,
        },
        nowMicros,
      );
    },
  });
}

/** As `readKlines`, whole or not at all. Throws a VenueAnswerError. */
export function readCandles(
  rows: readonly unknown[],
  options: { path: string; nowMicros: number },
): VenueCandle[] {
  return requireCandles(readKlines(rows, options), options.path);
}

/** What an answer of /klines tells: all candles from startTime to endTime, both inclusive, or to the last of a full page. */
export function klinePage(
  asked: { query: URLSearchParams; instrument: number; minutes: number; receiveMicros: number },
  { candles, problems }: CandleRead,
): CandlePage {
  const { query, instrument, minutes, receiveMicros } = asked;
  const lengthMicros = minutes * MINUTE_MICROS;
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
  const last = candles.at(-1);
  const isFull = candles.length + problems.length >= limit;
  const start = venueTimeMicros(Number(query.get('startTime') ?? Number.NaN));
  const end = venueTimeMicros(Number(query.get('endTime') ?? Number.NaN));
  const toMicros = isFull || end < 0 ? (last?.closeTimeMicros ?? 0) : end + 1;
  const fromMicros = start < 0 ? (candles[0]?.openTimeMicros ?? 0) : start;
  const told =
    last === undefined
      ? []
      : toldSpan({ fromMicros, toMicros: whole(toMicros, lengthMicros) }, { receiveMicros, lengthMicros });
  return { instrument, minutes, candles: closedCandles(candles, receiveMicros), told };
}

function closeOf(closeTime: number): number {
  // In microseconds the last moment is one microsecond before, in milliseconds one millisecond.
  return venueTimeMicros(closeTime + 1);
}

function whole(micros: number, lengthMicros: number): number {
  // endTime is inclusive, in milliseconds: the last moment of a candle stands for its end.
  return Math.floor((micros + 999) / lengthMicros) * lengthMicros;
}
