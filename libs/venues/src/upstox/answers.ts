import { VenueAnswerError, VenueRefusedError } from '../errors.ts';
import type { VenueCandle } from '../history.ts';
import { isFields, parseJson } from '../json/json-value.ts';
import type { Fields } from '../json/json-value.ts';
import type { RestAnswer } from '../rest-client.ts';
import { checkValue } from '../rest-requests.ts';
import { candleTimeMicros } from './times.ts';

/** The `data` of a good answer: `{"status":"success","data":..}`. An error's body may come with HTTP 200. */
export function checkData(path: string, answer: RestAnswer): unknown {
  const value = parseJson(answer.body.toString('utf8'));
  const said = isFields(value) ? refusalIn(value) : undefined;
  if (said !== undefined) {
    const venueCode = Number(/UDAPI(\d+)/.exec(said)?.[1] ?? 0);
    throw new VenueRefusedError(`GET ${path}: the venue refused: ${said}`, {
      venueCode,
      status: answer.status,
    });
  }
  const checked = checkValue(path, answer, value);
  if (isFields(checked) && checked['status'] === 'success' && 'data' in checked) return checked['data'];
  throw new VenueAnswerError(`GET ${path}: expected {"status":"success","data":..}, found none of the kind`);
}

/**
 * What an error's body says, its code first: `{"status":"error","errors":[{"errorCode":"UDAPI1148","message":".."}]}`, or
 * `{"status":"failed","error":..}` of the feed. Undefined for any other body.
 */
export function refusalIn(value: Fields): string | undefined {
  if (value['status'] !== 'error' && value['status'] !== 'failed' && !('errors' in value)) return undefined;
  const [first] = Array.isArray(value['errors']) ? (value['errors'] as unknown[]) : [value['error']];
  if (typeof first === 'string') return first.slice(0, 300);
  const error = isFields(first) ? first : value;
  const code = error['errorCode'] ?? error['error_code'] ?? error['code'] ?? '';
  return `${String(code)} ${String(error['message'] ?? 'no reason given')}`.trim().slice(0, 300);
}

export interface CandleRange {
  readonly path: string;
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly stepMicros: number;
  readonly nowMicros: number;
}

/**
 * `{"candles":[["2025-01-01T09:15:00+05:30",o,h,l,c,volume,oi],..]}`, newest first, as ascending candles of [from, to).
 * Throws a VenueAnswerError for anything else, a page out of order too: what is left out of it could not be told.
 */
export function readCandles(data: unknown, range: CandleRange): VenueCandle[] {
  const rows = isFields(data) ? data['candles'] : undefined;
  if (!Array.isArray(rows)) throw new VenueAnswerError(`GET ${range.path}: expected candles, found none`);
  const candles = rows.map((row) => readCandle(row, range)).toReversed();
  for (const [at, { openTimeMicros }] of candles.entries()) {
    if (at === 0 || openTimeMicros > candles[at - 1].openTimeMicros) continue;
    throw new VenueAnswerError(
      `GET ${range.path}: candles out of order, at ${String(rows[rows.length - 1 - at][0])}`,
    );
  }
  return candles.filter(
    ({ openTimeMicros }) => openTimeMicros >= range.fromMicros && openTimeMicros < range.toMicros,
  );
}

function readCandle(row: unknown, range: CandleRange): VenueCandle {
  const [time, ...numbers] = Array.isArray(row) ? (row as unknown[]) : [];
  const openTimeMicros = candleTimeMicros(time);
  const [open, high, low, close, volume] = numbers.map((value) =>
    typeof value === 'number' ? value : Number.NaN,
  );
  const prices = [open, high, low, close];
  const arePrices = prices.every((price) => price > 0 && price < Infinity);
  const isWhole = openTimeMicros >= 0 && Number.isSafeInteger(volume) && volume >= 0;
  if (!arePrices || !isWhole || high < Math.max(open, close, low) || low > Math.min(open, close)) {
    throw new VenueAnswerError(`GET ${range.path}: not a candle: ${JSON.stringify(row)?.slice(0, 200)}`);
  }
  const closeTimeMicros = openTimeMicros + range.stepMicros;
  const isClosed = closeTimeMicros <= range.nowMicros;
  const volumeText = String(volume);
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
