import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ExitCode, TickwrightError, type Clock, type Log } from '@tickwright/runtime';
import type { UnknownStreams } from './binance/session.ts';
import { FaultControl } from './faults/fault-control.ts';
import type { Faults } from './faults/faults.ts';
import {
  instrumentNames,
  makeInstruments,
  MAX_INSTRUMENTS,
  type MarketOptions,
  type SimulatedInstrument,
} from './market/instruments.ts';
import type { Protocol } from './protocol.ts';
import { PROTOCOLS, SYMBOL_SUFFIXES, type ProtocolName } from './protocols.ts';
import type { UpstoxSettings } from './upstox/settings.ts';
import { newStats, type SimulatorStats } from './stats.ts';

export interface SimulatorOptions extends MarketOptions {
  readonly host?: '127.0.0.1';
  /** 0 takes a free one; `Simulator.port` tells which. */
  readonly port: number;
  /** Whose protocol it speaks; default `binance`. One server speaks one. */
  readonly protocol?: ProtocolName;
  readonly clock: Clock;
  readonly log: Log;
  readonly faults?: Partial<Faults>;
  /** Default 1,000. */
  readonly maxConnections?: number;
  /** Default 1,024, as Binance's. */
  readonly maxStreamsPerConnection?: number;
  /** What a client may send in a second before it is disconnected; default 5, as Binance's. */
  readonly maxMessagesPerSecond?: number;
  /** A client that lets more than this wait is cut off; default 64 MiB. */
  readonly maxBufferedBytes?: number;
  /** REST weight a minute; default 6,000, as Binance's. */
  readonly weightLimit?: number;
  /** Default `refuse`, so that a wrong symbol is noticed; Binance itself ignores (acknowledges, never sends). */
  readonly unknownStreams?: UnknownStreams;
  /** For the protocol `upstox`. */
  readonly upstox?: UpstoxSettings;
}

/** A simulated venue that is being served. */
export interface Simulator extends AsyncDisposable {
  readonly port: number;
  /** Base addresses without a path: `ws://127.0.0.1:9443`, `http://127.0.0.1:9443`. */
  readonly url: { readonly ws: string; readonly rest: string };
  readonly instruments: readonly SimulatedInstrument[];
  /** Faults can be changed while it runs. */
  readonly faults: FaultControl;
  readonly stats: Readonly<SimulatorStats>;
  /** Closes every connection and the port. Idempotent. */
  stop(): Promise<void>;
}

/** The simulator could not take its port. */
export class SimulatorPortError extends TickwrightError {
  constructor(port: number, cause: Error) {
    super(
      `the simulator cannot listen on 127.0.0.1:${port} (${cause.message}): stop what holds it or choose another port`,
      { code: 'SIMULATOR_PORT', exitCode: ExitCode.port, cause },
    );
  }
}

/** How often what has happened in the market is streamed. */
const TURN_MS = 15;
const STOP_GRACE_MS = 1000;
/** Room for a URL that names 1,024 streams. */
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Serves a market over a venue's protocol: WebSocket streams and REST history on one port. It holds no state: started
 * again with the same options it goes on where time is. Throws MarketOptionsError, FaultsError or SimulatorPortError.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { clock, log } = options;
  const instruments = makeInstruments({ ...options, instruments: symbolsOf(options) });
  const stats = newStats();
  const faults = new FaultControl(clock, options.faults);
  let port = 0;
  const protocol = PROTOCOLS[options.protocol ?? 'binance']({
    instruments,
    faults,
    stats,
    clock,
    log,
    options,
    wsUrl: () => `ws://127.0.0.1:${port}`,
  });
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES },
    (request, response) => void protocol.handle(request, response),
  );
  server.on('upgrade', (request, socket, head) => protocol.upgrade(request, socket, head));
  port = await listen(server, options.port);

  const ending = new AbortController();
  const turns = runTurns({ clock, signal: ending.signal, protocol });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      ending.abort();
      await turns;
      await protocol.stop(STOP_GRACE_MS);
      await closeServer(server);
      log.info({ port, ...stats }, 'the simulated venue has stopped');
    })();
    return stopped;
  };
  return {
    port,
    url: { ws: `ws://127.0.0.1:${port}`, rest: `http://127.0.0.1:${port}` },
    instruments,
    faults,
    stats,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The symbols as the protocol writes them; those that are given are taken as they are. */
function symbolsOf({ instruments, protocol = 'binance' }: SimulatorOptions): MarketOptions['instruments'] {
  const suffix = SYMBOL_SUFFIXES[protocol];
  if (typeof instruments !== 'number' || suffix === undefined || !(instruments <= MAX_INSTRUMENTS))
    return instruments;
  return instrumentNames(instruments).map((name) => name + suffix);
}

interface Turns {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly protocol: Protocol;
}

/** A turn that begins in one slice and ends in the next takes two steps; whoever needs more is late. */
const STEPS_AT_ONCE = 2;

/** Streams what has become due, again and again; a late turn catches up in steps, between which sockets are served. */
async function runTurns({ clock, signal, protocol }: Turns): Promise<void> {
  const nowMs = (): number => Math.floor(clock.nowMicros() / 1000);
  while (!signal.aborted) {
    protocol.age();
    for (let steps = 1; !protocol.stepTowards(nowMs()) && !signal.aborted; steps++) {
      if (steps % STEPS_AT_ONCE !== 0) continue;
      protocol.flush();
      await nextTurn();
    }
    protocol.flush();
    await clock.sleep(TURN_MS, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new SimulatorPortError(port, error)));
    server.listen({ host: '127.0.0.1', port }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
