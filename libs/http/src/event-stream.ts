import type { FastifyReply } from 'fastify';

/** Bounds of server-sent events. A client that does not read is asked to come again, it never fills our memory. */
export const EVENT_LIMITS = {
  /** Streams at once; the next one is refused with 503. */
  clients: 64,
  /** Unsent bytes above which a client is busy, and its source should merge instead of send. */
  busyBytes: 256 * 1024,
  /** Unsent bytes at which a client is dropped: its source went on sending to a busy one. */
  droppedBytes: 4 * 1024 * 1024,
  /** How long a client may be busy. */
  busyMs: 20_000,
  /** What a browser waits before it asks again. */
  retryMs: 1_000,
} as const;

/** One who reads events. */
export interface EventClient {
  /** Whether what was sent is still on its way. Merge what is new, and send it when this is false again. */
  readonly isBusy: boolean;
  /** Sends one event; nothing happens after the client has gone. */
  send(event: string, data: unknown): void;
  /** Aborted when the client goes away, or is dropped. */
  readonly signal: AbortSignal;
}

/** What a route answers to become a stream of server-sent events: `start` is called once, with the client. */
export class EventStream {
  readonly start: (client: EventClient) => void;
  constructor(start: (client: EventClient) => void) {
    this.start = start;
  }
}

/** Counts the streams of one server. */
export class EventClients {
  readonly #open = new Set<() => void>();
  #dropped = 0;

  get open(): number {
    return this.#open.size;
  }

  /** Clients that were dropped because they did not read. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Opens the stream on a reply; false when there are too many. */
  answer(reply: FastifyReply, stream: EventStream, headers: Readonly<Record<string, string>>): boolean {
    if (this.#open.size >= EVENT_LIMITS.clients) return false;
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    raw.write(`retry: ${EVENT_LIMITS.retryMs}\n\n`);
    const gone = new AbortController();
    let busySinceMs: number | undefined;
    const drop = (): void => {
      this.#dropped += 1;
      raw.destroy();
    };
    const close = (): void => {
      raw.end();
    };
    this.#open.add(close);
    raw.once('close', () => {
      this.#open.delete(close);
      gone.abort(new Error('the client went away'));
    });
    raw.on('error', () => undefined);
    const client: EventClient = {
      signal: gone.signal,
      get isBusy() {
        if (raw.writableLength <= EVENT_LIMITS.busyBytes) {
          busySinceMs = undefined;
          return false;
        }
        busySinceMs ??= performance.now();
        if (performance.now() - busySinceMs > EVENT_LIMITS.busyMs) drop();
        return true;
      },
      send(event, data) {
        if (gone.signal.aborted || raw.destroyed) return;
        raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
        if (raw.writableLength > EVENT_LIMITS.droppedBytes) drop();
      },
    };
    stream.start(client);
    return true;
  }

  /** Ends all streams, so that the server can close. */
  end(): void {
    for (const close of this.#open) close();
  }
}
