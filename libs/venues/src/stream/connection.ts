import type { IncomingMessage } from 'node:http';
import type { Clock } from '@tickwright/runtime';
import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import { RateLimitedError, VenueUnreachableError } from '../errors.ts';
import type { StreamLimits } from '../limits.ts';
import { after, deferred, slept } from './waiting.ts';

/** Where to connect, and how. */
export interface Address {
  readonly url: string;
  /** Of the opening request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Take the redirect that the venue answers with. */
  readonly followsRedirects?: boolean;
  /** What an HTTP status other than 101 means at this venue; undefined: nothing of its own. */
  readonly refusal?: (status: number) => Error | undefined;
  /** It was taken. */
  readonly onOpen?: () => void;
}

export interface ConnectionOptions {
  readonly address: Address;
  readonly clock: Clock;
  readonly limits: StreamLimits;
  /** The text of the venue's own ping, where it has one. */
  readonly ping?: () => string;
  /** Once, before the first message. */
  readonly onOpen: (connection: Connection) => void;
  /** Every message, in order, synchronously. */
  readonly onMessage: (bytes: Buffer) => void;
  /** Once, after the last message. `reason` is one of a small set, `detail` is for people. */
  readonly onClosed: (reason: string, detail: string) => void;
}

/** Waits at most this long when a venue says with 429 or 418 that it will not take connections. */
const MAX_RETRY_AFTER_MS = 600_000;
const DEFAULT_RETRY_AFTER_MS = 60_000;

/**
 * One WebSocket, from its opening to its end; it never reconnects. Answers the venue's pings, sends its own, and cuts a
 * socket on which nothing at all has arrived within the deadline after one.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: WebSocket;
  readonly #ended = new AbortController();
  readonly #closed = deferred<void>();
  #reason = '';
  #detail = '';
  #heard = false;
  #wasPaused = false;
  #wasOpen = false;

  private constructor(options: ConnectionOptions, socket: WebSocket) {
    this.#options = options;
    this.#socket = socket;
    socket.on('open', () => {
      this.#wasOpen = true;
      options.address.onOpen?.();
      options.onOpen(this);
    });
    socket.on('message', (data: RawData) => {
      this.#heard = true;
      // With the default binary type and no fragments kept apart, `ws` always gives one Buffer.
      options.onMessage(data as Buffer);
    });
    const hear = (): void => {
      this.#heard = true;
    };
    socket.on('ping', hear);
    socket.on('pong', hear);
    socket.on('error', (error: Error & { code?: string }) => this.#failed(error));
    socket.on('close', (code: number, text: Buffer) => this.#finish(code, text));
    void this.#watch();
  }

  /**
   * Resolves when open. Rejects with a VenueUnreachableError, with a RateLimitedError when the venue will not take
   * connections for a while, with the address's own refusal, or with a VenueUnreachableError when the signal is aborted.
   */
  static async open(options: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
    const { address, clock, limits } = options;
    // Without its query: a venue may put a secret there.
    const url = address.url.replace(/\?.*$/s, '');
    const socket = new WebSocket(address.url, {
      headers: address.headers ?? {},
      followRedirects: address.followsRedirects ?? false,
      // Compression costs a factor of 40, checking UTF-8 is left to the decoder: scripts/bench, facts of the design.
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: limits.maxFrameBytes,
    });
    const opened = deferred<Error | undefined>();
    const over = new AbortController();
    socket.once('error', (error) => opened.resolve(unreachable(url, error)));
    socket.once('unexpected-response', (_request, response) => {
      const own = address.refusal?.(response.statusCode ?? 0);
      opened.resolve(own ?? refused(url, response));
      response.resume();
    });
    const onAbort = (): void => opened.resolve(unreachable(url, new Error('stopped')));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const late = new Error(`no answer within ${limits.connectTimeoutMs} ms`);
    const act = (): void => opened.resolve(unreachable(url, late));
    void after(limits.connectTimeoutMs, { clock, signal: over.signal, act });
    // In place before `open` resolves: the first message may come with the handshake's answer.
    const connection = new Connection(options, socket);
    socket.once('open', () => opened.resolve(undefined));
    const error = await opened.promise;
    over.abort();
    signal.removeEventListener('abort', onAbort);
    if (error === undefined) return connection;
    connection.#abandon();
    throw error;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends a text message, or bytes as a binary one; without effect on a connection that is no longer open. */
  send(message: string | Uint8Array): void {
    if (this.isOpen) this.#socket.send(message);
  }

  pause(): void {
    this.#wasPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Says good-bye; cuts the socket when the venue does not answer in time. Resolves when it is closed. */
  async close(reason: string): Promise<void> {
    if (this.#reason === '') this.#reason = reason;
    // A paused socket would never see the answer.
    if (this.#socket.isPaused) this.#socket.terminate();
    else this.#socket.close(1000);
    const { clock, limits } = this.#options;
    const act = (): void => this.#socket.terminate();
    void after(limits.closeTimeoutMs, { clock, signal: this.#ended.signal, act });
    await this.#closed.promise;
  }

  /** Ends it at once. */
  cut(reason: string): void {
    if (this.#reason === '') this.#reason = reason;
    this.#socket.terminate();
  }

  /** Pings, and judges the silence after each. */
  async #watch(): Promise<void> {
    const { clock, limits, ping } = this.#options;
    const { signal } = this.#ended;
    while (await slept(clock, limits.pingIntervalMs, signal)) {
      if (!this.isOpen || this.#socket.isPaused) continue;
      this.#heard = false;
      this.#wasPaused = false;
      this.#socket.ping();
      if (ping !== undefined) this.send(ping());
      if (!(await slept(clock, limits.pongTimeoutMs, signal))) return;
      if (!this.#heard && !this.#wasPaused) this.cut('silent');
    }
  }

  #failed(error: Error & { code?: string }): void {
    this.#detail = error.message;
    if (this.#reason !== '') return;
    const code = error.code ?? '';
    if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#reason = 'frame-too-large';
    else this.#reason = code.startsWith('WS_ERR_') ? 'protocol-error' : 'socket-error';
  }

  #finish(code: number, text: Buffer): void {
    this.#ended.abort();
    // A socket that never opened ends right after its error; whoever opens it is told of that one alone.
    if (!this.#wasOpen) return this.#closed.resolve();
    const reason = this.#reason === '' ? `close-${code}` : this.#reason;
    const detail = this.#detail === '' ? `close code ${code} ${text.toString('utf8')}`.trim() : this.#detail;
    this.#options.onClosed(reason, detail);
    this.#closed.resolve();
  }

  /** Never got open: nobody is told of its end. */
  #abandon(): void {
    this.#ended.abort();
    this.#socket.removeAllListeners();
    this.#socket.on('error', () => {});
    this.#socket.terminate();
  }
}

function unreachable(url: string, cause: Error): VenueUnreachableError {
  return new VenueUnreachableError(`connecting to ${url} failed: ${cause.message}`, { cause });
}

function refused(url: string, response: IncomingMessage): Error {
  const status = response.statusCode ?? 0;
  const found = `connecting to ${url} failed: the venue answered HTTP ${status}`;
  if (status !== 429 && status !== 418) return new VenueUnreachableError(found);
  const seconds = Number(response.headers['retry-after']);
  const asked = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : DEFAULT_RETRY_AFTER_MS;
  const retryAfterMs = Math.min(asked, MAX_RETRY_AFTER_MS);
  return new RateLimitedError(`${found}; trying again after ${retryAfterMs} ms`, { retryAfterMs });
}
