import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { linkedSignal, readInstance } from '@tickwright/runtime';
import type { Clock, InstanceInfo } from '@tickwright/runtime';

/** One answer is held in memory. */
const ANSWER_MAX_BYTES = 64 * 1_024 * 1_024;
const ASK_TIMEOUT_MS = 2_000;
/** From the begin of a look to its verdict, whatever it waits for: the lock, the disk, the first answer or the second. */
const LOOK_MS = 2_000;

export interface IngestorAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

export interface IngestorRequest {
  readonly method: 'GET' | 'POST';
  /** With the query. */
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What is known of the ingestor of the data directory, as of the last look. */
export interface IngestorView {
  readonly state: 'up' | 'down' | 'starting';
  readonly url: string | null;
  readonly reason: string;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** Since when it is in this state, microseconds UTC. */
  readonly sinceMicros: number;
  readonly health: Readonly<Record<string, unknown>> | undefined;
}

const UNKNOWN = 'it was not looked for yet';

/** The line to the ingestor: looks whether it does its job, and passes questions on with its token. */
export class IngestorLink {
  readonly #directory: string;
  readonly #clock: Clock;
  #instance: InstanceInfo | undefined;
  #view: IngestorView;

  constructor(options: { readonly dataDir: string; readonly clock: Clock }) {
    this.#directory = join(options.dataDir, 'ingestor');
    this.#clock = options.clock;
    this.#view = {
      state: 'down',
      url: null,
      reason: UNKNOWN,
      ready: false,
      reasons: [],
      sinceMicros: options.clock.nowMicros(),
      health: undefined,
    };
  }

  get view(): IngestorView {
    return this.#view;
  }

  /** Whether it was looked for at all. */
  get isKnown(): boolean {
    return this.#view.reason !== UNKNOWN;
  }

  /** Looks again, for 2 s at most; never rejects. An ingestor that hangs is down, whatever else is asked of it meanwhile. */
  async look(signal: AbortSignal): Promise<void> {
    using limit = timeLimit(LOOK_MS);
    using either = linkedSignal(signal, limit.signal);
    const look = this.#look(either.signal);
    const found = await Promise.race([look, limit.passed]).catch((error: unknown) => ({
      state: 'down' as const,
      url: null,
      reason: error instanceof Error ? error.message : String(error),
      ready: false,
      reasons: [],
      health: undefined,
    }));
    const isSame = found.state === this.#view.state && this.isKnown;
    this.#view = { ...found, sinceMicros: isSame ? this.#view.sinceMicros : this.#clock.nowMicros() };
  }

  /** Asks it; rejects when there is none or it does not answer in time. */
  async ask(request: IngestorRequest): Promise<IngestorAnswer> {
    this.#instance ??= await readInstance(this.#directory);
    const base = this.#instance?.addresses['http'];
    if (base === undefined) {
      this.#instance = undefined;
      throw new Error('no ingestor runs on this data directory, or it is starting');
    }
    try {
      return await answerOf(base, this.#instance?.token, request);
    } catch (error) {
      // Another one may have taken its place, at another address and with another token.
      this.#instance = undefined;
      throw error;
    }
  }

  async #look(signal: AbortSignal): Promise<Omit<IngestorView, 'sinceMicros'>> {
    this.#instance = await readInstance(this.#directory);
    const url = this.#instance?.addresses['http'] ?? null;
    if (this.#instance === undefined) return down('no ingestor runs on this data directory');
    if (url === null) return { ...down('it is starting'), state: 'starting' };
    const [health, ready] = (
      await Promise.all([
        this.ask({ method: 'GET', path: '/health', signal }),
        this.ask({ method: 'GET', path: '/ready', signal }),
      ])
    ).map(jsonOf);
    if (health === undefined || ready === undefined) throw new Error('the ingestor gave no answer');
    const reasons = Array.isArray(ready['reasons']) ? ready['reasons'].map(String) : [];
    const isReady = ready['ready'] === true;
    const state = health['phase'] === 'starting' ? 'starting' : 'up';
    return { state, url, reason: reasons[0] ?? '', ready: isReady, reasons, health };
  }
}

function timeLimit(
  ms: number,
): Disposable & { readonly signal: AbortSignal; readonly passed: Promise<never> } {
  const end = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the ingestor does not answer within ${ms / 1_000} s`));
      end.abort();
    }, ms);
  });
  return { signal: end.signal, passed, [Symbol.dispose]: () => clearTimeout(timer) };
}

function down(reason: string): Omit<IngestorView, 'sinceMicros'> {
  return { state: 'down', url: null, reason, ready: false, reasons: [], health: undefined };
}

function jsonOf({ body }: IngestorAnswer): Record<string, unknown> {
  const value: unknown = JSON.parse(body.toString('utf8'));
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function answerOf(
  base: string,
  token: string | undefined,
  request: IngestorRequest,
): Promise<IngestorAnswer> {
  const { method, path, body, timeoutMs = ASK_TIMEOUT_MS, signal } = request;
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(content === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
  };
  return new Promise((resolve, reject) => {
    const asked = httpRequest(base + path, { method, headers, ...(signal && { signal }) });
    const timer = setTimeout(
      () => asked.destroy(new Error(`the ingestor at ${base} does not answer`)),
      timeoutMs,
    );
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    asked.once('error', fail);
    asked.once('response', (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_MAX_BYTES) asked.destroy(new Error('the answer of the ingestor is too long'));
        else chunks.push(chunk);
      });
      incoming.once('error', fail);
      incoming.once('end', () => {
        clearTimeout(timer);
        const type = incoming.headers['content-type'] ?? 'application/octet-stream';
        resolve({ status: incoming.statusCode ?? 502, type, body: Buffer.concat(chunks) });
      });
    });
    asked.end(content);
  });
}
