import { createRandom } from '../faults/random.ts';
import type { Protocol, ProtocolContext } from '../protocol.ts';
import { VenueRest } from '../rest/venue-rest.ts';
import { Broadcaster } from '../stream/broadcaster.ts';
import { venueProtocol } from '../stream/venue-protocol.ts';
import { MatchMessages } from './match-messages.ts';
import { coinbaseRest } from './rest-dialect.ts';
import { CoinbaseSession } from './session.ts';

const REQUESTS_PER_SECOND = 10;
const MESSAGES_PER_SECOND = 100;

/** Coinbase Exchange's protocol: matches, heartbeats and tickers over WebSocket; trades and candles by REST. */
export function coinbaseProtocol(context: ProtocolContext): Protocol {
  const { instruments, faults, stats, clock, log, options } = context;
  const nowMs = Math.floor(clock.nowMicros() / 1000);
  const writerOf = (instrument: (typeof instruments)[number]): MatchMessages => new MatchMessages(instrument);
  const broadcaster = new Broadcaster({ instruments, faults, stats, nowMs, writerOf });
  const maxMessagesPerSecond = options.maxMessagesPerSecond ?? MESSAGES_PER_SECOND;
  const rest = new VenueRest({
    dialect: coinbaseRest(new Map(instruments.map((each) => [each.symbol, each]))),
    faults,
    stats,
    clock,
    log,
    random: createRandom(options.seed),
    requestsPerSecond: REQUESTS_PER_SECOND,
  });
  return venueProtocol(context, {
    broadcaster,
    rest,
    dialect: {
      refuse: () => undefined,
      open: (connection) => new CoinbaseSession({ connection, broadcaster, clock, maxMessagesPerSecond }),
      shutdownNotice: () => undefined,
    },
  });
}
