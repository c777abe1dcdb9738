import type { Instrument } from '@tickwright/market';
import { VenueRefusedError } from '../errors.ts';
import { HISTORY_LIMITS } from '../history.ts';
import type {
  CandlesRequest,
  Filled,
  FillRequest,
  History,
  HistoryCounts,
  HistoryLimits,
  HistoryOptions,
  InstrumentDetails,
  TradePage,
  TradesRequest,
  VenueCandle,
} from '../history.ts';
import { pathWith, RestRequests } from '../rest-requests.ts';
import { checkAnswer, readDetails, readTrades } from './answers.ts';
import type { TradesRead } from './answers.ts';
import { readCandles } from './candles.ts';
import { restPair } from './instruments.ts';

export const KRAKEN_REST_URL = 'https://api.kraken.com';

/** About one public request a second from one address. */
const RATES = [{ capacity: 2, perSecond: 0.8 }];
const MAX_DETAILS = 100;
/** So many candles of an interval are kept by the venue; what is older is to be built from trades. */
const KEPT_CANDLES = 720;
const MINUTES: Readonly<Record<string, number>> = {
  '1m': 1,
  '5m': 5,
  '15m': 15,
  '30m': 30,
  '1h': 60,
  '4h': 240,
  '1d': 1440,
};
/**
 * How far to go back when a page begins after the id that is due: trades of one nanosecond may lie on both sides of a page's
 * end, and the time that we were given may be later than the trade's.
 */
const STEPS_BACK_NS = [1n, 1_000_000n, 1_000_000_000n, 60_000_000_000n];

/**
 * Kraken spot REST. Source: docs.kraken.com, exchange/api-reference/market-data. Trades are asked for by time, oldest first,
 * each page with the cursor of the one before; their ids show whether anything was passed over.
 */
export class KrakenHistory implements History {
  readonly findsTradesBy = 'time';
  readonly #options: HistoryOptions;
  readonly #limits: HistoryLimits;
  readonly #requests: RestRequests;

  constructor(options: HistoryOptions & { readonly restUrl: string }) {
    this.#options = options;
    this.#limits = { ...HISTORY_LIMITS, rates: RATES, ...options.limits };
    this.#requests = new RestRequests(options, { limits: this.#limits, rules: { check: checkAnswer } });
  }

  get counts(): HistoryCounts {
    return this.#requests.counts;
  }

