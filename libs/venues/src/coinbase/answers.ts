import type { Instrument } from '@tickwright/market';
import { decimalsOf } from '../binance/answers.ts';
import { RateLimitedError, VenueAnswerError, VenueRefusedError } from '../errors.ts';
import type { InstrumentDetails, VenueCandle } from '../history.ts';
import { isFields, parseExactly, parseJson, positiveDecimal } from '../json/json-value.ts';
import type { RestAnswer } from '../rest-client.ts';
import { checkValue } from '../rest-requests.ts';
import type { ParsedTrade } from '../tick-rows.ts';
import { parseRow } from './parse.ts';

/** The venue's limit is ten a second: a second's silence is enough. */
const RETRY_AFTER_MS = 1_000;

/** The value of an answer, or what is wrong with it: `{"message":"NotFound"}`, with whatever status. */
export function checkAnswer(path: string, answer: RestAnswer): unknown {
  const text = answer.body.toString('utf8');
  // Candles are JSON numbers, whose digits are kept.
  const value = path.includes('/candles') ? parseExactly(text) : parseJson(text);
  if (isFields(value) && typeof value['message'] === 'string') {
    const said = value['message'].slice(0, 300);
    if (/rate limit|too many/i.test(said)) {
      throw new RateLimitedError(`GET ${path}: the venue is asked too often: ${said}`, {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    const { status } = answer;
    throw new VenueRefusedError(`GET ${path}: the venue refused: ${said} (HTTP ${status})`, {
      venueCode: 0,
      status,
    });
  }
  return checkValue(path, answer, value);
}

/**
 * The trades of a page, newest first as the venue tells them. A row that the decoder refuses is left out. Throws a
 * VenueAnswerError for a page that is out of order, reaches past what was asked for, or has no row that is a trade.
 */
export function readTrades(
  value: unknown,
  asked: { path: string; product: string; belowId: number },
): ParsedTrade[] {
  const { path, product, belowId } = asked;
  if (!Array.isArray(value)) throw new VenueAnswerError(`GET ${path}: expected trades, found none`);
  const rows: unknown[] = value;
  const trades = rows.flatMap((row) => {
    const parsed = parseRow(row, product);
    return parsed.what === 'trade' ? parsed.trade : [];
  });
  if (trades.length === 0 && rows.length > 0) {
    throw new VenueAnswerError(`GET ${path}: no row is a trade: ${JSON.stringify(rows[0])?.slice(0, 200)}`);
  }
  let before = belowId;
  for (const { id } of trades) {
    if (id >= before) {
      throw new VenueAnswerError(
        `GET ${path}: the page is out of order: expected ids falling from below ${belowId}, found ${id} after ${before}`,
      );
    }
    before = id;
  }
  return trades;
}

/**
 * Candles, oldest first: `[time s, low, high, open, close, volume]`, newest first in the answer, which may begin before the
 * start that was asked for. Throws a VenueAnswerError for anything else; low and high must enclose the others, so that a
 * change of the columns is noticed.
 */
export function readCandles(
  value: unknown,
  asked: { path: string; lengthMicros: number; fromMicros: number; toMicros: number; nowMicros: number },
): VenueCandle[] {
  const { path, lengthMicros, fromMicros, toMicros, nowMicros } = asked;
  if (!Array.isArray(value)) throw new VenueAnswerError(`GET ${path}: expected candles, found none`);
  const candles: VenueCandle[] = [];
  let before = Infinity;
  for (const row of value as unknown[]) {
    const candle = Array.isArray(row) ? readCandle(row, { lengthMicros, nowMicros }) : undefined;
    if (candle === undefined || candle.openTimeMicros >= before) {
      const what = candle === undefined ? 'not a candle' : 'candles out of order';
      throw new VenueAnswerError(`GET ${path}: ${what}: ${JSON.stringify(row)?.slice(0, 200)}`);
    }
    before = candle.openTimeMicros;
    if (before >= fromMicros && before < toMicros) candles.push(candle);
  }
  return candles.toReversed();
}

function readCandle(
  row: readonly unknown[],
  { lengthMicros, nowMicros }: { lengthMicros: number; nowMicros: number },
): VenueCandle | undefined {
  const [time, low, high, open, close] = row.slice(0, 5).map(positiveDecimal);
  const volumeText = row[5];
  if (time === undefined || low === undefined || high === undefined || open === undefined) return undefined;
  if (close === undefined || typeof volumeText !== 'string' || row.length !== 6) return undefined;
  const openTimeMicros = time * 1_000_000;
  const volume = Number(volumeText);
  const isSound =
    openTimeMicros % lengthMicros === 0 &&
    low <= Math.min(open, close) &&
    high >= Math.max(open, close) &&
    volume >= 0 &&
    volume < Infinity;
  if (!isSound) return undefined;
  const closeTimeMicros = openTimeMicros + lengthMicros;
  const isClosed = closeTimeMicros <= nowMicros;
  return {
    openTimeMicros,
    closeTimeMicros,
    open,
    high,
    low,
    close,
    volumeText,
    volume,
    tradeCount: -1,
    isClosed,
  };
}

/** What /products/<id> says. */
export function readDetails(value: unknown, path: string, instrument: Instrument): InstrumentDetails {
  if (!isFields(value) || value['id'] !== instrument.venueSymbol) {
    throw new VenueAnswerError(`GET ${path}: the answer does not tell of ${instrument.venueSymbol}`);
  }
  const tickSize = String(value['quote_increment'] ?? '');
  const stepSize = String(value['base_increment'] ?? '');
  return {
    instrument: instrument.key,
    venueSymbol: instrument.venueSymbol,
    isTrading: value['status'] === 'online' && value['trading_disabled'] !== true,
    priceDecimals: decimalsOf(tickSize) ?? instrument.priceDecimals,
    quantityDecimals: decimalsOf(stepSize) ?? instrument.quantityDecimals,
    tickSize,
    stepSize,
  };
}
