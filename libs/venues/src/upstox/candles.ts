import { MINUTE_MICROS, closedCandles, readCandleRows, requireCandles, soundCandle } from '../candle-page.ts';
import type { CandlePage, CandleRead, ToldSpan } from '../candle-page.ts';
import { VenueAnswerError } from '../errors.ts';
import type { VenueCandle } from '../history.ts';
import { isFields } from '../json/json-value.ts';
import { candleTimeMicros, indiaDate, indiaDayStart } from './times.ts';

const DAY_MICROS = 86_400_000_000;
const DAY_MINUTES = 1_440;
/** The candles of today lag: what is younger may still come, unless a younger one is there. */
const LAG_MICROS = 15 * MINUTE_MICROS;
const UNIT_MINUTES: Readonly<Record<string, number>> = { minutes: 1, hours: 60, days: DAY_MINUTES };

export interface CandleRange {
  readonly path: string;
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly stepMicros: number;
  readonly nowMicros: number;
}

/** Rows `["2025-01-01T09:15:00+05:30",o,h,l,c,volume,oi]`, newest first. */
export function readRows(
  rows: readonly unknown[],
  told: { stepMicros: number; nowMicros: number },
): CandleRead {
  const { stepMicros, nowMicros } = told;
  return readCandleRows(rows, {
    order: 'newest-first',
    read: ([time, ...numbers]) => {
      const openTimeMicros = candleTimeMicros(time);
      const [open, high, low, close, volume] = numbers.map((value) =>
        typeof value === 'number' ? value : Number.NaN,
      );
      if (numbers.length < 5) return 'missingField';
      if (!Number.isSafeInteger(volume)) return 'badQuantity';
      const closeTimeMicros = openTimeMicros + stepMicros;
      const prices = { open, high, low, close };
      const volumeText = String(volume);
      return soundCandle(
        { openTimeMicros, closeTimeMicros, ...prices, volumeText, tradeCount: -1 },
        nowMicros,
      );
    },
  });
}

/**
 * `{"candles":[..]}` as ascending candles of [from, to). Throws a VenueAnswerError for anything else, a page out of order
 * too: what is left out of it could not be told.
 */
export function readCandles(data: unknown, range: CandleRange): VenueCandle[] {
  const rows = rowsOf(data);
  if (rows === undefined) throw new VenueAnswerError(`GET ${range.path}: expected candles, found none`);
  return requireCandles(readRows(rows, range), range.path).filter(
    ({ openTimeMicros }) => openTimeMicros >= range.fromMicros && openTimeMicros < range.toMicros,
  );
}

export function rowsOf(data: unknown): readonly unknown[] | undefined {
  const rows = isFields(data) ? data['candles'] : undefined;
  return Array.isArray(rows) ? rows : undefined;
}

/** What was asked for, by the path: `/v3/historical-candle/<key>/minutes/1/<to>/<from>`, or `/intraday/<key>/minutes/1`. */
export interface CandlePath {
  /** The venue's symbol. */
  readonly symbol: string;
  readonly minutes: number;
  readonly isToday: boolean;
}

/** Undefined for a path of something else, and for candles that are not stored: of weeks and months. */
export function candlePath(path: string): CandlePath | undefined {
  const [, version, endpoint, ...words] = path.split('/');
  if (version !== 'v3' || endpoint !== 'historical-candle') return undefined;
  const isToday = words[0] === 'intraday';
  const [key = '', unit = '', count = ''] = isToday ? words.slice(1) : words;
  const minutes = (UNIT_MINUTES[unit] ?? 0) * Number(count);
  return Number.isInteger(minutes) && minutes > 0 ? { symbol: decodeKey(key), minutes, isToday } : undefined;
}

/**
 * What an answer tells. A day of which it holds a candle is told whole: its untraded minutes are flat or left out. Today
 * up to its newest candle, or so far back that nothing more can come.
 */
export function candlePage(
  asked: CandlePath & { instrument: number; receiveMicros: number },
  read: CandleRead,
): CandlePage {
  const { instrument, minutes, isToday, receiveMicros } = asked;
  const candles = closedCandles(read.candles, receiveMicros);
  const days = new Set(candles.map(({ openTimeMicros }) => indiaDate(openTimeMicros)));
  const today = indiaDate(receiveMicros);
  const newest = candles.at(-1)?.closeTimeMicros ?? 0;
  const told: ToldSpan[] = [...days].map((day) => {
    const fromMicros = indiaDayStart(day);
    if (!isToday && day < today) return { fromMicros, toMicros: fromMicros + DAY_MICROS };
    const settled = Math.floor((receiveMicros - LAG_MICROS) / MINUTE_MICROS) * MINUTE_MICROS;
    return { fromMicros, toMicros: Math.max(newest, settled) };
  });
  return { instrument, minutes, candles, told: minutes === 1 ? told : [] };
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return '';
  }
}
