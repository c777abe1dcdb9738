import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { EVENT_LIMITS, EventStream, startHttpServer } from './index.ts';
import type { EventClient, HttpServer } from './index.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(onClient: (client: EventClient) => void): Promise<HttpServer> {
  const server = await startHttpServer({
    title: 'test',
    version: '1',
    host: '127.0.0.1',
    port: 0,
    log: quiet,
    routes: [
      {
        method: 'GET',
        path: '/events',
        summary: 'Events',
        handler: async () => new EventStream(onClient),
      },
    ],
    metrics: async () => '',
    health: () => ({ ok: true }),
    ready: () => ({ ready: true }),
  });
  servers.push(server);
  return server;
}

async function until(done: () => boolean): Promise<void> {
  const endMs = performance.now() + 5_000;
  while (!done()) {
    if (performance.now() > endMs) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('events arrive as they are sent, with the safety headers, and the source hears when the client goes', async () => {
  let client: EventClient | undefined;
  const server = await start((opened) => (client = opened));
  const controller = new AbortController();
  const response = await fetch(`${server.url}/events`, { signal: controller.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  client?.send('price', { last: 1, text: 'two\nlines' });
  const reader = response.body?.getReader();
  let text = '';
  while (!text.includes('price')) text += new TextDecoder().decode((await reader?.read())?.value);
  expect(text).toContain('retry: 1000\n\n');
  expect(text).toContain('event: price\ndata: {"last":1,"text":"two\\nlines"}\n\n');
  expect(server.events.open).toBe(1);
  controller.abort();
  await until(() => client?.signal.aborted === true);
  expect(server.events.open).toBe(0);
});

test('a client that does not read becomes busy, and one that is sent to all the same is dropped', async () => {
  let client: EventClient | undefined;
  const server = await start((opened) => (client = opened));
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until(() => client !== undefined);
  socket.pause();
  const block = 'x'.repeat(64 * 1024);
  const isFree = (): boolean => client?.isBusy === false;
  let sent = 0;
  for (; sent < 2_000 && isFree(); sent += 1) {
    client?.send('block', block);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(client?.isBusy).toBe(true);
  for (let more = 0; more < EVENT_LIMITS.droppedBytes / block.length + 1; more += 1)
    client?.send('block', block);
  await until(() => client?.signal.aborted === true);
  expect(sent).toBeLessThan(1_000);
  expect(server.events).toMatchObject({ open: 0, dropped: 1 });
  socket.destroy();
});

test('more streams than the limit are refused with a reason, and one that ends makes room', async () => {
  const server = await start(() => undefined);
  const open = new AbortController();
  for (let count = 0; count < EVENT_LIMITS.clients; count += 1)
    await fetch(`${server.url}/events`, { signal: open.signal });
  const refused = await fetch(`${server.url}/events`);
  expect([refused.status, await refused.json()]).toEqual([
    503,
    { error: '64 streams of events are open, the most there may be' },
  ]);
  open.abort();
  await until(() => server.events.open === 0);
  const again = await fetch(`${server.url}/events`);
  expect(again.status).toBe(200);
  await again.body?.cancel();
});
