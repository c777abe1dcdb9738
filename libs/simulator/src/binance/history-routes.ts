import { setImmediate as nextTurn } from 'node:timers/promises';
import { KLINE_INTERVALS, klineOpenMs, klineStep } from '../market/kline-interval.ts';
import {
  firstOpenOfLast,
  klineSteps,
  ordersToFold,
  type KlineRange,
  type SimulatedKline,
} from '../market/klines.ts';
import {
  aggTradesById,
  firstOrderAt,
  firstTradeOf,
  tradesById,
  type SimulatedAggTrade,
  type SimulatedTrade,
} from '../market/history.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import { ApiError, badCombination } from './api-error.ts';
import type { Parameters } from './parameters.ts';

/** What a route may look at. */
export interface Venue {
  readonly instruments: ReadonlyMap<string, SimulatedInstrument>;
  /** Nothing later than this is told. */
  readonly nowMs: number;
  /** A klines request that folds more orders than this is refused: it would take seconds. */
  readonly maxOrdersToFold: number;
}

/** GET /api/v3/trades: the newest. */
export function recentTrades(parameters: Parameters, venue: Venue): object {
  const instrument = parameters.instrument(venue.instruments);
  const limit = parameters.limit();
  parameters.refuseOthers();
  return newestTrades(instrument, limit, venue).map(tradeRow);
}

/** GET /api/v3/historicalTrades: from an id on, or the newest. */
export function historicalTrades(parameters: Parameters, venue: Venue): object {
  const instrument = parameters.instrument(venue.instruments);
  const limit = parameters.limit();
  const fromId = parameters.integer('fromId');
  parameters.refuseOthers();
  if (fromId === undefined) return newestTrades(instrument, limit, venue).map(tradeRow);
  return tradesById(instrument, { fromId, limit, endOrder: endOrder(instrument, venue) }).map(tradeRow);
}

function newestTrades(instrument: SimulatedInstrument, limit: number, venue: Venue): SimulatedTrade[] {
  const end = endOrder(instrument, venue);
  const fromId = Math.max(0, firstTradeOf(instrument, end) - limit);
  return tradesById(instrument, { fromId, limit, endOrder: end });
}

/** The number of the first order that is not yet told. */
function endOrder(instrument: SimulatedInstrument, venue: Venue): number {
  return firstOrderAt(instrument, venue.nowMs + 1);
}

/** GET /api/v3/aggTrades: from an id on; or of a time; or the newest. */
export function aggTrades(parameters: Parameters, venue: Venue): object {
  const instrument = parameters.instrument(venue.instruments);
  const limit = parameters.limit();
  const fromId = parameters.integer('fromId');
  const startMs = parameters.integer('startTime');
  const endMs = parameters.integer('endTime');
  parameters.refuseOthers();
  if (fromId !== undefined && (startMs !== undefined || endMs !== undefined)) throw badCombination();
  if (startMs !== undefined && endMs !== undefined && startMs > endMs) throw badCombination();
  const lastMs = Math.min(endMs ?? venue.nowMs, venue.nowMs);
  const end = firstOrderAt(instrument, lastMs + 1);
  const newest = Math.max(0, end - limit);
  const start = startMs === undefined ? newest : firstOrderAt(instrument, Math.min(startMs, venue.nowMs + 1));
  return aggTradesById(instrument, { fromId: fromId ?? start, limit, endOrder: end }).map(aggTradeRow);
}

/** GET /api/v3/klines. Folds in small steps, so that the streams go on meanwhile. */
export async function klineRows(parameters: Parameters, venue: Venue): Promise<object> {
  const instrument = parameters.instrument(venue.instruments);
  const range = klineRange(parameters, venue.nowMs);
  if (ordersToFold(instrument, range) > venue.maxOrdersToFold) {
    throw new ApiError(
      -1127,
      'Lookup interval is too big: the simulator would fold too many trades at once.',
    );
  }
  const rows: object[] = [];
  for (const step of klineSteps(instrument, range)) {
    if (step !== undefined) rows.push(klineRow(step));
    await nextTurn();
  }
  return rows;
}

function klineRange(parameters: Parameters, nowMs: number): KlineRange {
  const interval = parameters.required('interval');
  const limit = parameters.limit();
  const startMs = parameters.integer('startTime');
  const endMs = parameters.integer('endTime');
  const timeZone = parameters.text('timeZone') ?? '0';
  parameters.refuseOthers();
  if (!KLINE_INTERVALS.includes(interval)) throw new ApiError(-1120, 'Invalid interval.');
  if (timeZone !== '0') throw new ApiError(-1130, "Data sent for parameter 'timeZone' is not valid.");
  const lastOpenMs = Math.min(endMs ?? nowMs, nowMs);
  if (startMs === undefined) {
    const firstOpenMs = atLeastEpoch(interval, firstOpenOfLast(interval, lastOpenMs, limit));
    return { interval, firstOpenMs, lastOpenMs, limit, nowMs };
  }
  const open = klineOpenMs(interval, Math.min(startMs, nowMs + 1));
  const firstOpenMs = open < startMs ? klineStep(interval, open, 1) : open;
  return { interval, firstOpenMs, lastOpenMs, limit, nowMs };
}

/** The first open that the script, which begins in 1970, has whole. */
function atLeastEpoch(interval: string, openMs: number): number {
  if (openMs >= 0) return openMs;
  const first = klineOpenMs(interval, 0);
  return first < 0 ? klineStep(interval, first, 1) : first;
}

function tradeRow(trade: SimulatedTrade): object {
  return {
    id: trade.id,
    price: trade.price,
    qty: trade.quantity,
    quoteQty: trade.quoteQuantity,
    time: trade.timeMs,
    isBuyerMaker: trade.isBuyerMaker,
    isBestMatch: true,
  };
}

function aggTradeRow(trade: SimulatedAggTrade): object {
  return {
    a: trade.id,
    p: trade.price,
    q: trade.quantity,
    f: trade.firstId,
    l: trade.lastId,
    T: trade.timeMs,
    m: trade.isBuyerMaker,
    M: true,
  };
}

function klineRow(kline: SimulatedKline): object {
  return [
    kline.openMs,
    kline.open,
    kline.high,
    kline.low,
    kline.close,
    kline.volume,
    kline.closeMs,
    kline.quoteVolume,
    kline.tradeCount,
    kline.takerBuyVolume,
    kline.takerBuyQuoteVolume,
    '0',
  ];
}
