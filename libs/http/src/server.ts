import { Readable } from 'node:stream';
import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Log } from '@tickwright/runtime';
import { hostName, isLoopback, refusal } from './access.ts';
import { HttpError, OpenAddressError, PortTakenError } from './errors.ts';
import { EVENT_LIMITS, EventClients, EventStream } from './event-stream.ts';
import { openApiDocument } from './open-api.ts';
import { JsonRows, RawAnswer } from './route.ts';
import type { ParameterValue, Route } from './route.ts';
import { loadPages } from './static-pages.ts';
import type { PagesOptions, StaticPages } from './static-pages.ts';

/** Bounds: what one server holds at most. Beyond them it refuses, and says so with a status. */
const MAX_BODY_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 256;
const MAX_REQUESTS_A_MINUTE = 6_000;
const REQUEST_TIMEOUT_MS = 30_000;
const STALLED_MS = 60_000;

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface HttpServerOptions {
  readonly title: string;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** Needed for every change, and for every request from another machine. */
  readonly token?: string;
  readonly log: Log;
  readonly routes: readonly Route[];
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** Must answer from memory: it is asked while disks and databases are busy. */
  readonly health: () => { readonly ok: boolean };
  readonly ready: () => { readonly ready: boolean };
  /** Built pages to serve beside the API. */
  readonly pages?: PagesOptions;
  /** A client that takes nothing of its rows for so long is dropped; 60 s unless told. */
  readonly stalledMs?: number;
}

export interface HttpServer extends AsyncDisposable {
  /** `http://host:port`, with the port that was really taken. */
  readonly url: string;
  readonly port: number;
  /** Streams of server-sent events that are open, and how many were dropped because their clients did not read. */
  readonly events: { readonly open: number; readonly dropped: number };
  close(): Promise<void>;
}

