import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Log } from '@tickwright/runtime';
import { WebSocketServer, type WebSocket } from 'ws';
import type { FaultControl } from '../faults/fault-control.ts';
import { hashPair } from '../market/hash.ts';
import type { SimulatorStats } from '../stats.ts';
import { Connection } from './connection.ts';

/** What a client has asked for on its connection. */
export interface VenueSession {
  readonly connection: Connection;
  /** Notes anything the client sent; closes the connection when it was too much. Answers whether it goes on. */
  noteMessage(nowMs: number): boolean;
  /** Answers a client's message. */
  handle(text: string): void;
  /** Once a turn: what the venue says without being asked. */
  age?(): void;
  /** The connection is gone. */
  end(): void;
}

/** What is a venue's own in serving WebSockets. */
export interface Dialect {
  /** Why a URL is not served; undefined when it is. */
  refuse(url: string): HttpRefusal | undefined;
  /** A client has connected. */
  open(connection: Connection, url: string): VenueSession;
  shutdownNotice(options: { wallMs: number; isCombined: boolean }): string | undefined;
}

export interface StreamServerOptions {
  readonly seed: number;
  readonly dialect: Dialect;
  readonly faults: FaultControl;
  readonly stats: SimulatorStats;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxConnections: number;
  readonly maxBufferedBytes: number;
}

/** Room for a SUBSCRIBE of 1,024 streams with the longest names. */
const MAX_REQUEST_BYTES = 64 * 1024;

/** The WebSocket side: accepts connections, hears their requests, and keeps them going turn by turn. */
export class StreamServer {
  readonly #options: StreamServerOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_REQUEST_BYTES,
  });
  readonly #sessions = new Set<VenueSession>();
  #accepted = 0;

  constructor(options: StreamServerOptions) {
    this.#options = options;
  }

  /** An HTTP server's `upgrade` event. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', (error) => this.#options.log.debug({ error }, 'a simulated connection broke'));
    const url = request.url ?? '';
    const refusal = this.#refusal(url);
    if (refusal !== undefined) {
      this.#options.stats.rejected += 1;
      refuse(socket, refusal);
    } else {
      this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, socket, url));
    }
  }

  #refusal(url: string): HttpRefusal | undefined {
    const { faults, maxConnections, dialect } = this.#options;
    if (faults.isRejectingConnections)
      return { status: '503 Service Unavailable', code: -1008, msg: 'Busy.' };
    if (this.#sessions.size >= maxConnections) {
      return { status: '503 Service Unavailable', code: -1034, msg: 'Too many connections.' };
    }
    return dialect.refuse(url);
  }

  #open(webSocket: WebSocket, socket: Duplex, url: string): void {
    const { seed, faults, stats, clock, maxBufferedBytes, dialect } = this.#options;
    this.#accepted += 1;
    stats.accepted += 1;
    const connection = new Connection({
      webSocket,
      socket,
      seed: hashPair(seed >>> 0, this.#accepted),
      openedMs: clock.monotonicMs(),
      shutdownNotice: (about) => dialect.shutdownNotice(about),
      faults,
      stats,
      maxBufferedBytes,
    });
    const session = dialect.open(connection, url);
    this.#sessions.add(session);
    stats.connections = this.#sessions.size;
    this.#listen(webSocket, session);
  }

  #listen(webSocket: WebSocket, session: VenueSession): void {
    const { clock, log, stats } = this.#options;
    const isAllowed = () => session.noteMessage(clock.monotonicMs());
    webSocket.on('ping', isAllowed);
    webSocket.on('pong', isAllowed);
    webSocket.on('message', (data) => {
      if (session.connection.isOpen && isAllowed()) session.handle(rawText(data));
    });
    webSocket.on('error', (error) => log.debug({ error }, 'a simulated connection broke'));
    webSocket.on('close', () => {
      session.end();
      this.#sessions.delete(session);
      stats.connections = this.#sessions.size;
    });
  }

  /** Ages the connections: once a turn. */
  age(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const wallMs = Math.floor(this.#options.clock.nowMicros() / 1000);
    for (const session of this.#sessions) {
      session.connection.age(nowMs, wallMs);
      if (session.connection.isOpen) session.age?.();
    }
  }

  /** Writes what the connections have collected. */
  flush(): void {
    for (const { connection } of this.#sessions) connection.flush();
  }

  /** Says goodbye to all, then ends those that have not gone within `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const connections = [...this.#sessions].map((session) => session.connection);
    for (const connection of connections) connection.close('the simulator stops');
    const timer = setTimeout(() => {
      for (const connection of connections) connection.terminate();
    }, graceMs);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    clearTimeout(timer);
  }
}

/** A connection attempt that is answered with an HTTP error. */
export interface HttpRefusal {
  readonly status: string;
  readonly code: number;
  readonly msg: string;
}

function refuse(socket: Duplex, { status, code, msg }: HttpRefusal): void {
  const body = JSON.stringify({ code, msg });
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
}

function rawText(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.from(data as Buffer).toString();
}
