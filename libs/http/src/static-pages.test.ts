import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startHttpServer } from './index.ts';
import type { HttpServer, PagesOptions } from './index.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const servers: HttpServer[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function built(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tickwright-pages-'));
  folders.push(folder);
  const dist = join(folder, 'dist');
  mkdirSync(join(dist, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(dist, 'scanner.html'), '<title>scanner</title>');
  writeFileSync(join(dist, 'instrument.html'), '<title>instrument</title>');
  writeFileSync(join(dist, '404.html'), '<title>not here</title>');
  writeFileSync(join(dist, 'assets', 'main-abc.js'), `// ${'x'.repeat(5_000)}`);
  symlinkSync(join(folder, 'secret.txt'), join(dist, 'notes.unknown'));
  return dist;
}

async function start(pages: Partial<PagesOptions> = {}): Promise<HttpServer> {
  const server = await startHttpServer({
    title: 'test',
    version: '1',
    host: '127.0.0.1',
    port: 0,
    log: quiet,
    routes: [],
    metrics: async () => '',
    health: () => ({ ok: true }),
    ready: () => ({ ready: true }),
    pages: { folder: pages.folder ?? built(), home: '/scanner', ...pages },
  });
  servers.push(server);
  return server;
}

/** fetch tidies a path before it sends it; this does not. */
function raw(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on('error', reject);
    request.end();
  });
}

test('a page is served under its name, the home page from /, and none is kept without asking again', async () => {
  const { url } = await start();
  const page = await fetch(`${url}/scanner`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.headers.get('cache-control')).toBe('no-cache');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(await page.text()).toContain('scanner');
  expect((await fetch(`${url}/`)).url).toBe(`${url}/scanner`);
  const again = await fetch(`${url}/scanner`, {
    headers: { 'if-none-match': page.headers.get('etag') ?? '' },
  });
  expect(again.status).toBe(304);
});

test('files with a hash in their name are kept for ever, and travel compressed', async () => {
  const { url } = await start();
  const file = await fetch(`${url}/assets/main-abc.js`);
  expect(file.headers.get('cache-control')).toContain('immutable');
  expect(file.headers.get('content-encoding')).toBe('gzip');
  expect(file.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect((await file.text()).length).toBeGreaterThan(5_000);
});

test('an instrument has a page; one that is not known gets it with 404, so that the page can say so', async () => {
  const { url } = await start({
    isKnown: (page, rest) => page === 'instrument' && rest === 'KRAKEN|BTC/USD',
  });
  expect((await fetch(`${url}/instrument/KRAKEN%7CBTC%2FUSD`)).status).toBe(200);
  const unknown = await fetch(`${url}/instrument/KRAKEN%7CNOPE`);
  expect([unknown.status, await unknown.text()]).toEqual([404, '<title>instrument</title>']);
  expect((await fetch(`${url}/instrument/%E0%A4%A`)).status).toBe(400);
});

test('a page that does not exist is a page for people and an error for programs', async () => {
  const { url } = await start();
  const people = await fetch(`${url}/scaner`, { headers: { accept: 'text/html' } });
  expect([people.status, await people.text()]).toEqual([404, '<title>not here</title>']);
  const programs = await fetch(`${url}/api/v1/nothing`);
  expect([programs.status, await programs.json()]).toEqual([
    404,
    { error: 'nothing is served at /api/v1/nothing; /api/v1/openapi.json lists what is' },
  ]);
});

test('no path leads out of the folder', async () => {
  const { port } = await start();
  for (const path of [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//etc/passwd',
    '/notes.unknown',
    '/assets/main-abc.js%00.html',
  ]) {
    const { status, body } = await raw(port, path);
    expect([path, status, body.includes('secret\n') || body === 'secret']).toEqual([path, 404, false]);
  }
});

test('pages that are not built are said to be so, the rest is served', async () => {
  const { url } = await start({ folder: '/nowhere/at/all' });
  const page = await fetch(`${url}/scanner`);
  expect(page.status).toBe(503);
  expect(await page.text()).toContain('npm run build');
  expect((await fetch(`${url}/health`)).status).toBe(200);
});
