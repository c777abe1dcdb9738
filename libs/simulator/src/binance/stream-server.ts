import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Log } from '@tickwright/runtime';
import { WebSocketServer, type WebSocket } from 'ws';
import type { FaultControl } from '../faults/fault-control.ts';
import { hashPair } from '../market/hash.ts';
import type { SimulatorStats } from '../stats.ts';
import type { Broadcaster } from './broadcaster.ts';
import { Connection } from './connection.ts';
import { findUnknownStream, Session, type UnknownStreams } from './session.ts';
import { parseStreamPath, type StreamPath } from './stream-path.ts';

export interface StreamServerOptions {
  readonly seed: number;
  readonly broadcaster: Broadcaster;
  readonly faults: FaultControl;
  readonly stats: SimulatorStats;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxConnections: number;
  readonly maxStreamsPerConnection: number;
  readonly maxMessagesPerSecond: number;
  readonly maxBufferedBytes: number;
  readonly unknownStreams: UnknownStreams;
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
  readonly #sessions = new Set<Session>();
  #accepted = 0;

  constructor(options: StreamServerOptions) {
    this.#options = options;
  }

  /** An HTTP server's `upgrade` event. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', (error) => this.#options.log.debug({ error }, 'a simulated connection broke'));
    const path = readPath(request.url ?? '');
    const refusal = this.#refusal(path);
    if (refusal !== undefined) {
      this.#options.stats.rejected += 1;
      refuse(socket, refusal);
    } else if (path !== undefined) {
      this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, socket, path));
    }
  }

  #refusal(path: StreamPath | undefined): HttpRefusal | undefined {
    const { faults, maxConnections, maxStreamsPerConnection, unknownStreams, broadcaster } = this.#options;
    if (faults.isRejectingConnections)
      return { status: '503 Service Unavailable', code: -1008, msg: 'Busy.' };
    if (this.#sessions.size >= maxConnections) {
      return { status: '503 Service Unavailable', code: -1034, msg: 'Too many connections.' };
    }
    if (path === undefined) return { status: '404 Not Found', code: -1000, msg: 'No such path.' };
    if (path.streams.length > maxStreamsPerConnection) {
      return { status: '400 Bad Request', code: -1101, msg: 'Too many streams.' };
    }
    if (unknownStreams === 'ignore' || findUnknownStream(path.streams, broadcaster) === undefined)
      return undefined;
    return { status: '400 Bad Request', code: -1121, msg: 'Invalid symbol.' };
  }

  #open(webSocket: WebSocket, socket: Duplex, path: StreamPath): void {
    const { seed, faults, stats, clock, maxBufferedBytes, broadcaster, unknownStreams } = this.#options;
    this.#accepted += 1;
    stats.accepted += 1;
    const connection = new Connection({
      webSocket,
      socket,
      seed: hashPair(seed >>> 0, this.#accepted),
      openedMs: clock.monotonicMs(),
      isCombined: path.isCombined,
      faults,
      stats,
      maxBufferedBytes,
    });
    const session = new Session({
      connection,
      broadcaster,
      unknownStreams,
      maxStreams: this.#options.maxStreamsPerConnection,
      maxMessagesPerSecond: this.#options.maxMessagesPerSecond,
      wallMs: () => Math.floor(clock.nowMicros() / 1000),
    });
    this.#sessions.add(session);
    stats.connections = this.#sessions.size;
    session.subscribe(path.streams);
    this.#listen(webSocket, session);
  }

  #listen(webSocket: WebSocket, session: Session): void {
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
    for (const { connection } of this.#sessions) connection.age(nowMs, wallMs);
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

interface HttpRefusal {
  readonly status: string;
  readonly code: number;
  readonly msg: string;
}

function refuse(socket: Duplex, { status, code, msg }: HttpRefusal): void {
  const body = JSON.stringify({ code, msg });
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
}

function readPath(url: string): StreamPath | undefined {
  try {
    return parseStreamPath(url);
  } catch {
    // A URL that cannot be parsed or decoded is a path that does not exist.
    return undefined;
  }
}

function rawText(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.from(data as Buffer).toString();
}
