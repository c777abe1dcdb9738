import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Protocol, ProtocolContext } from '../protocol.ts';
import type { Broadcaster } from './broadcaster.ts';
import { StreamServer, type Dialect } from './stream-server.ts';

/** What a venue's protocol is put together of. */
export interface ProtocolParts {
  readonly broadcaster: Broadcaster;
  readonly dialect: Dialect;
  readonly rest: { handle(request: IncomingMessage, response: ServerResponse): Promise<void> };
}

/** A protocol whose streams are the broadcaster's, in the dialect's words. */
export function venueProtocol(context: ProtocolContext, parts: ProtocolParts): Protocol {
  const { broadcaster, dialect, rest } = parts;
  const { faults, stats, clock, log, options } = context;
  const streams = new StreamServer({
    seed: options.seed,
    dialect,
    faults,
    stats,
    clock,
    log,
    maxConnections: options.maxConnections ?? 1000,
    maxBufferedBytes: options.maxBufferedBytes ?? 64 * 1024 * 1024,
  });
  return {
    handle: (request, response) => rest.handle(request, response),
    upgrade: (request, socket, head) => streams.upgrade(request, socket, head),
    age: () => streams.age(),
    stepTowards: (untilMs) => broadcaster.stepTowards(untilMs),
    flush: () => streams.flush(),
    stop: (graceMs) => streams.stop(graceMs),
  };
}
