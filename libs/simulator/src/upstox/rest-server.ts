import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Log } from '@tickwright/runtime';
import type { FaultControl } from '../faults/fault-control.ts';
import type { Random } from '../faults/random.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import type { SimulatorStats } from '../stats.ts';
import type { Account } from './account.ts';
import { ApiError } from './api-error.ts';
import { candleRows, daysOf, indiaDate, stepOf } from './candle-routes.ts';
import type { Hours } from './hours.ts';
import { FEED_PATH } from './stream-server.ts';

export interface RestServerOptions {
  readonly instrumentOf: (key: string) => SimulatedInstrument | undefined;
  readonly hours: Hours;
  readonly account: Account;
  readonly faults: FaultControl;
  readonly stats: SimulatorStats;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly wsUrl: () => string;
  readonly historyLagMs: number;
}

const EXCHANGES = ['NSE', 'NFO', 'BSE', 'BFO'];
const WEEKEND = new Set([0, 6]);

/** The REST side: authorize, candles, market status, timings and holidays, with Upstox's paths and error bodies. */
export class RestServer {
  readonly #options: RestServerOptions;

  constructor(options: RestServerOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { stats, log } = this.#options;
    stats.requests += 1;
    try {
      const data = await this.#answer(request);
      reply(response, 200, { status: 'success', data });
    } catch (error) {
      if (!(error instanceof ApiError)) {
        log.error({ error, url: request.url }, 'a simulated REST request failed');
        reply(response, 500, {
          status: 'error',
          errors: [{ errorCode: 'UDAPI100500', message: 'Something went wrong' }],
        });
        return;
      }
      if (error.status === 429) stats.limited += 1;
      if (error.retryAfterSeconds !== undefined) response.setHeader('Retry-After', error.retryAfterSeconds);
      const { code: errorCode, message } = error;
      reply(response, error.status, { status: 'error', errors: [{ errorCode, message }] });
    }
  }

  async #answer(request: IncomingMessage): Promise<unknown> {
    const { faults, random, account, wsUrl, clock } = this.#options;
    const path = new URL(request.url ?? '/', 'http://simulator').pathname;
    const { http429 } = faults.current;
    if (http429 !== null && random() < http429.probability) {
      throw new ApiError('UDAPI10005', 'Too Many Request Sent', { status: 429, retryAfterSeconds: 1 });
    }
    if (!account.allows(request)) {
      throw new ApiError('UDAPI100050', 'Invalid token used to access API', { status: 401 });
    }
    const nowMs = Math.floor(clock.nowMicros() / 1000);
    if (path === `${FEED_PATH}/authorize`) return { authorized_redirect_uri: wsUrl() + account.authorize() };
    const [, version, resource, ...rest] = path.split('/').map((part) => decodeURIComponent(part));
    if (version === 'v3' && resource === 'historical-candle')
      return { candles: await this.#candles(rest, nowMs) };
    if (version === 'v2' && resource === 'market') return this.#hours(rest, nowMs);
    throw new ApiError('UDAPI100060', 'Resource not Found.', { status: 404 });
  }

  /** `intraday/{key}/{unit}/{n}`, or `{key}/{unit}/{n}/{to}[/{from}]`: history ends with yesterday. */
  async #candles(parts: readonly string[], nowMs: number): Promise<unknown[][]> {
    const { hours, historyLagMs, instrumentOf } = this.#options;
    const isIntraday = parts[0] === 'intraday';
    const [key = '', unit = '', count = '', to, from = to] = isIntraday ? parts.slice(1) : parts;
    const instrument = instrumentOf(key);
    if (!key.includes('|')) throw new ApiError('UDAPI1021', 'Instrument key is of invalid format');
    if (instrument === undefined) throw new ApiError('UDAPI100011', 'Invalid Instrument key');
    const query = { instrument, unit, count };
    const stepMs = stepOf(query);
    const today = indiaDate(nowMs);
    if (isIntraday) {
      return candleRows(instrument, hours.on(today), { stepMs, untilMs: nowMs - historyLagMs });
    }
    if (to === undefined || from === undefined) throw new ApiError('UDAPI1022', 'to_date is required');
    const days = daysOf(query, { from, to }).filter((day) => day < today);
    return candleRows(
      instrument,
      days.flatMap((day) => hours.on(day)),
      { stepMs, untilMs: nowMs },
    );
  }

  #hours(parts: readonly string[], nowMs: number): unknown {
    const { hours } = this.#options;
    const [what, argument = ''] = parts;
    if (what === 'status' && EXCHANGES.includes(argument)) {
      const status = hours.isOpen(nowMs) ? 'NORMAL_OPEN' : 'NORMAL_CLOSE';
      return { exchange: argument, status, last_updated: nowMs };
    }
    const date = argument === '' ? indiaDate(nowMs) : argument;
    if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw new ApiError('UDAPI1088', 'Invalid date');
    if (what === 'timings') return this.#open(date);
    if (what !== 'holidays') throw new ApiError('UDAPI100060', 'Resource not Found.', { status: 404 });
    return argument === '' ? this.#holidays(Number(date.slice(0, 4))) : this.#holiday(date);
  }

  #open(date: string): { exchange: string; start_time: number; end_time: number }[] {
    return this.#options.hours
      .on(date)
      .flatMap(({ openMs, closeMs }) =>
        EXCHANGES.map((exchange) => ({ exchange, start_time: openMs, end_time: closeMs })),
      );
  }

  #holidays(year: number): object[] {
    const days: object[] = [];
    for (let ms = Date.UTC(year, 0, 1); ms < Date.UTC(year + 1, 0, 1); ms += 86_400_000) {
      days.push(...this.#holiday(new Date(ms).toISOString().slice(0, 10)));
    }
    return days;
  }

  /** A weekday on which nothing trades, or a day of the weekend on which something does. */
  #holiday(date: string): object[] {
    const open = this.#open(date);
    const isWeekend = WEEKEND.has(new Date(date).getUTCDay());
    if (isWeekend === (open.length === 0)) return [];
    return [
      {
        date,
        description: isWeekend ? 'Special session' : 'Holiday',
        holiday_type: 'TRADING_HOLIDAY',
        closed_exchanges: open.length === 0 ? EXCHANGES : [],
        open_exchanges: open,
      },
    ];
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
