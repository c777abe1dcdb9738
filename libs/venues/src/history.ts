import type { Instrument } from '@tickwright/market';
import type { Clock, Log } from '@tickwright/runtime';
import type { StreamKind } from './decoder.ts';
import type { RateBudget } from './rate-limit.ts';
import type { TokenSource } from './token.ts';

export interface HistoryOptions {
  /** Base address, `https://host[:port]`; the venue's own where it has one. */
  readonly restUrl?: string;
  /** For a venue that wants a token. */
  readonly tokens?: TokenSource;
  readonly clock: Clock;
  readonly log: Log;
  /** Every good answer, as a frame: `<request path with query>\n<body>`. Called before the request's promise resolves. */
  readonly onAnswer: (bytes: Buffer, receiveTimeMicros: number) => void;
  readonly limits?: Partial<HistoryLimits>;
}

export interface HistoryLimits {
  /** For one request, from its sending to the last byte of its answer. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  /** How fast requests are sent, by weight; each venue has its own. */
  readonly rates: readonly RateBudget[];
  /** A request that would have to wait longer than this for its weight is refused with a RateLimitedError. */
  readonly maxWaitMs: number;
  /** Binance: no request is sent in a minute in which the venue has counted this weight; it allows 6,000. */
  readonly weightPerMinute: number;
  /** Rows a request. */
  readonly pageRows: number;
}

export const HISTORY_LIMITS: HistoryLimits = {
  timeoutMs: 10_000,
  maxAnswerBytes: 8 * 1024 * 1024,
  rates: [{ capacity: 5, perSecond: 5 }],
  maxWaitMs: 60_000,
  weightPerMinute: 4_800,
  pageRows: 1_000,
};

export interface TradesRequest {
  readonly instrument: Instrument;
  readonly streamKind: StreamKind;
  /** The first id wanted, inclusive; without it the newest trades. */
  readonly fromId?: number;
  /** A time at or before that trade's, microseconds UTC: needed beside `fromId` where a venue pages by time (Kraken). */
  readonly fromMicros?: number;
  /** At most pageRows. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** What an answer held, ids ascending. The trades themselves go through `onAnswer` and the decoder. */
export interface TradePage {
  readonly rows: number;
  /** -1 when there are no rows. */
  readonly firstId: number;
  readonly lastId: number;
  /** Microseconds UTC, 0 when there are no rows. */
  readonly lastTimeMicros: number;
}

export interface FillRequest {
  readonly instrument: Instrument;
  readonly streamKind: StreamKind;
  /** Both inclusive. */
  readonly fromId: number;
  readonly toId: number;
  /** A time at or before that of fromId, microseconds UTC: needed where a venue pages by time (Kraken). */
  readonly fromMicros?: number;
  readonly signal?: AbortSignal;
}

/** How far a fill came. */
export interface Filled {
  readonly requests: number;
  readonly rows: number;
  /** The last id the venue has told, fromId - 1 when none. */
  readonly lastId: number;
  /** Whether the venue has told up to toId. Ids it left out below stay the caller's to notice. */
  readonly isComplete: boolean;
}

export interface CandlesRequest {
  readonly instrument: Instrument;
  /** `1m 3m 5m 15m 30m 1h 4h 1d`. */
  readonly interval: string;
  /** Open times, microseconds UTC, `from` inclusive, `to` exclusive. */
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly signal?: AbortSignal;
}

/** A candle as the venue tells it. */
export interface VenueCandle {
  /** Microseconds UTC, inclusive. */
  readonly openTimeMicros: number;
  /** Microseconds UTC, exclusive. */
  readonly closeTimeMicros: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** The decimal as the venue wrote it, and the number nearest to it. */
  readonly volumeText: string;
  readonly volume: number;
  /** -1 where the venue does not tell. */
  readonly tradeCount: number;
  /** False for the candle that was still forming when the answer was made. */
  readonly isClosed: boolean;
}

/** What the venue says of an instrument's own grid. */
export interface InstrumentDetails {
  readonly instrument: string;
  readonly venueSymbol: string;
  readonly isTrading: boolean;
  /** Decimals that its prices and quantities really use, from the tick and the step size. */
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  readonly tickSize: string;
  readonly stepSize: string;
}

/** Plain numbers. */
export interface HistoryCounts {
  requests: number;
  failures: number;
  rateLimited: number;
  rows: number;
  /** The weight the venue has counted this minute, as of its last answer. */
  usedWeight: number;
}

/**
 * A venue's past. One request at a time is sent, in order of asking. Each method rejects with a VenueUnreachableError
 * (retry later), RateLimitedError (not before its time), VenueRefusedError or VenueAnswerError (retrying is no use), or
 * with the signal's reason.
 */
export interface History {
  /** False where the venue tells candles of the past but no trades: `trades` and `fillTrades` are then refused. */
  readonly hasTrades?: boolean;
  /** `time` where trades are found by their time: an answer from a time on that begins later proves that nothing lies between. */
  readonly findsTradesBy?: 'id' | 'time';
  trades(request: TradesRequest): Promise<TradePage>;
  /** Asks page by page until toId is told or the venue has no more. */
  fillTrades(request: FillRequest): Promise<Filled>;
  /**
   * The venue's candles, ascending, in as many requests as it takes. Rejects with a VenueRefusedError for an interval that
   * the venue does not have, and for a time that is older than it keeps: it never passes over what it cannot tell.
   */
  candles(request: CandlesRequest): Promise<VenueCandle[]>;
  /** At most 100 instruments. The venue refuses all when it does not know one. */
  instrumentDetails(instruments: readonly Instrument[], signal?: AbortSignal): Promise<InstrumentDetails[]>;
  /** Whether the venue has the instrument, for one that tells no details: a request an instrument. */
  knows?(instrument: Instrument, signal?: AbortSignal): Promise<boolean>;
  readonly counts: HistoryCounts;
}
