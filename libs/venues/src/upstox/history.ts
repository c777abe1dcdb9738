import type { Instrument } from '@tickwright/market';
import { VenueRefusedError } from '../errors.ts';
import { HISTORY_LIMITS } from '../history.ts';
import type {
  CandlesRequest,
  Filled,
  History,
  HistoryCounts,
  HistoryOptions,
  InstrumentDetails,
  TradePage,
  VenueCandle,
} from '../history.ts';
import { RestRequests } from '../rest-requests.ts';
import { accessOf } from './access.ts';
import { checkData } from './answers.ts';
import { readCandles } from './candles.ts';
import { candleUnit, chunksOf } from './candle-chunks.ts';
import { readHolidays, readStatus, readTimings } from './market-hours.ts';
import type { ExchangeHours, ExchangeStatus, Holiday, MarketHours } from './market-hours.ts';
import { indiaDate, indiaDayStart } from './times.ts';

export const UPSTOX_REST_URL = 'https://api.upstox.com';

/** 50 a second, 500 a minute, 2,000 in half an hour; each bucket's capacity and refill together stay below. */
const RATES = [
  { capacity: 20, perSecond: 20 },
  { capacity: 200, perSecond: 300 / 60 },
  { capacity: 1_000, perSecond: 1_000 / 1_800 },
];

/** Source: facts, Errors: a key of the wrong form, a key that is none. */
const UNKNOWN_KEY: ReadonlySet<number> = new Set([1021, 100011]);

/**
 * Upstox REST v3: candles of the past and of today, and the exchanges' hours. It tells no single trades: `trades` and
 * `fillTrades` are refused. The candles of the last minutes lag behind: who wants them asks again later.
 */
export class UpstoxHistory implements History, MarketHours {
  readonly hasTrades = false;
  readonly #options: HistoryOptions;
  readonly #requests: RestRequests;

  constructor(options: HistoryOptions) {
    const { restUrl = UPSTOX_REST_URL, tokens, clock } = options;
    const access = accessOf(tokens, clock);
    this.#options = options;
    this.#requests = new RestRequests(
      { ...options, restUrl },
      {
        limits: { ...HISTORY_LIMITS, rates: RATES, ...options.limits },
        rules: {
          headers: () => access.headers(),
          check(path, answer) {
            // 403 is also what a plan does not include.
            const refusal = answer.status === 401 ? access.refusal(answer.status) : undefined;
            if (refusal !== undefined) throw refusal;
            return checkData(path, answer);
          },
        },
      },
    );
  }

  get counts(): HistoryCounts {
    return this.#requests.counts;
  }

  async trades(): Promise<TradePage> {
    throw noTrades();
  }

  async fillTrades(): Promise<Filled> {
    throw noTrades();
  }

  async candles(request: CandlesRequest): Promise<VenueCandle[]> {
    const unit = candleUnit(request.interval);
    const { instrument, fromMicros, signal } = request;
    const nowMicros = this.#options.clock.nowMicros();
    const toMicros = Math.min(request.toMicros, nowMicros);
    if (!(toMicros > fromMicros)) return [];
    const key = encodeURIComponent(instrument.venueSymbol);
    const today = indiaDayStart(indiaDate(nowMicros));
    const base = '/v3/historical-candle';
    const paths = chunksOf({ fromMicros, toMicros: Math.min(toMicros, today) }, unit).map(
      // The end comes first.
      ({ from, to }) => `${base}/${key}/${unit.path}/${to}/${from}`,
    );
    if (toMicros > today) paths.push(`${base}/intraday/${key}/${unit.path}`);
    const candles: VenueCandle[] = [];
    for (const path of paths) {
      const data = await this.#ask(path, signal);
      const { stepMicros } = unit;
      const page = readCandles(data, { path, fromMicros, toMicros, stepMicros, nowMicros });
      // Two pages may share a day's edge; none may go back.
      const last = candles.at(-1)?.openTimeMicros ?? -1;
      candles.push(...page.filter(({ openTimeMicros }) => openTimeMicros > last));
      this.counts.rows += page.length;
    }
    return candles;
  }

  /** The venue has no request for it; what is known of an instrument is in its key. */
  async instrumentDetails(instruments: readonly { readonly key: string }[]): Promise<InstrumentDetails[]> {
    throw new VenueRefusedError(
      `upstox does not tell details of instruments (asked for ${instruments.length}): it lists them in files`,
      { venueCode: 0, status: 0 },
    );
  }

  /** Asked by way of its candles of today: an unknown key is refused, whatever the hour. */
  async knows(instrument: Instrument, signal?: AbortSignal): Promise<boolean> {
    const key = encodeURIComponent(instrument.venueSymbol);
    try {
      await this.#ask(`/v3/historical-candle/intraday/${key}/minutes/1`, signal);
      return true;
    } catch (error) {
      if (error instanceof VenueRefusedError && UNKNOWN_KEY.has(error.venueCode)) return false;
      throw error;
    }
  }

  /** Whether an exchange (`NSE`) trades now. */
  async marketStatus(exchange: string, signal?: AbortSignal): Promise<ExchangeStatus> {
    const path = `/v2/market/status/${encodeURIComponent(exchange)}`;
    return readStatus(await this.#ask(path, signal), path);
  }

  /** The hours of a day, YYYY-MM-DD, of each exchange that is open on it. */
  async marketTimings(date: string, signal?: AbortSignal): Promise<ExchangeHours[]> {
    const path = `/v2/market/timings/${date}`;
    return readTimings(await this.#ask(path, signal), path);
  }

  /** The days of the year on which not all exchanges keep their hours; or what one date is. */
  async marketHolidays(date?: string, signal?: AbortSignal): Promise<Holiday[]> {
    const path = `/v2/market/holidays${date === undefined ? '' : `/${date}`}`;
    return readHolidays(await this.#ask(path, signal), path);
  }

  async #ask(path: string, signal: AbortSignal | undefined): Promise<unknown> {
    return (await this.#requests.ask(path, { weight: 1, signal })).value;
  }
}

function noTrades(): VenueRefusedError {
  return new VenueRefusedError('upstox tells no single trades of the past: ask for its candles', {
    venueCode: 0,
    status: 0,
  });
}
