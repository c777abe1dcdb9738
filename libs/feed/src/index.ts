export { topics, parseTopic } from './topic.ts';
export type { TopicName } from './topic.ts';
export { candleState, goneCandle } from './feed-event.ts';
export type {
  CandlesEvent,
  CandleState,
  FeedCandle,
  FeedEvent,
  FeedInstrument,
  FeedOrigin,
  FeedSignal,
  FeedStatus,
  FreshEvent,
  GapsEvent,
  GoneEvent,
  LiveEvent,
  MissedEvent,
  ResyncEvent,
  SignalEvent,
  StaleEvent,
  StatusEvent,
  TicksEvent,
} from './feed-event.ts';
export { FeedTicks } from './wire/tick-columns.ts';
export { PROTOCOL_VERSION } from './wire/header.ts';
export { FeedAddressError, FeedAddressTakenError, FeedKeysError, FeedVersionError } from './feed-errors.ts';
export type { FeedKeys } from './feed-keys.ts';
export { FeedReceiver } from './receiver/feed-receiver.ts';
export type {
  FeedReceiverCounts,
  FeedReceiverHealth,
  FeedReceiverOptions,
} from './receiver/receiver-options.ts';
export { FeedSender } from './sender/feed-sender.ts';
export type {
  FeedLimits,
  FeedOffsets,
  FeedSenderCounts,
  FeedSenderOptions,
  SnapshotSource,
  TopicState,
} from './sender/sender-options.ts';
export { loadFeedKeys, writeFeedKeyFile } from './key-file.ts';
export { registerReceiverMetrics, registerSenderMetrics } from './feed-metrics.ts';
