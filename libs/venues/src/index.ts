export { catalogue } from './catalogue.ts';
export type {
  ConnectionState,
  FrameSink,
  OpenSessions,
  Stream,
  StreamCounts,
  StreamOptions,
  SubscriptionState,
  SubscriptionStateName,
  Venue,
} from './venue.ts';
export type { CandlePage, CandleRead, ToldSpan } from './candle-page.ts';
export { decodeImport, encodeImport, isImport } from './import-frame.ts';
export type { CandleImport, ImportedCandle } from './import-frame.ts';
export { Decoded, MAX_TICKS_A_FRAME, REJECT_REASONS } from './decoder.ts';
export type { Decoder, DecoderCounts, DecoderOptions, RejectReason, StreamKind } from './decoder.ts';
export { rejectionLog } from './rejection-log.ts';
export { HISTORY_LIMITS } from './history.ts';
export type {
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
} from './history.ts';
export { MAX_ANSWER_BYTES, MAX_FRAME_BYTES, STREAM_LIMITS } from './limits.ts';
export type { StreamLimits } from './limits.ts';
export {
  InstrumentKeyError,
  RateLimitedError,
  TokenRefusedError,
  TooManyInstrumentsError,
  UnknownVenueError,
  VenueAddressError,
  VenueAnswerError,
  VenueRefusedError,
  VenueUnreachableError,
} from './errors.ts';
export type { AccessState, TokenSource } from './token.ts';
export { UPSTOX_MODES } from './upstox/limits.ts';
export type { UpstoxMode, UpstoxPlan } from './upstox/limits.ts';
export { tokenExpiryMicros } from './upstox/access.ts';
export { tradesOn } from './upstox/market-hours.ts';
export type { ExchangeHours, ExchangeStatus, Holiday, MarketHours } from './upstox/market-hours.ts';
export { segments } from './segments.ts';
export type { SegmentInfo } from './segments.ts';
