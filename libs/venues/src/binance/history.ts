import type { Instrument } from '@tickwright/market';
import { RateLimitedError, VenueAnswerError, VenueRefusedError } from '../errors.ts';
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
import { isFields, parseJson } from '../json/json-value.ts';
import { checkValue, pathWith, RestRequests } from '../rest-requests.ts';
import type { RestAnswer } from '../rest-client.ts';
import { readDetails } from './answers.ts';
import { readCandles } from './candles.ts';
import { venueTimeMicros } from './parse.ts';

/** Binance's market data only address: no account, no keys. */
export const BINANCE_REST_URL = 'https://data-api.binance.vision';

const MAX_DETAILS = 100;
/** By weight: of the 6,000 that the venue allows in a minute, 4,800 over time and 1,000 at once. */
const RATES = [{ capacity: 1_000, perSecond: 80 }];
/** What the venue counts for a request. */
const WEIGHTS: Readonly<Record<string, number>> = {
  historicalTrades: 25,
  aggTrades: 4,
  klines: 2,
  exchangeInfo: 20,
};

/** Binance spot REST. Source: binance-spot-api-docs, rest-api.md. */
export class BinanceHistory implements History {
  readonly #options: HistoryOptions;
  readonly #limits: HistoryLimits;
  readonly #requests: RestRequests;
  #weightMinute = -1;

  constructor(options: HistoryOptions & { readonly restUrl: string }) {
    this.#options = options;
    this.#limits = { ...HISTORY_LIMITS, rates: RATES, ...options.limits };
    this.#requests = new RestRequests(options, {
      limits: this.#limits,
      rules: {
        check: checkAnswer,
        beforeAsking: (path) => this.#checkWeight(path),
        answered: (answer) => this.#noteWeight(answer),
      },
    });
  }

  get counts(): HistoryCounts {
    return this.#requests.counts;
  }

  async trades(request: TradesRequest): Promise<TradePage> {
    const { instrument, streamKind, fromId, signal } = request;
    const limit = Math.min(request.limit ?? this.#limits.pageRows, this.#limits.pageRows);
    const query = { symbol: instrument.venueSymbol, limit, ...(fromId === undefined ? {} : { fromId }) };
    const endpoint = streamKind === 'aggTrade' ? 'aggTrades' : 'historicalTrades';
    const rows = await this.#rows(pathOf(endpoint, query), signal);
    return pageOf(rows, streamKind === 'aggTrade' ? { id: 'a', time: 'T' } : { id: 'id', time: 'time' });
  }

  async fillTrades(request: FillRequest): Promise<Filled> {
    const { instrument, streamKind, toId, signal } = request;
    let requests = 0;
    let rows = 0;
    let lastId = request.fromId - 1;
    while (lastId < toId) {
      const limit = Math.min(this.#limits.pageRows, toId - lastId);
      const ask = { instrument, streamKind, fromId: lastId + 1, limit };
      const page = await this.trades(signal === undefined ? ask : { ...ask, signal });
      requests++;
      rows += page.rows;
      // A page that brings nothing new would be asked for again for ever.
      if (page.lastId <= lastId) break;
      lastId = page.lastId;
    }
    return { requests, rows, lastId, isComplete: lastId >= toId };
  }

  async candles(request: CandlesRequest): Promise<VenueCandle[]> {
    const { instrument, interval, fromMicros, toMicros, signal } = request;
    const candles: VenueCandle[] = [];
    // endTime is inclusive, and in milliseconds.
    const endTime = Math.ceil(toMicros / 1000) - 1;
    let startTime = Math.ceil(fromMicros / 1000);
    while (startTime <= endTime) {
      const limit = this.#limits.pageRows;
      const query = { symbol: instrument.venueSymbol, interval, startTime, endTime, limit };
      const path = pathOf('klines', query);
      const page = readCandles(await this.#rows(path, signal), {
        path,
        nowMicros: this.#options.clock.nowMicros(),
      });
      candles.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < limit) break;
      startTime = Math.floor(last.openTimeMicros / 1000) + 1;
    }
    return candles;
  }

  async instrumentDetails(
    instruments: readonly Instrument[],
    signal?: AbortSignal,
  ): Promise<InstrumentDetails[]> {
    if (instruments.length > MAX_DETAILS) {
      throw new RangeError(`at most ${MAX_DETAILS} instruments at a time, not ${instruments.length}`);
    }
    const symbols = JSON.stringify(instruments.map(({ venueSymbol }) => venueSymbol));
    const path = pathOf('exchangeInfo', { symbols });
    const answer = await this.#ask(path, signal);
    return readDetails(answer, { path, instruments });
  }

  async #rows(path: string, signal: AbortSignal | undefined): Promise<unknown[]> {
    const answer = await this.#ask(path, signal);
    if (!Array.isArray(answer)) throw new VenueAnswerError(`GET ${path}: expected rows, found none`);
    this.counts.rows += answer.length;
    return answer;
  }

  async #ask(path: string, signal: AbortSignal | undefined): Promise<unknown> {
    const endpoint = /^\/api\/v3\/(\w+)/.exec(path)?.[1] ?? '';
    const { value } = await this.#requests.ask(path, { weight: WEIGHTS[endpoint] ?? 1, signal });
    return value;
  }

  /** Stops short of the venue's own limit: beyond it follow bans of minutes to days, of the whole address. */
  #checkWeight(path: string): void {
    const minute = this.#minute();
    if (minute !== this.#weightMinute || this.counts.usedWeight < this.#limits.weightPerMinute) return;
    const retryAfterMs = Math.ceil(((minute + 1) * 60_000_000 - this.#options.clock.nowMicros()) / 1000);
    throw new RateLimitedError(
      `GET ${path}: this minute's request weight is used up (${this.counts.usedWeight} of ${this.#limits.weightPerMinute}); trying again after ${retryAfterMs} ms`,
      { retryAfterMs },
    );
  }

  #noteWeight(answer: RestAnswer): void {
    const weight = Number(answer.headers.get('x-mbx-used-weight-1m') ?? Number.NaN);
    if (!Number.isFinite(weight)) return;
    this.counts.usedWeight = weight;
    this.#weightMinute = this.#minute();
  }

  #minute(): number {
    return Math.floor(this.#options.clock.nowMicros() / 60_000_000);
  }
}

