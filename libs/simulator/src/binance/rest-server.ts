import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Log } from '@tickwright/runtime';
import type { FaultControl } from '../faults/fault-control.ts';
import type { Random } from '../faults/random.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import type { SimulatorStats } from '../stats.ts';
import { ApiError, badCombination, invalidSymbol, tooManyRequests } from './api-error.ts';
import { exchangeInfo } from './exchange-info.ts';
import { aggTrades, historicalTrades, klineRows, recentTrades, type Venue } from './history-routes.ts';
import { Parameters } from './parameters.ts';
import { RequestWeight } from './request-weight.ts';

export interface RestServerOptions {
  readonly instruments: readonly SimulatedInstrument[];
  readonly faults: FaultControl;
  readonly stats: SimulatorStats;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** Request weight a minute; Binance's is 6,000. */
  readonly weightLimit: number;
  readonly maxOrdersToFold: number;
}

interface Route {
  readonly weight: number;
  answer(parameters: Parameters, venue: Venue): object | Promise<object>;
}

/** The REST side: `/api/v3/...` with Binance's parameters, weights and error bodies. */
export class RestServer {
  readonly #options: RestServerOptions;
  readonly #instruments: ReadonlyMap<string, SimulatedInstrument>;
  readonly #weight: RequestWeight;
  readonly #routes: Readonly<Record<string, Route>>;

  constructor(options: RestServerOptions) {
    this.#options = options;
    this.#instruments = new Map(options.instruments.map((each) => [each.symbol, each]));
    this.#weight = new RequestWeight(options.weightLimit);
    this.#routes = {
      '/api/v3/ping': { weight: 1, answer: () => ({}) },
      '/api/v3/time': { weight: 1, answer: (_, venue) => ({ serverTime: venue.nowMs }) },
      '/api/v3/exchangeInfo': { weight: 20, answer: (parameters, venue) => this.#info(parameters, venue) },
      '/api/v3/trades': { weight: 25, answer: recentTrades },
      '/api/v3/historicalTrades': { weight: 25, answer: historicalTrades },
      '/api/v3/aggTrades': { weight: 4, answer: aggTrades },
      '/api/v3/klines': { weight: 2, answer: klineRows },
    };
  }

  /** An HTTP server's `request` event. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#options.stats.requests += 1;
    try {
      const body = await this.#answer(request);
      this.#reply(response, 200, body);
    } catch (error) {
      if (error instanceof ApiError) this.#refuse(response, error);
      else {
        this.#options.log.error({ error, url: request.url }, 'a simulated REST request failed');
        this.#refuse(response, new ApiError(-1000, 'An unknown error occurred.', { status: 500 }));
      }
    }
  }

  async #answer(request: IncomingMessage): Promise<object> {
    const { clock, faults, random, maxOrdersToFold } = this.#options;
    const url = readUrl(request.url ?? '');
    const route = url === undefined ? undefined : this.#routes[url.pathname];
    if (url === undefined || route === undefined) throw new ApiError(-1000, 'No such path.', { status: 404 });
    if (request.method !== 'GET') throw new ApiError(-1000, 'Only GET is served.', { status: 405 });
    const nowMs = Math.floor(clock.nowMicros() / 1000);
    this.#weight.add(route.weight, nowMs);
    const { http429 } = faults.current;
    if (http429 !== null && random() < http429.probability)
      throw tooManyRequests('Too many requests queued.', 1);
    const venue = { instruments: this.#instruments, nowMs, maxOrdersToFold };
    return route.answer(new Parameters(url.searchParams), venue);
  }

  #info(parameters: Parameters, venue: Venue): object {
    const symbol = parameters.text('symbol');
    const symbols = parameters.text('symbols');
    parameters.refuseOthers();
    if (symbol !== undefined && symbols !== undefined) throw badCombination();
    const names = symbols === undefined ? symbol && [symbol] : parseSymbols(symbols);
    const wanted = names ? names.map((name) => this.#find(name)) : this.#options.instruments;
    return exchangeInfo(wanted, { nowMs: venue.nowMs, weightLimit: this.#weight.limit });
  }

  #find(symbol: string): SimulatedInstrument {
    const found = this.#instruments.get(symbol);
    if (found === undefined) throw invalidSymbol();
    return found;
  }

  #refuse(response: ServerResponse, error: ApiError): void {
    if (error.status === 429) this.#options.stats.limited += 1;
    if (error.retryAfterSeconds !== undefined) response.setHeader('Retry-After', error.retryAfterSeconds);
    this.#reply(response, error.status, { code: error.code, msg: error.message });
  }

  #reply(response: ServerResponse, status: number, body: object): void {
    response.writeHead(status, {
      'Content-Type': 'application/json;charset=UTF-8',
      'X-MBX-USED-WEIGHT': this.#weight.used,
      'X-MBX-USED-WEIGHT-1M': this.#weight.used,
    });
    response.end(JSON.stringify(body));
  }
}

function readUrl(url: string): URL | undefined {
  const base = 'http://simulator';
  return URL.canParse(url, base) ? new URL(url, base) : undefined;
}

function parseSymbols(text: string): string[] {
  const isList = /^\["[A-Z0-9]{1,20}"(?:,"[A-Z0-9]{1,20}")*\]$/.test(text);
  if (isList) return JSON.parse(text) as string[];
  throw new ApiError(
    -1100,
    "Illegal characters found in parameter 'symbols'; legal range is a JSON list of symbols.",
  );
}