/** Starts the server. Errors: PortTakenError, OpenAddressError. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  if (!isLoopback(options.host) && options.token === undefined) throw new OpenAddressError(options.host);
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false, allErrors: false } },
    routerOptions: { maxParamLength: 200 },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  await app.register(rateLimit, {
    max: MAX_REQUESTS_A_MINUTE,
    timeWindow: 60_000,
    allowList: (request) => request.url === '/health',
  });
  guard(app, options);
  const events = new EventClients();
  const pages = options.pages === undefined ? undefined : await loadPages(options.pages);
  answerErrors(app, options.log, pages);
  addRoutes(app, options, events);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (cause) {
    await app.close();
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      throw new PortTakenError({ host: options.host, port: options.port, cause });
    }
    throw cause;
  }
  return handle(app, options.host, events);
}

function handle(app: FastifyInstance, host: string, events: EventClients): HttpServer {
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = async (): Promise<void> => {
    events.end();
    await app.close();
  };
  return { port, url: `http://${host}:${port}`, events, close, [Symbol.asyncDispose]: close };
}

function guard(app: FastifyInstance, options: HttpServerOptions): void {
  const hosts = new Set(['127.0.0.1', 'localhost', '[::1]', hostName(options.host)]);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const refused = refusal(
      {
        method: request.method,
        host: request.headers.host,
        origin: request.headers.origin,
        authorization: request.headers.authorization,
        remoteAddress: request.ip,
      },
      { hosts, token: options.token },
    );
    if (refused !== undefined) await reply.code(refused.status).send({ error: refused.reason });
  });
}

function answerErrors(app: FastifyInstance, log: Log, pages: StaticPages | undefined): void {
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, async (request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const { headers, method } = request;
    const found =
      method !== 'GET' && method !== 'HEAD'
        ? undefined
        : pages?.answer({
            path,
            etag: headers['if-none-match'],
            wantsHtml: headers.accept?.includes('text/html') ?? false,
            takesGzip: String(headers['accept-encoding'] ?? '').includes('gzip'),
          });
    if (found !== undefined) return reply.code(found.status).headers(found.headers).send(found.body);
    return reply
      .code(404)
      .send({ error: `nothing is served at ${path}; /api/v1/openapi.json lists what is` });
  });
  app.setErrorHandler(async (error: unknown, request, reply) => {
    const { status, message } = describe(error);
    if (status >= 500) log.error({ error, path: request.url }, 'a request failed');
    await reply.code(status).send({ error: message });
  });
}

interface ValidationIssue {
  readonly instancePath: string;
  readonly message?: string;
  readonly params: Record<string, unknown>;
}

function describe(error: unknown): { status: number; message: string } {
  if (error instanceof HttpError) return { status: error.status, message: error.message };
  if (!(error instanceof Error)) return { status: 500, message: 'internal error' };
  if ('validation' in error && Array.isArray(error.validation)) {
    return { status: 400, message: validationMessage(error.validation[0]) };
  }
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  // What went wrong inside is for the log; a client sees only what is about its own request.
  return { status, message: status >= 500 ? 'internal error; the log has the details' : error.message };
}

function validationMessage(issue: ValidationIssue): string {
  const { params } = issue;
  if (typeof params['additionalProperty'] === 'string') {
    return `parameter "${params['additionalProperty']}" is not known here`;
  }
  if (typeof params['missingProperty'] === 'string')
    return `parameter "${params['missingProperty']}" is required`;
  const allowed = Array.isArray(params['allowedValues']) ? `: ${params['allowedValues'].join(', ')}` : '';
  return `parameter "${issue.instancePath.slice(1)}" ${issue.message ?? 'is wrong'}${allowed}`;
}

function addRoutes(app: FastifyInstance, options: HttpServerOptions, events: EventClients): void {
  app.get('/health', async (_request, reply) => {
    const health = options.health();
    return reply.code(health.ok ? 200 : 503).send(health);
  });
  app.get('/ready', async (_request, reply) => {
    const ready = options.ready();
    return reply.code(ready.ready ? 200 : 503).send(ready);
  });
  app.get('/metrics', async (_request, reply) => {
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await options.metrics());
  });
  const document = openApiDocument({ title: options.title, version: options.version }, options.routes);
  app.get('/api/v1/openapi.json', async () => document);
  const stalledMs = options.stalledMs ?? STALLED_MS;
  for (const route of options.routes) addRoute(app, route, { events, stalledMs });
}

function addRoute(
  app: FastifyInstance,
  route: Route,
  { events, stalledMs }: { events: EventClients; stalledMs: number },
): void {
  const properties = Object.fromEntries(
    Object.entries(route.query ?? {}).map(([name, { description: _description, ...schema }]) => [
      name,
      schema,
    ]),
  );
  app.route<{ Querystring: Record<string, ParameterValue>; Params: Record<string, string> }>({
    method: route.method,
    url: urlOf(route),
    schema: {
      querystring: {
        type: 'object',
        properties,
        required: [...(route.required ?? [])],
        additionalProperties: route.takesRest === true,
      },
    },
    handler: async (request, reply) => {
      const signal = abortWhenGone(reply);
      const { query, body } = request;
      const params = { ...request.params, ...restOf(route, request.params) };
      const result = await route.handler({ query, params, body, signal });
      if (!(result instanceof EventStream)) return answer(reply, result, stalledMs);
      if (events.answer(reply, result, SECURITY_HEADERS)) return reply;
      throw new HttpError(503, `${EVENT_LIMITS.clients} streams of events are open, the most there may be`);
    },
  });
}

/** Fastify's own writing: `:name`, and `*` for what follows. */
function urlOf({ path, takesRest }: Route): string {
  const named = path.replaceAll(/\{(\w+)\}/g, ':$1');
  return takesRest === true ? named.replace(/:\w+$/, '*') : named;
}

function restOf(route: Route, params: Readonly<Record<string, string>>): Record<string, string> {
  const name = /\{(\w+)\}$/.exec(route.path)?.[1];
  return route.takesRest === true && name !== undefined ? { [name]: params['*'] ?? '' } : {};
}

function answer(reply: FastifyReply, result: unknown, stalledMs: number): FastifyReply {
  if (result instanceof RawAnswer)
    return reply.code(result.status).headers(result.headers).type(result.type).send(result.body);
  if (!(result instanceof JsonRows)) return reply.send(result);
  // What is made row by row holds what it reads from until the last one is taken.
  reply.raw.setTimeout(stalledMs, () => reply.raw.destroy());
  return reply.type('application/json; charset=utf-8').send(Readable.from(jsonArray(result.rows)));
}

/** A JSON array in pieces, one piece a chunk of rows. */
async function* jsonArray(chunks: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  let separator = '[';
  for await (const rows of chunks) {
    if (rows.length === 0) continue;
    yield separator + rows.map((row) => JSON.stringify(row)).join(',\n');
    separator = ',\n';
  }
  yield separator === '[' ? '[]' : ']';
}

function abortWhenGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the client went away'));
  });
  return controller.signal;
}
