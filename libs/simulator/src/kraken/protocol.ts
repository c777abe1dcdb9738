import { createRandom } from '../faults/random.ts';
import type { Protocol, ProtocolContext } from '../protocol.ts';
import { VenueRest } from '../rest/venue-rest.ts';
import { Broadcaster } from '../stream/broadcaster.ts';
import { venueProtocol } from '../stream/venue-protocol.ts';
import { krakenRest } from './rest-dialect.ts';
import { KrakenSession } from './session.ts';
import { TradeRows } from './trade-rows.ts';

/** Bursts are let through; over time the venue wants one a second. */
const REQUESTS_PER_SECOND = 5;
const MESSAGES_PER_SECOND = 100;

/** Kraken spot's protocol: the trade channel of WebSocket v2; trades and candles by REST. */
export function krakenProtocol(context: ProtocolContext): Protocol {
  const { instruments, faults, stats, clock, log, options } = context;
  const nowMs = Math.floor(clock.nowMicros() / 1000);
  const writerOf = (instrument: (typeof instruments)[number]): TradeRows => new TradeRows(instrument);
  const broadcaster = new Broadcaster({ instruments, faults, stats, nowMs, writerOf });
  const maxMessagesPerSecond = options.maxMessagesPerSecond ?? MESSAGES_PER_SECOND;
  const rest = new VenueRest({
    dialect: krakenRest(instruments),
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
      refuse: (url) =>
        url.startsWith('/v2') ? undefined : { status: '404 Not Found', code: 404, msg: 'No such path.' },
      open: (connection) => new KrakenSession({ connection, broadcaster, clock, maxMessagesPerSecond }),
      // The venue goes into maintenance and then closes.
      shutdownNotice: () =>
        '{"channel":"status","type":"update","data":[{"system":"maintenance","api_version":"v2"}]}',
    },
  });
}
