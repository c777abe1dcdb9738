import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Log } from '@tickwright/runtime';
import { WebSocketServer, type WebSocket } from 'ws';
import type { FaultControl } from '../faults/fault-control.ts';
import { hashPair } from '../market/hash.ts';
import type { SimulatorStats } from '../stats.ts';
import type { Account } from './account.ts';
import { Client } from './client.ts';
import { parseFeedRequest } from './feed-request.ts';
import type { Market } from './market.ts';

export const FEED_PATH = '/v3/feed/market-data-feed';
const FEEDS_PATH = '/market-data-feeder/v3/upstox-developer-api/feeds';
const MAX_REQUEST_BYTES = 1024 * 1024;

export interface StreamServerOptions {
  readonly seed: number;
  readonly market: Market;
  readonly account: Account;
  readonly faults: FaultControl;
  readonly stats: SimulatorStats;
  readonly clock: Clock;
  readonly log: Log;
  readonly wsUrl: () => string;
  /** Of the account; the real one has two, with Plus five. */
  readonly maxConnections: number;
  readonly maxBufferedBytes: number;
}

/** The WebSocket side: the redirect to a single-use address, the feed there, and the requests of its clients. */
export class StreamServer {
  readonly #options: StreamServerOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_REQUEST_BYTES,
  });
  readonly #clients = new Set<Client>();
  #accepted = 0;

  constructor(options: StreamServerOptions) {
    this.#options = options;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { log, stats } = this.#options;
    socket.on('error', (error) => log.debug({ error }, 'a simulated connection broke'));
    const answer = this.#answer(request);
    if (answer === undefined) {
      this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket));
      return;
    }
    if (!answer.startsWith('302')) stats.rejected += 1;
    socket.end(`HTTP/1.1 ${answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  }

  /** Status line and headers of an answer that is no connection. */
  #answer(request: IncomingMessage): string | undefined {
    const { account, faults, maxConnections, wsUrl } = this.#options;
    const base = 'http://simulator';
    const path = request.url ?? '';
    const url = URL.canParse(path, base) ? new URL(path, base) : undefined;
    if (faults.isRejectingConnections) return '503 Service Unavailable';
    if (url?.pathname === FEED_PATH) {
      if (!account.allows(request)) return '401 Unauthorized';
      return `302 Found\r\nLocation: ${wsUrl()}${account.authorize()}`;
    }
    if (url?.pathname !== FEEDS_PATH) return '404 Not Found';
    if (!account.redeem(url.searchParams.get('code'))) return '401 Unauthorized';
    return this.#clients.size >= maxConnections ? '403 Forbidden' : undefined;
  }

  #open(webSocket: WebSocket): void {
    const { seed, faults, stats, clock, market, log, maxBufferedBytes } = this.#options;
    this.#accepted += 1;
    stats.accepted += 1;
    const client = new Client({
      webSocket,
      seed: hashPair(seed >>> 0, this.#accepted),
      openedMs: clock.monotonicMs(),
      faults,
      stats,
      maxBufferedBytes,
    });
    this.#clients.add(client);
    stats.connections = this.#clients.size;
    webSocket.on('message', (data, isBinary) => this.#hear(client, data as Buffer, isBinary));
    webSocket.on('error', (error) => log.debug({ error }, 'a simulated connection broke'));
    webSocket.on('close', () => {
      market.leave(client);
      this.#clients.delete(client);
      stats.connections = this.#clients.size;
    });
    market.join(client);
  }

  #hear(client: Client, data: Buffer, isBinary: boolean): void {
    // The venue takes text for nothing, and says nothing of it.
    if (!isBinary) return;
    const request = parseFeedRequest(data.toString('utf8'));
    if (typeof request === 'string') client.refuse(request);
    else client.take(request, (key) => this.#options.market.instrumentOf(key) !== undefined);
  }

  age(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const client of this.#clients) client.age(nowMs);
  }

  async stop(graceMs: number): Promise<void> {
    const clients = [...this.#clients];
    for (const client of clients) client.close('the simulator stops');
    const timer = setTimeout(() => {
      for (const client of clients) client.terminate();
    }, graceMs);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    clearTimeout(timer);
  }
}
