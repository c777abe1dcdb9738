import { address } from './rest.ts';
import type { Query } from './rest.ts';

/** Without an event for so long a connection that looks open is given up: the runner sends one a second. */
const SILENT_MS = 6_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/** connecting: the first try. open. waiting: it broke, the next try comes at retryAtMs. */
export interface ConnectionState {
  readonly state: 'connecting' | 'open' | 'waiting';
  /** When it became so. */
  readonly sinceMs: number;
  readonly retryAtMs?: number;
  readonly tries: number;
}

export interface EventConnectionOptions {
  readonly path: string;
  readonly query: Query;
  /** What to ask for besides, as of each connection: how far the page was told. */
  readonly since?: () => Query;
  /** The first connection waits for it; it never rejects. */
  readonly after?: Promise<void>;
  /** By event name; data is what JSON.parse gives. */
  readonly on: Readonly<Record<string, (data: unknown) => void>>;
  readonly onState: (state: ConnectionState) => void;
}

/** A connection to /events that heals by itself: waits double up to 8 s, with jitter, and a silent one counts as broken. */
export class EventConnection {
  readonly #options: EventConnectionOptions;
  #source: EventSource | undefined;
  #state: ConnectionState;
  #query: Query;
  #timer: number | undefined;
  #watchdog: number | undefined;
  #lastEventMs = 0;

  constructor(options: EventConnectionOptions) {
    this.#options = options;
    this.#query = options.query;
    this.#state = { state: 'connecting', sinceMs: Date.now(), tries: 0 };
    if (options.after === undefined) this.#open();
    else void options.after.then(() => this.#openFirst());
    this.#watchdog = window.setInterval(() => this.#watch(), 1_000);
    window.addEventListener('online', this.retryNow);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Asks for other topics: a new connection. */
  change(query: Query): void {
    this.#query = query;
    this.#open();
  }

  readonly retryNow = (): void => {
    if (this.#state.state === 'waiting') this.#open();
  };

  #openFirst(): void {
    if (this.#source === undefined && this.#watchdog !== undefined) this.#open();
  }

  close(): void {
    window.clearInterval(this.#watchdog);
    this.#watchdog = undefined;
    window.clearTimeout(this.#timer);
    window.removeEventListener('online', this.retryNow);
    this.#source?.close();
  }

  #open(): void {
    window.clearTimeout(this.#timer);
    this.#source?.close();
    const source = new EventSource(
      address(this.#options.path, { ...this.#query, ...this.#options.since?.() }),
    );
    this.#source = source;
    this.#lastEventMs = performance.now();
    source.addEventListener('open', () => {
      this.#lastEventMs = performance.now();
      this.#tell({ state: 'open', sinceMs: Date.now(), tries: 0 });
    });
    source.addEventListener('error', () => this.#broken());
    for (const [name, take] of Object.entries(this.#options.on)) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        this.#lastEventMs = performance.now();
        take(JSON.parse(event.data));
      });
    }
  }

  #watch(): void {
    // A tab in the background is woken seldom: only what is seen can be called silent.
    if (document.hidden) this.#lastEventMs = performance.now();
    else if (this.#state.state === 'open' && performance.now() - this.#lastEventMs > SILENT_MS)
      this.#broken();
  }

  #broken(): void {
    this.#source?.close();
    window.clearTimeout(this.#timer);
    const tries = this.#state.tries + 1;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.75 + Math.random() / 2);
    const sinceMs = this.#state.state === 'waiting' ? this.#state.sinceMs : Date.now();
    this.#timer = window.setTimeout(() => this.#open(), waitMs);
    this.#tell({ state: 'waiting', sinceMs, retryAtMs: Date.now() + waitMs, tries });
  }

  #tell(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