  /** Beside `fromId` it needs `fromMicros`: the page begins there, with older ids where the time is earlier. */
  async trades({ instrument, fromId, fromMicros, limit, signal }: TradesRequest): Promise<TradePage> {
    const since = fromId === undefined ? undefined : sinceOf(fromMicros);
    const count = Math.min(limit ?? this.#limits.pageRows, this.#limits.pageRows);
    return pageOf(await this.#page(instrument, { since, count, signal }));
  }

  async fillTrades({ instrument, fromId, toId, fromMicros, signal }: FillRequest): Promise<Filled> {
    const filled = { requests: 0, rows: 0, lastId: fromId - 1 };
    const count = this.#limits.pageRows;
    let since = sinceOf(fromMicros);
    let stepsBack = 0;
    while (filled.lastId < toId) {
      const read = await this.#page(instrument, { since, count, signal });
      const page = pageOf(read);
      filled.requests++;
      filled.rows += page.rows;
      if (page.rows === 0) break;
      if (page.firstId > filled.lastId + 1) {
        const step = STEPS_BACK_NS[stepsBack++];
        // It was asked for from well before and is not told: nobody can say what lies between.
        if (step === undefined) break;
        since = since > step ? since - step : 0n;
        continue;
      }
      if (page.lastId > filled.lastId) stepsBack = 0;
      filled.lastId = Math.max(filled.lastId, page.lastId);
      // A cursor that stands still would be followed for ever.
      if (read.last <= since) break;
      since = read.last;
    }
    return { ...filled, isComplete: filled.lastId >= toId };
  }

  async candles({
    instrument,
    interval,
    fromMicros,
    toMicros,
    signal,
  }: CandlesRequest): Promise<VenueCandle[]> {
    const minutes = MINUTES[interval];
    if (minutes === undefined) {
      throw refusal(`kraken has no candles of ${interval}: it has ${Object.keys(MINUTES).join(', ')}`);
    }
    const lengthMicros = minutes * 60_000_000;
    const firstMicros = Math.ceil(fromMicros / lengthMicros) * lengthMicros;
    if (firstMicros >= toMicros) return [];
    // Whether `since` is itself included nobody promises: one candle earlier does no harm.
    const since = (firstMicros - lengthMicros) / 1_000_000;
    const path = pathWith('/0/public/OHLC', {
      pair: restPair(instrument.venueSymbol),
      interval: minutes,
      since: Math.max(0, since),
    });
    const { value } = await this.#requests.ask(path, { weight: 1, signal });
    const nowMicros = this.#options.clock.nowMicros();
    const all = readCandles(value, { path, lengthMicros, nowMicros });
    this.counts.rows += all.length;
    const [oldest] = all;
    // Minutes without a trade have a flat row here, so a beginning that is missing is one that is not kept.
    const isBefore = nowMicros > firstMicros + lengthMicros;
    if (isBefore && (oldest === undefined || oldest.openTimeMicros > firstMicros)) {
      const from = oldest === undefined ? 'nothing' : `no more than from ${isoOf(oldest.openTimeMicros)} on`;
      throw refusal(
        `GET ${path}: asked for candles from ${isoOf(firstMicros)} on, the venue has ${from}: it keeps ${KEPT_CANDLES}; build older ones from trades`,
      );
    }
    return all.filter(({ openTimeMicros }) => openTimeMicros >= firstMicros && openTimeMicros < toMicros);
  }

  async instrumentDetails(
    instruments: readonly Instrument[],
    signal?: AbortSignal,
  ): Promise<InstrumentDetails[]> {
    if (instruments.length > MAX_DETAILS) {
      throw new RangeError(`at most ${MAX_DETAILS} instruments at a time, not ${instruments.length}`);
    }
    const pair = instruments.map(({ venueSymbol }) => restPair(venueSymbol)).join(',');
    const path = pathWith('/0/public/AssetPairs', { pair });
    const { value } = await this.#requests.ask(path, { weight: 1, signal });
    return readDetails(value, { path, instruments });
  }

  async #page(
    instrument: Instrument,
    asked: { since: bigint | undefined; count: number; signal: AbortSignal | undefined },
  ): Promise<TradesRead> {
    const { since, count, signal } = asked;
    const pair = restPair(instrument.venueSymbol);
    const query = { pair, ...(since === undefined ? {} : { since: String(since) }), count };
    const path = pathWith('/0/public/Trades', query);
    const { value } = await this.#requests.ask(path, { weight: 1, signal });
    const read = readTrades(value, { path, pair });
    this.counts.rows += read.trades.length;
    return read;
  }
}

/** The cursor just before a time, whose own trades are then told. */
function sinceOf(fromMicros: number | undefined): bigint {
  if (fromMicros === undefined) {
    throw new RangeError('kraken finds trades by time, not by id: give fromMicros beside fromId');
  }
  return BigInt(Math.max(1, Math.floor(fromMicros))) * 1_000n - 1n;
}

function pageOf({ trades }: TradesRead): TradePage {
  const last = trades.at(-1);
  return {
    rows: trades.length,
    firstId: trades[0]?.id ?? -1,
    lastId: last?.id ?? -1,
    lastTimeMicros: last?.timeMicros ?? 0,
  };
}

function refusal(message: string): VenueRefusedError {
  return new VenueRefusedError(message, { venueCode: 0, status: 0 });
}

function isoOf(micros: number): string {
  return new Date(micros / 1000).toISOString();
}
