import { setImmediate as nextTurn } from 'node:timers/promises';
import { firstOrderAt, ordersBetween } from '../market/history.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import { ApiError } from './api-error.ts';
import { CandleFold } from './candle-fold.ts';
import type { Candle } from './candle-fold.ts';
import type { TradingDay } from './hours.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const INDIA_MS = 5.5 * 3_600_000;
const ORDERS_A_STEP = 10_000;

/** What a request for candles asks for. Dates are days in India, both inclusive. */
export interface CandleQuery {
  readonly instrument: SimulatedInstrument;
  /** `minutes`, `hours` or `days`. */
  readonly unit: string;
  readonly count: string;
}

/** A length in milliseconds. Throws the ApiError for a unit or interval that there is not. */
export function stepOf({ unit, count }: CandleQuery): number {
  const limits: Readonly<Record<string, { max: number; ms: number }>> = {
    minutes: { max: 300, ms: MINUTE_MS },
    hours: { max: 5, ms: 60 * MINUTE_MS },
    days: { max: 1, ms: DAY_MS },
  };
  const limit = Object.hasOwn(limits, unit) ? limits[unit] : undefined;
  if (limit === undefined) throw new ApiError('UDAPI1146', 'Invalid unit');
  if (!/^[1-9]\d{0,2}$/.test(count) || Number(count) > limit.max) {
    throw new ApiError('UDAPI1147', 'Invalid interval');
  }
  return Number(count) * limit.ms;
}

/** Days of a range, checked as the venue does: order, form, and how much may be asked for at once. */
export function daysOf(query: CandleQuery, range: { from: string; to: string }): string[] {
  const { from, to } = range;
  const isDate = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
  if (!isDate(from) || !isDate(to) || from > to)
    throw new ApiError('UDAPI1015', 'to_date must not be before from_date');
  const months = query.unit === 'days' ? 120 : query.unit === 'minutes' && Number(query.count) <= 15 ? 1 : 3;
  const [year, month, day] = from.split('-').map(Number);
  if (Date.parse(to) > Date.UTC(year, month - 1 + months, day)) {
    throw new ApiError('UDAPI1148', 'Invalid date range for this interval');
  }
  const days: string[] = [];
  for (let ms = Date.parse(from); ms <= Date.parse(to); ms += DAY_MS) {
    days.push(new Date(ms).toISOString().slice(0, 10));
  }
  return days;
}

/** Rows of the sessions, as far as they are over by `untilMs`: newest first. Folds in steps, streams go on meanwhile. */
export async function candleRows(
  instrument: SimulatedInstrument,
  sessions: readonly TradingDay[],
  options: { stepMs: number; untilMs: number },
): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for (const session of sessions) {
    for (const candle of await foldSession(instrument, session, options))
      rows.push(rowOf(instrument, candle));
  }
  return rows.toReversed();
}

async function foldSession(
  instrument: SimulatedInstrument,
  session: TradingDay,
  options: { stepMs: number; untilMs: number },
): Promise<Candle[]> {
  const endMs = Math.min(session.closeMs, options.untilMs);
  if (endMs <= session.openMs) return [];
  const from = firstOrderAt(instrument, session.openMs);
  const end = firstOrderAt(instrument, endMs);
  // A day's candle is dated by midnight, and so begins before the session.
  const openMs = options.stepMs === DAY_MS ? midnight(session.openMs) : session.openMs;
  const fold = new CandleFold({ openMs, stepMs: options.stepMs, flatTicks: ticksBefore(instrument, from) });
  let pauseAt = from + ORDERS_A_STEP;
  for (const rows of ordersBetween(instrument, { from, end })) {
    fold.add(rows);
    if (rows.columns.firstOrder < pauseAt) continue;
    pauseAt += ORDERS_A_STEP;
    await nextTurn();
  }
  fold.fillTo(endMs);
  return fold.candles;
}

function ticksBefore(instrument: SimulatedInstrument, order: number): number {
  for (const { columns, start } of ordersBetween(instrument, { from: Math.max(0, order - 1), end: order })) {
    return columns.priceTicks[start];
  }
  return instrument.baseTicks;
}

function rowOf(instrument: SimulatedInstrument, candle: Candle): unknown[] {
  const price = (ticks: number): number => ticks / 10 ** instrument.priceDecimals;
  const { openMs, open, high, low, close, volume } = candle;
  return [indiaTime(openMs), price(open), price(high), price(low), price(close), volume, 0];
}

function indiaTime(ms: number): string {
  return `${new Date(ms + INDIA_MS).toISOString().slice(0, 19)}+05:30`;
}

function midnight(ms: number): number {
  return Math.floor((ms + INDIA_MS) / DAY_MS) * DAY_MS - INDIA_MS;
}

/** The date in India. */
export function indiaDate(ms: number): string {
  return new Date(ms + INDIA_MS).toISOString().slice(0, 10);
}
