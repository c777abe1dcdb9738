import {
  MINUTE_MICROS,
  closedCandles,
  readCandleRows,
  requireCandles,
  soundCandle,
  toldSpan,
} from '../candle-page.ts';
import type { CandlePage, CandleRead } from '../candle-page.ts';
import { VenueAnswerError } from '../errors.ts';
import type { VenueCandle } from '../history.ts';
import { positiveDecimal } from '../json/json-value.ts';

/** The venue gives so many rows and no more: of a longer span the oldest are left out. */
const MAX_ROWS = 300;

/**
 * Rows of /products/<id>/candles, `[time s, low, high, open, close, volume]`, newest first, numbers as text. Minutes
 * without a trade have none, and the answer may begin before the start that was asked for.
 */
export function readRows(
  rows: readonly unknown[],
  told: { lengthMicros: number; nowMicros: number },
): CandleRead {
  const { lengthMicros, nowMicros } = told;
  return readCandleRows(rows, {
    order: 'newest-first',
    read: (row) => {
      const [time, low, high, open, close] = row
        .slice(0, 5)
        .map((value) => positiveDecimal(value) ?? Number.NaN);
      const volumeText = row[5];
      if (row.length !== 6 || typeof volumeText !== 'string') return 'missingField';
      const openTimeMicros = time * 1_000_000;
      if (openTimeMicros % lengthMicros !== 0) return 'badTime';
      const closeTimeMicros = openTimeMicros + lengthMicros;
      const prices = { open, high, low, close };
      return soundCandle(
        { openTimeMicros, closeTimeMicros, ...prices, volumeText, tradeCount: -1 },
        nowMicros,
      );
    },
  });
}

/** The candles of [fromMicros, toMicros), oldest first. Throws a VenueAnswerError for anything that is none. */
export function readCandles(
  value: unknown,
  asked: { path: string; lengthMicros: number; fromMicros: number; toMicros: number; nowMicros: number },
): VenueCandle[] {
  const { path, fromMicros, toMicros } = asked;
  if (!Array.isArray(value)) throw new VenueAnswerError(`GET ${path}: expected candles, found none`);
  return requireCandles(readRows(value, asked), path).filter(
    ({ openTimeMicros }) => openTimeMicros >= fromMicros && openTimeMicros < toMicros,
  );
}

/** What an answer tells: all candles from `start` to before `end`, of a full page from its oldest on. */
export function candlePage(
  asked: { query: URLSearchParams; instrument: number; receiveMicros: number },
  read: CandleRead,
): CandlePage {
  const { query, instrument, receiveMicros } = asked;
  const lengthMicros = Number(query.get('granularity')) * 1_000_000;
  const { candles } = read;
  const start = Date.parse(query.get('start') ?? '') * 1_000;
  const end = Date.parse(query.get('end') ?? '') * 1_000;
  const [oldest] = candles;
  const isAsked = Number.isFinite(start) && Number.isFinite(end);
  const told =
    oldest === undefined || !isAsked
      ? []
      : toldSpan(
          { fromMicros: candles.length >= MAX_ROWS ? oldest.openTimeMicros : start, toMicros: end },
          { receiveMicros, lengthMicros },
        );
  const minutes = lengthMicros / MINUTE_MICROS;
  return { instrument, minutes, candles: closedCandles(candles, receiveMicros), told };
}
