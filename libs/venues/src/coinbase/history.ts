import type { Instrument } from '@tickwright/market';
import { VenueAnswerError, VenueRefusedError } from '../errors.ts';
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
import type { ParsedTrade } from '../tick-rows.ts';
import { checkAnswer, readDetails, readTrades } from './answers.ts';
import { readCandles } from './candles.ts';

export const COINBASE_REST_URL = 'https://api.exchange.coinbase.com';

/** The venue takes ten requests a second from one address. */
const RATES = [{ capacity: 3, perSecond: 6 }];
const MAX_DETAILS = 100;
/** The venue refuses more than 300; whether its `end` is inclusive nobody promises. */
const CANDLES_A_REQUEST = 299;
/** A page may hold fewer rows than asked for, and the walk down go on; not for ever. */
const MAX_PAGES_A_WINDOW = 50;
const SECONDS: Readonly<Record<string, number>> = {
  '1m': 60,
  '5m': 300,
  '15m': 900,
  '1h': 3_600,
  '1d': 86_400,
};

interface Window {
  readonly instrument: Instrument;
  /** Both inclusive. */
  readonly fromId: number;
  readonly toId: number;
  readonly signal: AbortSignal | undefined;
}

interface Walked {
  readonly requests: number;
  readonly rows: number;
  /** Those of the window, in no order. */
  readonly trades: readonly ParsedTrade[];
  /** Whether the walk came down to the window's first id. */
  readonly isDown: boolean;
}

/**
 * Coinbase Exchange REST. Source: docs.cdp.coinbase.com, api-reference/exchange-api and exchange/rest-api/pagination.
 * Trades are told newest first, `after` an id are the older ones: a span of ids is asked for in windows from its beginning,
 * each walked down from its end.
 */
export class CoinbaseHistory implements History {
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

  async trades({ instrument, fromId, limit, signal }: TradesRequest): Promise<TradePage> {
    const rows = Math.min(limit ?? this.#limits.pageRows, this.#limits.pageRows);
    if (fromId === undefined) return pageOf((await this.#page(instrument, { limit: rows, signal })).trades);
    const { trades } = await this.#walk({ instrument, fromId, toId: fromId + rows - 1, signal });
    return pageOf(trades);
  }

  async fillTrades({ instrument, fromId, toId, signal }: FillRequest): Promise<Filled> {
    const filled = { requests: 0, rows: 0, lastId: fromId - 1 };
    while (filled.lastId < toId) {
      const window = {
        fromId: filled.lastId + 1,
        toId: Math.min(toId, filled.lastId + this.#limits.pageRows),
      };
      const { requests, rows, trades, isDown } = await this.#walk({ instrument, ...window, signal });
      filled.requests += requests;
      filled.rows += rows;
      if (!isDown || trades.length === 0) break;
      filled.lastId = pageOf(trades).lastId;
      // The venue has no more: its newest trade lies within the window.
      if (filled.lastId < window.toId) break;
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
    const granularity = SECONDS[interval];
    if (granularity === undefined) {
      const has = Object.keys(SECONDS).join(', ');
      throw new VenueRefusedError(`coinbase has no candles of ${interval}: it has ${has}`, {
        venueCode: 0,
        status: 0,
      });
    }
    const lengthMicros = granularity * 1_000_000;
    const candles: VenueCandle[] = [];
    let startMicros = Math.ceil(fromMicros / lengthMicros) * lengthMicros;
    while (startMicros < toMicros) {
      const endMicros = startMicros + CANDLES_A_REQUEST * lengthMicros;
      const start = isoOf(startMicros);
      const path = pathWith(`/products/${instrument.venueSymbol}/candles`, {
        granularity,
        start,
        end: isoOf(endMicros),
      });
      const { value } = await this.#requests.ask(path, { weight: 1, signal });
      const nowMicros = this.#options.clock.nowMicros();
      const span = { fromMicros: startMicros, toMicros: Math.min(endMicros, toMicros) };
      const page = readCandles(value, { path, lengthMicros, nowMicros, ...span });
      this.counts.rows += page.length;
      candles.push(...page);
      startMicros = endMicros;
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
    const details: InstrumentDetails[] = [];
    for (const instrument of instruments) {
      const path = `/products/${instrument.venueSymbol}`;
      const { value } = await this.#requests.ask(path, { weight: 1, signal });
      details.push(readDetails(value, path, instrument));
    }
    return details;
  }

  /** From the window's last id down to its first. */
  async #walk({ instrument, fromId, toId, signal }: Window): Promise<Walked> {
    const trades: ParsedTrade[] = [];
    let rows = 0;
    let belowId = toId + 1;
    for (let requests = 1; requests <= MAX_PAGES_A_WINDOW; requests++) {
      const page = await this.#page(instrument, { limit: toId - fromId + 1, belowId, signal });
      rows += page.trades.length;
      trades.push(...page.trades.filter(({ id }) => id >= fromId));
      const lowest = page.trades.at(-1)?.id;
      if (lowest === undefined) return { requests, rows, trades, isDown: false };
      if (lowest <= fromId) return { requests, rows, trades, isDown: true };
      // The cursor says where the page ended; one that does not lead down would be followed for ever.
      belowId = Math.min(page.cursor ?? lowest, lowest);
    }
    throw new VenueAnswerError(
      `GET trades of ${instrument.venueSymbol}: more than ${MAX_PAGES_A_WINDOW} pages for the ids ${fromId} to ${toId}`,
    );
  }

  async #page(
    instrument: Instrument,
    { limit, belowId, signal }: { limit: number; belowId?: number; signal: AbortSignal | undefined },
  ): Promise<{ trades: ParsedTrade[]; cursor: number | undefined }> {
    const product = instrument.venueSymbol;
    const query = { limit, ...(belowId === undefined ? {} : { after: belowId }) };
    const path = pathWith(`/products/${product}/trades`, query);
    const { value, headers } = await this.#requests.ask(path, { weight: 1, signal });
    const trades = readTrades(value, { path, product, belowId: belowId ?? Infinity });
    this.counts.rows += trades.length;
    const cursor = Number(headers.get('cb-after') ?? Number.NaN);
    return { trades, cursor: Number.isSafeInteger(cursor) && cursor > 0 ? cursor : undefined };
  }
}

function pageOf(trades: readonly ParsedTrade[]): TradePage {
  const page = { rows: trades.length, firstId: -1, lastId: -1, lastTimeMicros: 0 };
  for (const { id, timeMicros } of trades) {
    if (page.firstId < 0 || id < page.firstId) page.firstId = id;
    page.lastId = Math.max(page.lastId, id);
    page.lastTimeMicros = Math.max(page.lastTimeMicros, timeMicros);
  }
  return page;
}

function isoOf(micros: number): string {
  return new Date(micros / 1000).toISOString();
}
