import type { Instrument } from '@tickwright/market';
import { RateLimitedError, VenueAnswerError, VenueRefusedError, VenueUnreachableError } from '../errors.ts';
import type { InstrumentDetails } from '../history.ts';
import { isFields, parseExactly } from '../json/json-value.ts';
import type { RestAnswer } from '../rest-client.ts';
import { checkValue } from '../rest-requests.ts';
import type { ParsedTrade } from '../tick-rows.ts';
import { restPair } from './instruments.ts';
import { parseRow } from './parse.ts';

/** How long the venue is left alone when it says, without a time, that it is asked too much. */
const RETRY_AFTER_MS = 10_000;

/**
 * The value of an answer, numbers as text, or what is wrong with it: `{"error":["EQuery:Unknown asset pair"]}` comes with
 * HTTP 200.
 */
export function checkAnswer(path: string, answer: RestAnswer): unknown {
  const value = parseExactly(answer.body.toString('utf8'));
  const errors = isFields(value) ? value['error'] : undefined;
  const [first] = Array.isArray(errors) ? (errors as unknown[]) : [];
  if (typeof first === 'string') throw errorOf(path, first.slice(0, 300), answer.status);
  checkValue(path, answer, value);
  if (Array.isArray(errors) && isFields(value) && isFields(value['result'])) return value;
  const found = answer.body.toString('latin1', 0, 60);
  throw new VenueAnswerError(`GET ${path}: expected an error list and a result, found "${found}"`);
}

function errorOf(path: string, said: string, status: number): Error {
  const message = `GET ${path}: the venue refused: ${said} (HTTP ${status})`;
  if (/rate limit|too many requests|throttled/i.test(said)) {
    return new RateLimitedError(message, { retryAfterMs: RETRY_AFTER_MS });
  }
  // Its own side: busy, in maintenance, locked for a while.
  if (/^EService:|internal error|temporary/i.test(said)) return new VenueUnreachableError(message);
  return new VenueRefusedError(message, { venueCode: 0, status });
}

/** The rows of a result `{"<pair>":[..],"last":..}`, whose key may be another name of the pair that was asked for. */
export function readResult(value: unknown): { rows: readonly unknown[]; last: unknown } | undefined {
  const result = isFields(value) ? value['result'] : undefined;
  if (!isFields(result)) return undefined;
  const { last, ...pairs } = result;
  const lists = Object.values(pairs);
  return lists.length === 1 && Array.isArray(lists[0]) ? { rows: lists[0], last } : undefined;
}

/** A page of trades, oldest first. */
export interface TradesRead {
  readonly trades: readonly ParsedTrade[];
  /** Where the next page begins: nanoseconds since 1970, exclusive. */
  readonly last: bigint;
}

/**
 * The trades of a page; a row that the decoder refuses is left out. Throws a VenueAnswerError for a page that is out of
 * order, has no cursor, or rows of which none is a trade.
 */
export function readTrades(value: unknown, asked: { path: string; pair: string }): TradesRead {
  const { path, pair } = asked;
  const result = readResult(value);
  if (result === undefined || typeof result.last !== 'string' || !/^\d{1,20}$/.test(result.last)) {
    throw new VenueAnswerError(`GET ${path}: expected trades of one pair and a cursor, found none`);
  }
  const trades = result.rows.flatMap((row) => {
    const parsed = parseRow(row, pair);
    return parsed.what === 'trade' ? parsed.trade : [];
  });
  if (trades.length === 0 && result.rows.length > 0) {
    throw new VenueAnswerError(
      `GET ${path}: no row is a trade: ${JSON.stringify(result.rows[0])?.slice(0, 200)}`,
    );
  }
  let before = -1;
  for (const { id } of trades) {
    if (id <= before) {
      throw new VenueAnswerError(
        `GET ${path}: the page is out of order: expected rising ids, found ${id} after ${before}`,
      );
    }
    before = id;
  }
  return { trades, last: BigInt(result.last) };
}

/** What /0/public/AssetPairs says of the instruments asked for. */
export function readDetails(
  value: unknown,
  asked: { path: string; instruments: readonly Instrument[] },
): InstrumentDetails[] {
  const result = isFields(value) && isFields(value['result']) ? value['result'] : {};
  const pairs = Object.values(result).filter(isFields);
  return asked.instruments.map((instrument) => {
    const name = restPair(instrument.venueSymbol);
    const found = pairs.find((pair) => pair['altname'] === name);
    const priceDecimals = Number(found?.['pair_decimals'] ?? Number.NaN);
    const quantityDecimals = Number(found?.['lot_decimals'] ?? Number.NaN);
    if (found === undefined || !isDecimals(priceDecimals) || !isDecimals(quantityDecimals)) {
      throw new VenueAnswerError(`GET ${asked.path}: the answer does not tell of ${instrument.venueSymbol}`);
    }
    const tickSize = found['tick_size'];
    return {
      instrument: instrument.key,
      venueSymbol: instrument.venueSymbol,
      isTrading: found['status'] === 'online',
      priceDecimals,
      quantityDecimals,
      tickSize: typeof tickSize === 'string' ? tickSize : stepOf(priceDecimals),
      stepSize: stepOf(quantityDecimals),
    };
  });
}

const isDecimals = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 20;

const stepOf = (decimals: number): string => (decimals === 0 ? '1' : `0.${'1'.padStart(decimals, '0')}`);
