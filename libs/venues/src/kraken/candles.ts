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
import { readResult } from './answers.ts';

/**
 * Rows of /0/public/OHLC, `[time s, open, high, low, close, vwap, volume, count]`, oldest first, numbers as text; minutes
 * without a trade have a flat row. The last one is not yet committed.
 */
export function readRows(
  rows: readonly unknown[],
  told: { lengthMicros: number; nowMicros: number },
): CandleRead {
  const { lengthMicros, nowMicros } = told;
  const read = readCandleRows(rows, {
    order: 'oldest-first',
    read: (row) => {
      const [time, open, high, low, close] = row
        .slice(0, 5)
        .map((value) => positiveDecimal(value) ?? Number.NaN);
      const volumeText = row[6];
      const tradeCount = Number(row[7] ?? Number.NaN);
      if (typeof volumeText !== 'string' || row[7] === undefined) return 'missingField';
      if (!(tradeCount >= 0)) return 'badQuantity';
      const openTimeMicros = time * 1_000_000;
      if (openTimeMicros % lengthMicros !== 0) return 'badTime';
      const closeTimeMicros = openTimeMicros + lengthMicros;
      const prices = { open, high, low, close };
      return soundCandle({ openTimeMicros, closeTimeMicros, ...prices, volumeText, tradeCount }, nowMicros);
    },
  });
  const candles = read.candles.map((candle, at) => ({
    ...candle,
    isClosed: candle.isClosed && at < read.candles.length - 1,
  }));
  return { candles, problems: read.problems };
}

/** All candles of an answer, oldest first. Throws a VenueAnswerError for anything else. */
export function readCandles(
  value: unknown,
  asked: { path: string; lengthMicros: number; nowMicros: number },
): VenueCandle[] {
  const rows = readResult(value)?.rows;
  if (rows === undefined)
    throw new VenueAnswerError(`GET ${asked.path}: expected candles of one pair, found none`);
  return requireCandles(readRows(rows, asked), asked.path);
}

/** What an answer tells: all candles from its first to its last committed one. The venue keeps no more than 720. */
export function candlePage(
  asked: { instrument: number; lengthMicros: number; receiveMicros: number },
  read: CandleRead,
): CandlePage {
  const { instrument, lengthMicros, receiveMicros } = asked;
  const candles = closedCandles(read.candles, receiveMicros);
  const [first] = candles;
  const last = candles.at(-1);
  const told =
    first === undefined || last === undefined
      ? []
      : toldSpan(
          { fromMicros: first.openTimeMicros, toMicros: last.closeTimeMicros },
          { receiveMicros, lengthMicros },
        );
  return { instrument, minutes: lengthMicros / MINUTE_MICROS, candles, told };
}
