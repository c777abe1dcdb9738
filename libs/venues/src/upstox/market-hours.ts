import { VenueAnswerError } from '../errors.ts';
import { isFields } from '../json/json-value.ts';
import type { Fields } from '../json/json-value.ts';
import { millisToMicros } from './times.ts';

export interface ExchangeStatus {
  readonly exchange: string;
  /** `NORMAL_OPEN` and the like. */
  readonly status: string;
  readonly updatedMicros: number;
}

/** When an exchange trades, microseconds UTC, the end exclusive. */
export interface ExchangeHours {
  readonly exchange: string;
  readonly openMicros: number;
  readonly closeMicros: number;
}

/** A day that is not as others. Which exchanges trade is said by the two lists alone: its type says `TRADING_HOLIDAY` of
 * days on which all of them are open. */
export interface Holiday {
  readonly date: string;
  readonly description: string;
  readonly closed: readonly string[];
  readonly open: readonly ExchangeHours[];
}

/** An exchange's hours, as a venue tells them. */
export interface MarketHours {
  /** Whether an exchange (`NSE`) trades now. */
  marketStatus(exchange: string, signal?: AbortSignal): Promise<ExchangeStatus>;
  /** The hours of a day, YYYY-MM-DD, of each exchange that is open on it. */
  marketTimings(date: string, signal?: AbortSignal): Promise<ExchangeHours[]>;
  /** The days of the year on which not all exchanges keep their hours; or what one date is. */
  marketHolidays(date?: string, signal?: AbortSignal): Promise<Holiday[]>;
}

/** `{"exchange":"NSE","status":"NORMAL_OPEN","last_updated":1705549500000}` */
export function readStatus(data: unknown, path: string): ExchangeStatus {
  const fields = fieldsOf(data, path);
  return {
    exchange: textOf(fields['exchange'], path),
    status: textOf(fields['status'], path),
    updatedMicros: timeOf(fields['last_updated'], path),
  };
}

/** `[{"exchange":"NSE","start_time":1704080700000,"end_time":1704103200000}]` */
export function readTimings(data: unknown, path: string): ExchangeHours[] {
  return listOf(data, path).map((row) => {
    const fields = fieldsOf(row, path);
    return {
      exchange: textOf(fields['exchange'], path),
      openMicros: timeOf(fields['start_time'], path),
      closeMicros: timeOf(fields['end_time'], path),
    };
  });
}

/** `[{"date":"2024-01-26","description":"..","closed_exchanges":["NSE"],"open_exchanges":[..]}]` */
export function readHolidays(data: unknown, path: string): Holiday[] {
  return listOf(data, path).map((row) => {
    const fields = fieldsOf(row, path);
    return {
      date: textOf(fields['date'], path),
      description: textOf(fields['description'] ?? '', path),
      closed: listOf(fields['closed_exchanges'], path).map((name) => textOf(name, path)),
      open: readTimings(fields['open_exchanges'], path),
    };
  });
}

/** Whether an exchange trades on the day; undefined where the day says nothing of it: it keeps its usual hours. */
export function tradesOn(holiday: Holiday, exchange: string): boolean | undefined {
  if (holiday.open.some((one) => one.exchange === exchange)) return true;
  return holiday.closed.includes(exchange) ? false : undefined;
}

function fieldsOf(value: unknown, path: string): Fields {
  if (isFields(value)) return value;
  throw unexpected(path, value);
}

function listOf(value: unknown, path: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw unexpected(path, value);
}

function textOf(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw unexpected(path, value);
}

function timeOf(value: unknown, path: string): number {
  const micros = typeof value === 'number' ? millisToMicros(value) : -1;
  if (micros >= 0) return micros;
  throw unexpected(path, value);
}

function unexpected(path: string, value: unknown): VenueAnswerError {
  return new VenueAnswerError(`GET ${path}: not as documented, at ${JSON.stringify(value)?.slice(0, 120)}`);
}
