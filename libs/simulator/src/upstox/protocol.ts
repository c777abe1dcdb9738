import { createRandom } from '../faults/random.ts';
import type { Protocol, ProtocolContext } from '../protocol.ts';
import { Account } from './account.ts';
import { Hours } from './hours.ts';
import { Market } from './market.ts';
import { RestServer } from './rest-server.ts';
import { StreamServer } from './stream-server.ts';

const CONFLATE_MS = 250;

/** Upstox's protocol: authorize, the Market Data Feed V3 in protobuf, REST candles and hours. */
export function upstoxProtocol(context: ProtocolContext): Protocol {
  const { instruments, faults, stats, clock, log, options, wsUrl } = context;
  const { token, hours: name = 'nse', conflateMs = CONFLATE_MS, historyLagMs = 0 } = options.upstox ?? {};
  const hours = new Hours(name);
  const account = new Account({ token, faults, clock });
  const nowMs = Math.floor(clock.nowMicros() / 1000);
  const market = new Market({ instruments, hours, conflateMs, faults, stats, nowMs });
  const streams = new StreamServer({
    seed: options.seed,
    market,
    account,
    faults,
    stats,
    clock,
    log,
    wsUrl,
    maxConnections: options.maxConnections ?? 2,
    maxBufferedBytes: options.maxBufferedBytes ?? 64 * 1024 * 1024,
  });
  const rest = new RestServer({
    instrumentOf: (key) => market.instrumentOf(key),
    hours,
    account,
    faults,
    stats,
    clock,
    log,
    random: createRandom(options.seed),
    wsUrl,
    historyLagMs,
  });
  return {
    handle: (request, response) => rest.handle(request, response),
    upgrade: (request, socket, head) => streams.upgrade(request, socket, head),
    age: () => streams.age(),
    stepTowards: (untilMs) => market.stepTowards(untilMs),
    // What is sent is written at once: a few frames a second.
    flush: () => {},
    stop: (graceMs) => streams.stop(graceMs),
  };
}
