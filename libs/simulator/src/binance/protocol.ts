import { createRandom } from '../faults/random.ts';
import type { Protocol, ProtocolContext } from '../protocol.ts';
import { Broadcaster } from '../stream/broadcaster.ts';
import { venueProtocol } from '../stream/venue-protocol.ts';
import { binanceDialect } from './dialect.ts';
import { RestServer } from './rest-server.ts';
import { TradeMessages } from './trade-messages.ts';

/** About five seconds of folding. */
const MAX_ORDERS_TO_FOLD = 20_000_000;

/** Binance's protocol: WebSocket streams and REST history. */
export function binanceProtocol(context: ProtocolContext): Protocol {
  const { instruments, faults, stats, clock, log, options } = context;
  const nowMs = Math.floor(clock.nowMicros() / 1000);
  const broadcaster = new Broadcaster({
    instruments,
    faults,
    stats,
    nowMs,
    writerOf: (instrument) => new TradeMessages(instrument),
  });
  const dialect = binanceDialect({
    broadcaster,
    clock,
    maxStreamsPerConnection: options.maxStreamsPerConnection ?? 1024,
    maxMessagesPerSecond: options.maxMessagesPerSecond ?? 5,
    unknownStreams: options.unknownStreams ?? 'refuse',
  });
  const rest = new RestServer({
    instruments,
    faults,
    stats,
    clock,
    log,
    random: createRandom(options.seed),
    weightLimit: options.weightLimit ?? 6000,
    maxOrdersToFold: MAX_ORDERS_TO_FOLD,
  });
  return venueProtocol(context, { broadcaster, dialect, rest });
}