/** The value of an answer, or what is wrong with it; errors may come with HTTP 200 too. */
function checkAnswer(path: string, answer: RestAnswer): unknown {
  const { status, body } = answer;
  const value = parseJson(body.toString('utf8'));
  if (isFields(value) && 'code' in value && 'msg' in value) {
    const venueCode = Number(value['code']);
    const said = `${String(value['msg'])} (code ${venueCode}, HTTP ${status})`.slice(0, 300);
    throw new VenueRefusedError(`GET ${path}: the venue refused: ${said}`, { venueCode, status });
  }
  return checkValue(path, answer, value);
}

function pathOf(endpoint: string, query: Record<string, string | number>): string {
  return pathWith(`/api/v3/${endpoint}`, query);
}

/** The rows' ids and newest time; rows that the decoder would refuse do not count as told. */
function pageOf(rows: readonly unknown[], keys: { id: string; time: string }): TradePage {
  const page = { rows: rows.length, firstId: -1, lastId: -1, lastTimeMicros: 0 };
  for (const row of rows) {
    const id = isFields(row) ? row[keys.id] : undefined;
    const time = isFields(row) ? row[keys.time] : undefined;
    if (typeof id !== 'number' || typeof time !== 'number') continue;
    if (page.firstId < 0 || id < page.firstId) page.firstId = id;
    page.lastId = Math.max(page.lastId, id);
    page.lastTimeMicros = Math.max(page.lastTimeMicros, venueTimeMicros(time));
  }
  return page;
}
