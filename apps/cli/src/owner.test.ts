import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '@tickwright/config';
import { acquireInstanceLock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownerOf } from './owner.ts';
import { fakeTerminal } from './terminal-fixture.ts';

/** Where Node's fetch has its agent, whose limits are 300 s each. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
/** Limits that a test can wait for; they are looked at about every half second. */
const FETCH_LIMIT_MS = 100;
const ANSWER_AFTER_MS = 3_000;

let dataDir: string;
let server: Server | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'owner-'));
});

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function served(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Asks the owner whose address is published, with a token. */
async function asked(http: string, path: string, signal = new AbortController().signal): Promise<Response> {
  await using lock = await acquireInstanceLock(join(dataDir, 'ingestor'));
  await lock.publish({ addresses: { http }, token: 'secret' });
  const config = configSchema.parse({ dataDir });
  const owner = await ownerOf(config, fakeTerminal([], { signal }));
  if (owner.kind !== 'running') throw new Error('no owner was found');
  return await owner.ask(path, { method: 'POST' });
}

/** fetch gives up soon within it, as it does after 300 s otherwise. */
async function withShortFetch<T>(work: () => Promise<T>): Promise<T> {
  await fetch('data:,');
  const scope = globalThis as unknown as Record<symbol, { constructor: new (limits: object) => never }>;
  const before = scope[DISPATCHER];
  if (before === undefined) throw new Error('fetch has no agent where it had one');
  scope[DISPATCHER] = new before.constructor({ headersTimeout: FETCH_LIMIT_MS, bodyTimeout: FETCH_LIMIT_MS });
  try {
    return await work();
  } finally {
    scope[DISPATCHER] = before;
  }
}

test('an answer that comes later than fetch would wait is waited for, its body as well', async () => {
  const http = await served(({ method, url, headers }, response) => {
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`{"asked":"${method} ${url} ${headers.authorization}",`);
      setTimeout(() => response.end('"end":true}'), ANSWER_AFTER_MS);
    }, ANSWER_AFTER_MS);
  });
  const answer = await withShortFetch(async () => (await asked(http, '/api/v1/backup')).json());
  expect(answer).toEqual({ asked: 'POST /api/v1/backup Bearer secret', end: true });
});

test('a refusal is told with its status and reason', async () => {
  const http = await served((_, response) => response.writeHead(409).end('{"error":"one is being made"}'));
  const refused = asked(http, '/api/v1/backup');
  await expect(refused).rejects.toMatchObject({ code: 'owner-unreachable', status: 409 });
  await expect(refused).rejects.toThrow('one is being made');
});

test('an owner that does not listen is told of, and an abort ends the wait', async () => {
  const stop = new AbortController();
  const http = await served(() => stop.abort(new Error('stopped')));
  await expect(asked(http, '/api/v1/verify', stop.signal)).rejects.toThrow('stopped');
  server?.closeAllConnections();
  server?.close();
  await expect(asked(http, '/api/v1/verify')).rejects.toThrow('ECONNREFUSED');
});
