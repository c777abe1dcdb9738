import type { Instrument } from '@tickwright/market';
import { decimalsOf } from '../binance/answers.ts';
import { RateLimitedError, VenueAnswerError, VenueRefusedError } from '../errors.ts';
import type { InstrumentDetails } from '../history.ts';
import { isFields, parseExactly, parseJson } from '../json/json-value.ts';
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
