// What the stream tests share: a venue on a real socket that does what it is told, a sink that keeps everything, and
// time that moves only when the test lets it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as realSleep } from 'node:timers/promises';
import type { ControlEvent, Instrument } from '@tickwright/market';
import { instrumentKey } from '@tickwright/market';
import { ManualClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { simulated } from './simulated/venue.ts';
import type { StreamLimits } from './limits.ts';
import type { FrameSink, Stream, StreamOptions } from './venue.ts';

export interface ClientRequest {
  readonly method: string;
  readonly params: string[];
  readonly id: number;
  /** Which connection, counted from 0, and when, by the manual clock. */
  readonly connection: number;
  readonly atMs: number;
}

/** A venue that speaks Binance's protocol. What it does with a request, a test may change. */
export class TestVenue implements AsyncDisposable {
  readonly requests: ClientRequest[] = [];
  readonly sockets: WebSocket[] = [];
  readonly #http: Server = createServer((_request, response) => response.writeHead(404).end());
  readonly #server: WebSocketServer;
  readonly #clock: ManualClock;
  /** HTTP status that new connections are refused with; 0 takes them. */
  refuseWith = 0;
  connectionTries = 0;
  answer: (request: ClientRequest, socket: WebSocket) => void = (request, socket) => {
    socket.send(JSON.stringify({ result: null, id: request.id }));
  };

  constructor(clock: ManualClock) {
    this.#clock = clock;
    this.#server = new WebSocketServer({
      server: this.#http,
      verifyClient: (_info, take) => this.#verify(take),
    });
    this.#server.on('connection', (socket) => this.#connected(socket));
  }

  async listen(): Promise<this> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return this;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get openSockets(): WebSocket[] {
    return this.sockets.filter((socket) => socket.readyState === socket.OPEN);
  }

  /** Symbols now subscribed on a connection, upper case. */
  subscribed(connection: number): string[] {
    const symbols = new Set<string>();
    for (const request of this.requests.filter((one) => one.connection === connection)) {
      for (const param of request.params) {
        const symbol = param.slice(0, param.indexOf('@')).toUpperCase();
        if (request.method === 'SUBSCRIBE') symbols.add(symbol);
        else symbols.delete(symbol);
      }
    }
    return [...symbols];
  }

  trade(socket: WebSocket, symbol: string, id: number): void {
    const data = {
      e: 'trade',
      E: 1723161255343,
      s: symbol,
      t: id,
      p: '1.00',
      q: '2.00',
      T: 1723161255342,
      m: true,
    };
    socket.send(JSON.stringify({ stream: `${symbol.toLowerCase()}@trade`, data: { ...data, M: true } }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.#server.close();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  #verify(take: (isTaken: boolean, status?: number) => void): void {
    this.connectionTries++;
    if (this.refuseWith > 0) take(false, this.refuseWith);
    else take(true);
  }

  #connected(socket: WebSocket): void {
    const connection = this.sockets.push(socket) - 1;
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const text = JSON.parse(String(data)) as Omit<ClientRequest, 'connection' | 'atMs'>;
      const request = { ...text, connection, atMs: this.#clock.monotonicMs() };
      this.requests.push(request);
      this.answer(request, socket);
    });
  }
}

export interface Recorded {
  readonly connection: string;
  readonly atMicros: number;
  readonly event?: ControlEvent;
  readonly text?: string;
}

/** Keeps all that a stream told, and knows the newest tick of each instrument, as the pipeline would. */
export class TestSink implements FrameSink {
  readonly all: Recorded[] = [];
  readonly ids: number[] = [];
  readonly newest = new Map<string, number>();
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  message(connection: string, receiveTimeMicros: number, bytes: Buffer): void {
    const text = bytes.toString();
    this.all.push({ connection, atMicros: receiveTimeMicros, text });
    const frame = JSON.parse(text) as { data?: { s?: string; t?: number } };
    if (frame.data?.t === undefined) return;
    this.ids.push(frame.data.t);
    this.newest.set(`SIM|${frame.data.s}`, receiveTimeMicros);
  }

  control(connection: string, event: ControlEvent): void {
    this.all.push({ connection, atMicros: this.#clock.nowMicros(), event });
  }

  events(): string[] {
    return this.all.flatMap(({ connection, event }) =>
      event === undefined ? [] : [`${connection} ${tell(event)}`],
    );
  }

  count(type: ControlEvent['type']): number {
    return this.all.filter(({ event }) => event?.type === type).length;
  }
}

function tell(event: ControlEvent): string {
  const reason = 'reason' in event ? ` ${event.reason}` : '';
  return 'instruments' in event
    ? `${event.type}${reason} [${event.instruments.join(' ')}]`
    : `${event.type}${reason}`;
}

export const SILENT_LOG: Log = { debug() {}, info() {}, warn() {}, error() {} };

export function instrumentsOf(...ids: string[]): Instrument[] {
  return ids.map((id) => simulated.instrument(instrumentKey(`SIM|${id}`)));
}

/** A stream against a test venue, running. Disposing stops both. */
export class Scene implements AsyncDisposable {
  readonly clock = new ManualClock({ startMicros: 1_700_000_000_000_000 });
  readonly sink = new TestSink(this.clock);
  readonly venue = new TestVenue(this.clock);
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #stream: Stream | undefined;

  static async open(options: {
    ids: string[];
    limits?: Partial<StreamLimits>;
    stream?: Partial<StreamOptions>;
  }): Promise<Scene> {
    const scene = new Scene();
    await scene.venue.listen();
    scene.#stream = simulated.createStream({
      instruments: instrumentsOf(...options.ids),
      streamKind: 'trade',
      wsUrl: scene.venue.url,
      sink: scene.sink,
      clock: scene.clock,
      log: SILENT_LOG,
      calendars: () => ({ sessionAt: () => ({ openMicros: 0 }) }),
      random: () => 0.5,
      lastTickMicros: (key) => scene.sink.newest.get(key) ?? 0,
      limits: { requestSpacingMs: 10, ...options.limits },
      ...options.stream,
    });
    return scene;
  }

  get stream(): Stream {
    if (this.#stream === undefined) throw new Error('the scene is not open');
    return this.#stream;
  }

  start(): Promise<void> {
    this.#running ??= this.stream.run(this.#stop.signal);
    return this.#running;
  }

  /** Starts, and lets time pass until all instruments are acknowledged. */
  async live(): Promise<void> {
    void this.start().catch(() => {});
    await this.until(() => this.stream.states().every(({ state }) => state !== 'requested'), { stepMs: 20 });
  }

  /** Moves time step by step, real sockets getting their turns, until it is so. Fails loudly when it never is. */
  async until(isSo: () => boolean, options: { stepMs?: number; each?: () => void } = {}): Promise<void> {
    const { stepMs = 200, each } = options;
    for (let i = 0; i < 6000; i++) {
      if (isSo()) return;
      each?.();
      await this.clock.advance(stepMs);
      await realSleep(1);
    }
    throw new Error(`it never was so: ${isSo.toString()}\n${this.sink.events().join('\n')}`);
  }

  async pass(ms: number, each?: () => void): Promise<void> {
    const endMs = this.clock.monotonicMs() + ms;
    const stepMs = Math.max(10, Math.min(1000, ms / 20));
    await this.until(() => this.clock.monotonicMs() >= endMs, {
      stepMs,
      ...(each === undefined ? {} : { each }),
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    const running = this.start();
    let isOver = false;
    void running.catch(() => {}).then(() => (isOver = true));
    await this.until(() => isOver);
    await running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => {});
    await this.venue[Symbol.asyncDispose]();
  }
}
