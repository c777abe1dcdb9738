import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { OfflineCore } from '@tickwright/ingestor';
import type { Config } from '@tickwright/config';
import { ExitCode, TickwrightError, readInstance, systemClock } from '@tickwright/runtime';
import { requireData } from './data-directory.ts';
import { logOf } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** The running ingestor did not answer, or refused. */
export class OwnerUnreachableError extends TickwrightError {
  /** Of its answer; 0 when there was none. */
  readonly status: number;
  /** In its own words, where it answered. */
  readonly reason: string;

  constructor(message: string, options: { status?: number; reason?: string; cause?: unknown } = {}) {
    const { status = 0, reason = message, cause } = options;
    super(message, {
      code: 'owner-unreachable',
      exitCode: ExitCode.unhealthy,
      canRetry: status === 0,
      cause,
    });
    this.status = status;
    this.reason = reason;
  }
}

export interface OwnerRequest {
  readonly method: 'GET' | 'POST';
  /** Sent as JSON. */
  readonly body?: object;
}

/** The one ingestor of a data directory: running, then it is asked; or not, then its files are opened. */
export type Owner =
  | { readonly kind: 'running'; readonly ask: (path: string, request?: OwnerRequest) => Promise<Response> }
  | { readonly kind: 'free'; readonly open: (name: string) => Promise<OfflineCore> };

/** A data directory has one owner; who wants its data asks that very instance, or becomes the owner for a moment. */
export async function ownerOf(config: Config, terminal: Terminal): Promise<Owner> {
  const instance = await readInstance(join(config.dataDir, 'ingestor'));
  if (instance === undefined) return { kind: 'free', open: (name) => opened(config, terminal, name) };
  const base = instance.addresses['http'];
  if (base === undefined) {
    throw new OwnerUnreachableError(
      `process ${instance.pid} holds ${config.dataDir} and serves no address: it is starting, or a replay or another command; try again in a moment`,
    );
  }
  return {
    kind: 'running',
    ask: (path, request = { method: 'GET' }) =>
      askInstance({ ...request, base, path, token: instance.token, signal: terminal.signal }),
  };
}

async function opened(config: Config, terminal: Terminal, name: string): Promise<OfflineCore> {
  requireData(config.dataDir);
  // Loaded when needed: asking a running ingestor takes half the time without it.
  const { openOffline } = await import('@tickwright/ingestor');
  const log = logOf(terminal, config, name);
  return await openOffline({ config, version: VERSION, clock: systemClock, log });
}

/** Asks a running instance. Errors: OwnerUnreachableError. */
export async function askInstance(
  request: OwnerRequest & {
    /** What it is called in errors; the ingestor unless told. */
    who?: string;
    base: string;
    path: string;
    token: string | undefined;
    signal: AbortSignal;
  },
): Promise<Response> {
  const { who = 'ingestor', base, path, method, body: sent, token, signal } = request;
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
  };
  let response: Response;
  try {
    response = await answerTo(base + path, { method, headers, signal, body: sent });
  } catch (cause) {
    signal.throwIfAborted();
    throw new OwnerUnreachableError(
      `the running ${who} does not answer at ${base}: ${reasonOf(cause)}; see its log, and try again`,
      { cause },
    );
  }
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => undefined);
  const reason =
    typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : response.statusText;
  throw new OwnerUnreachableError(`the running ${who} refuses ${base}${path}: ${reason}`, {
    status: response.status,
    reason,
  });
}

/** As `fetch`, which gives up after 300 s without an answer: a backup or a verification may take longer. */
function answerTo(
  url: string,
  {
    body,
    ...options
  }: { method: string; headers: Record<string, string>; signal: AbortSignal; body: object | undefined },
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(url, { ...options, agent: false });
    asked.once('error', reject);
    asked.once('response', (incoming) => resolve(responseOf(incoming)));
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function responseOf(incoming: IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = '' } = incoming;
  const body = Readable.toWeb(incoming) as ReadableStream<Uint8Array>;
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return new Response(body, { status, statusText, headers });
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
