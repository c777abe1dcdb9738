import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { HttpError, JsonRows, OpenAddressError, PortTakenError, startHttpServer } from './index.ts';
import type { HttpServer, HttpServerOptions, Route } from './index.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const routes: Route[] = [
  {
    method: 'GET',
    path: '/api/v1/echo/{name}',
    summary: 'Echo',
    query: { limit: { type: 'integer', description: 'rows', minimum: 1, maximum: 10, default: 5 } },
    handler: async ({ params, query }) => ({ name: params['name'], limit: query['limit'] }),
  },
  {
    method: 'GET',
    path: '/api/v1/rows',
    summary: 'Rows',
    handler: async () =>
      new JsonRows(
        (async function* () {
          yield [{ n: 1 }, { n: 2 }];
          yield [];
          yield [{ n: 3 }];
        })(),
      ),
  },
  { method: 'POST', path: '/api/v1/change', summary: 'Change', handler: async () => ({ changed: true }) },
  {
    method: 'GET',
    path: '/api/v1/broken',
    summary: 'Broken',
    handler: async () => {
      throw new Error('secret detail');
    },
  },
  {
    method: 'GET',
    path: '/api/v1/absent',
    summary: 'Absent',
    handler: async () => {
      throw new HttpError(404, 'there is no such thing');
    },
  },
];

async function start(more: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const server = await startHttpServer({
    title: 'test',
    version: '1',
    host: '127.0.0.1',
    port: 0,
    token: 'sesame',
    log: quiet,
    routes,
    metrics: async () => 'up 1\n',
    health: () => ({ ok: true }),
    ready: () => ({ ready: false, reasons: ['warming'] }),
    ...more,
  });
  servers.push(server);
  return server;
}

/** fetch does not let a test choose the Host header. */
function ask(port: number, path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers, method }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end();
  });
}

test('a route gets its parameters checked, converted and defaulted', async () => {
  const { url } = await start();
  expect(await (await fetch(`${url}/api/v1/echo/x?limit=7`)).json()).toEqual({ name: 'x', limit: 7 });
  expect(await (await fetch(`${url}/api/v1/echo/x`)).json()).toEqual({ name: 'x', limit: 5 });
});

test('a wrong parameter is answered with 400, its name and the rule', async () => {
  const { url } = await start();
  const tooMany = await fetch(`${url}/api/v1/echo/x?limit=11`);
  expect(tooMany.status).toBe(400);
  expect(await tooMany.json()).toEqual({ error: 'parameter "limit" must be <= 10' });
  const unknown = await fetch(`${url}/api/v1/echo/x?limits=3`);
  expect(await unknown.json()).toEqual({ error: 'parameter "limits" is not known here' });
});

test('rows are streamed as one JSON array', async () => {
  const { url } = await start();
  expect(await (await fetch(`${url}/api/v1/rows`)).json()).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});

test('a client that takes none of its rows is dropped, and what they are made of is let go', async () => {
  let isLetGo = false;
  const endless: Route = {
    method: 'GET',
    path: '/api/v1/endless',
    summary: 'Endless rows',
    handler: async () =>
      new JsonRows(
        (async function* () {
          try {
            for (;;) yield [{ text: 'x'.repeat(10_000) }];
          } finally {
            isLetGo = true;
          }
        })(),
      ),
  };
  const { port } = await start({ routes: [endless], stalledMs: 100 });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /api/v1/endless HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'readable');
  await vi.waitFor(() => expect(isLetGo).toBe(true), 20_000);
  socket.destroy();
});

test('readiness that is not given answers 503 with its reasons, health 200', async () => {
  const { url } = await start();
  const ready = await fetch(`${url}/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({ ready: false, reasons: ['warming'] });
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect(await (await fetch(`${url}/metrics`)).text()).toBe('up 1\n');
});

test('a request under another host name is refused, so a page that rebinds its name to loopback gets nothing', async () => {
  const { port } = await start();
  expect(await ask(port, '/health', { host: `evil.example:${port}` })).toBe(403);
  expect(await ask(port, '/health', { host: `localhost:${port}` })).toBe(200);
});

test('a page of another origin is refused', async () => {
  const { port } = await start();
  expect(await ask(port, '/api/v1/rows', { host: 'localhost', origin: 'https://evil.example' })).toBe(403);
  expect(await ask(port, '/api/v1/rows', { host: 'localhost', origin: `http://localhost:${port}` })).toBe(
    200,
  );
});

test('a change needs the token', async () => {
  const { url } = await start();
  const change = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${url}/api/v1/change`, { method: 'POST', headers });
  expect((await change({})).status).toBe(401);
  expect((await change({ authorization: 'Bearer wrong' })).status).toBe(401);
  expect(await (await change({ authorization: 'Bearer sesame' })).json()).toEqual({ changed: true });
});

test('what failed inside stays inside; what the client asked wrongly is said', async () => {
  const { url } = await start();
  const broken = await fetch(`${url}/api/v1/broken`);
  expect(broken.status).toBe(500);
  expect(await broken.text()).not.toContain('secret detail');
  const absent = await fetch(`${url}/api/v1/absent`);
  expect([absent.status, await absent.json()]).toEqual([404, { error: 'there is no such thing' }]);
});

test('every answer carries a strict content security policy', async () => {
  const { url } = await start();
  const { headers } = await fetch(`${url}/health`);
  expect(headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test('the OpenAPI document lists exactly the routes that are served', async () => {
  const { url } = await start();
  const answer = await fetch(`${url}/api/v1/openapi.json`);
  const document = JSON.parse(await answer.text()) as { paths: Record<string, object> };
  const told = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(told.sort()).toEqual(routes.map((route) => `${route.method} ${route.path}`).sort());
});

test('a taken port is an error with its own exit code, never another port', async () => {
  const { port } = await start();
  const second = start({ port });
  await expect(second).rejects.toBeInstanceOf(PortTakenError);
  await expect(second).rejects.toMatchObject({ exitCode: 5, message: expect.stringContaining(String(port)) });
});

test('an address beyond loopback is refused without a token', async () => {
  const { token: _token, ...open } = { token: undefined, host: '0.0.0.0' };
  await expect(
    startHttpServer({
      title: 'test',
      version: '1',
      port: 0,
      log: quiet,
      routes,
      metrics: async () => '',
      health: () => ({ ok: true }),
      ready: () => ({ ready: true }),
      ...open,
    }),
  ).rejects.toBeInstanceOf(OpenAddressError);
});

test('a body above the limit is refused', async () => {
  const { url } = await start();
  const response = await fetch(`${url}/api/v1/change`, {
    method: 'POST',
    headers: { authorization: 'Bearer sesame', 'content-type': 'application/json' },
    body: JSON.stringify('x'.repeat(70_000)),
  });
  expect(response.status).toBe(413);
});
