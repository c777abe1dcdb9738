import { readFile, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { readInstance } from '@tickwright/runtime';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Process, cleanUp, eventually, freePort, root, temporaryFolder } from '../system/harness.ts';
import { browserTest, hasBrowser, launch, openPage } from './browser-fixture.ts';

/** Starting three processes takes a while on a busy machine. */
const START_MS = 120_000;

let browser: Browser;
let service: Process;
let dataDir: string;
let url: string;
let port: number;

beforeAll(async () => {
  dataDir = temporaryFolder();
  port = await freePort();
  const config = join(dataDir, 'config.yaml');
  const instruments = '["SIM|ALPHA", "SIM|BRAVO", "SIM|CHARLIE"]';
  await writeFile(
    config,
    [
      `dataDir: ${JSON.stringify(join(dataDir, 'data'))}`,
      `sources: [{ venue: simulated, instruments: ${instruments} }]`,
      `simulator: { port: ${await freePort()}, ratePerSecond: 40 }`,
      `ingestor: { http: { port: ${await freePort()} } }`,
      `runner: { http: { port: ${port} }, strategies: [{ use: pixityAI_meta, interval: 1m, instruments: ${instruments} }] }`,
    ].join('\n'),
  );
  service = new Process(['start', '--config', config]);
  url = `http://127.0.0.1:${port}`;
  if (hasBrowser) browser = await launch();
  await eventually(async () => ((await rows()).length >= 3 ? true : undefined), {
    what: () => `rows of the scanner:\n${service.stderr}`,
    limitMs: START_MS,
  });
}, START_MS);

afterAll(async () => {
  if (hasBrowser) await browser.close();
  service.kill('SIGTERM');
  await service.ended;
  await cleanUp();
}, START_MS);

async function rows(): Promise<readonly { last_price: number | null }[]> {
  try {
    const answer = (await (await fetch(`${url}/api/v1/scanner`)).json()) as {
      rows?: { last_price: number | null }[];
    };
    return answer.rows ?? [];
  } catch {
    return [];
  }
}

browserTest(
  'every page lives on real processes: rows, candles, processes, and prices that move',
  async () => {
    await using opened = await openPage(browser, `${url}/scanner`);
    const { page, complaints } = opened;
    await page.waitForSelector('#pill[data-state="OK"]', { timeout: 30_000 });
    expect(await page.$$eval('tr[data-key]', (found) => found.length)).toBe(3);
    const before = await page.textContent('tbody');
    await page.waitForFunction((text) => document.querySelector('tbody')?.textContent !== text, before, {
      timeout: 30_000,
    });
    await page.goto(`${url}/instrument/SIM%7CALPHA?interval=1m`);
    await page.waitForFunction(
      () => /^[1-9]\d* candles of 1m/.test(document.getElementById('chart-legend')?.textContent ?? ''),
      undefined,
      { timeout: 30_000 },
    );
    await page.waitForSelector('#ticks tr[data-key]', { timeout: 15_000 });
    await page.goto(`${url}/paper`);
    await page.waitForSelector('.tile-value:text-is("1,000,000.00")');
    await page.goto(`${url}/strategies`);
    await page.waitForSelector('.strategy h2:text-is("pixityAI_meta@1m")');
    await page.goto(`${url}/ops`);
    await page.waitForSelector('#processes tr[data-key="ingestor"]', { timeout: 15_000 });
    await page.waitForSelector('.verdict[data-verdict="good"], .verdict[data-verdict="bad"]');
    await page.goto(`${url}/data`);
    await page.waitForSelector('#stores tr[data-key="journal"]', { timeout: 15_000 });
    expect(complaints).toEqual([]);
  },
);

test('a backfill of what is not known, or of no range, is refused with the rule', async () => {
  const { token = '' } = (await readInstance(join(dataDir, 'data', 'runner'))) ?? {};
  const asked = async (body: object): Promise<unknown[]> => {
    const answer = await fetch(`${url}/api/v1/ingestor/backfill`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return [answer.status, await answer.text()];
  };
  const instrument = 'SIM|ALPHA';
  expect(await asked({ instrument: 'SIM|NOBODY', from: 0 })).toEqual([
    404,
    expect.stringContaining('NOBODY'),
  ]);
  expect(await asked({ instrument })).toEqual([
    400,
    expect.stringContaining('must be microseconds since 1970'),
  ]);
  expect(await asked({ instrument, from: 5, to: 5 })).toEqual([
    400,
    expect.stringMatching(/to.*must be after.*from/),
  ]);
  expect(await asked({ instrument, from: 5 })).toEqual([409, expect.stringContaining('366 days')]);
});

browserTest(
  'a killed ingestor turns the pill within five seconds, and its restart turns it back',
  async () => {
    await using opened = await openPage(browser, `${url}/scanner`, { expected: /Failed to load|503/ });
    const { page } = opened;
    await page.waitForSelector('#pill[data-state="OK"]', { timeout: 30_000 });
    const { pid } = (await readInstance(join(dataDir, 'data', 'ingestor'))) ?? { pid: 0 };
    expect(pid).toBeGreaterThan(0);
    process.kill(pid, 'SIGKILL');
    await page.waitForSelector('#pill[data-state="DOWN"], #pill[data-state="STALE"]', { timeout: 5_000 });
    expect(await page.textContent('#pill')).not.toContain('OK');
    await page.waitForSelector('#pill[data-state="OK"]', { timeout: 60_000 });
  },
);

browserTest(
  'an ingestor that hangs, asked for a backfill and for all its coverage, turns the pill within five seconds, too',
  async () => {
    await using opened = await openPage(browser, `${url}/scanner`, { expected: /Failed to load|503/ });
    const { page } = opened;
    const { token = '' } = (await readInstance(join(dataDir, 'data', 'runner'))) ?? {};
    const { pid } = (await readInstance(join(dataDir, 'data', 'ingestor'))) ?? { pid: 0 };
    expect(pid).toBeGreaterThan(0);
    await page.waitForSelector('#pill[data-state="OK"]', { timeout: 30_000 });
    const asking = new AbortController();
    const { signal } = asking;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ instrument: 'SIM|BRAVO', from: (Date.now() - 86_400_000) * 1_000 });
    const slow = [
      fetch(`${url}/api/v1/ingestor/coverage?from=0`, { signal }),
      fetch(`${url}/api/v1/ingestor/backfill`, { method: 'POST', headers, body, signal }),
    ];
    process.kill(pid, 'SIGSTOP');
    try {
      await page.waitForSelector('#pill[data-state="DOWN"]', { timeout: 5_000 });
    } finally {
      process.kill(pid, 'SIGCONT');
      asking.abort();
      await Promise.allSettled(slow);
    }
    await page.waitForSelector('#pill[data-state="OK"]', { timeout: 30_000 });
  },
);

browserTest(
  'a backfill is asked for with one click, and its progress ends',
  async () => {
    await using opened = await openPage(browser, `${url}/data`);
    const { page, complaints } = opened;
    const { token = '' } = (await readInstance(join(dataDir, 'data', 'runner'))) ?? {};
    await page.waitForSelector('.heat-map tr[data-key]', { timeout: 15_000 });
    await page.click('.heat-map tr[data-key="SIM|ALPHA"]');
    await page.click('button:has-text("Backfill all of these days")');
    // The first time the token is asked for.
    await page.fill('#token', token);
    await page.click('dialog button:has-text("Backfill")');
    const done = '#backfills li[data-state="succeeded"]:has-text("SIM|ALPHA")';
    await page.waitForSelector(done, { timeout: 90_000 });
    expect(await page.textContent(done)).toMatch(/^SIM\|ALPHA succeeded/);
    expect(complaints).toEqual([]);
  },
  START_MS,
);

/** fetch chooses its own Host and tidies paths; this does not. */
function raw(options: {
  path: string;
  method?: string;
  headers?: Record<string, string>;
}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

test('pages of other hosts and origins get nothing, of the pages, the API and the events', async () => {
  for (const path of ['/scanner', '/api/v1/scanner', '/events', '/assets/', '/']) {
    expect((await raw({ path, headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await raw({ path, headers: { origin: 'https://evil.example' } })).status).toBe(403);
  }
});

test('no change is made without the token, whatever is asked to be changed, and the token stands in no answer', async () => {
  const { token = '' } = (await readInstance(join(dataDir, 'data', 'runner'))) ?? {};
  const ingestor = (await readInstance(join(dataDir, 'data', 'ingestor')))?.token ?? '';
  expect(token.length).toBeGreaterThan(15);
  const changes = [
    'kill',
    'resume',
    'flatten',
    'orders',
    'strategies/pixityAI_meta@1m/disable',
    'ingestor/backup',
    'ingestor/backfill',
    'ingestor/subscriptions',
  ];
  for (const path of changes) {
    for (const authorization of ['', 'Bearer wrong', token]) {
      const headers = { authorization, 'content-type': 'application/json' };
      expect([path, (await raw({ path: `/api/v1/${path}`, method: 'POST', headers })).status]).toEqual([
        path,
        401,
      ]);
    }
  }
  const told = [
    'overview',
    'ops',
    'scanner',
    'strategies',
    'notices',
    'positions',
    'ingestor/status',
    'ingestor-health',
    'openapi.json',
  ];
  for (const path of told) {
    const { body } = await raw({ path: `/api/v1/${path}` });
    expect([path, body.includes(token), ingestor !== '' && body.includes(ingestor)]).toEqual([
      path,
      false,
      false,
    ]);
  }
});

test('no path leads out of the pages or past the API of the ingestor', async () => {
  for (const path of [
    '/../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/..%5c..%5cpackage.json',
    '/api/v1/ingestor/../../metrics',
    '/api/v1/ingestor/%2e%2e/%2e%2e/metrics',
    '/api/v1/ingestor/..%2f..%2fmetrics',
  ]) {
    const { status, body } = await raw({ path });
    expect([path, status >= 400, /"workspaces"|process_cpu/.test(body)]).toEqual([path, true, false]);
  }
});

test('a wrong or a huge question is refused with the rule, and does no harm', async () => {
  const wrong = await raw({ path: '/api/v1/candles?instrument=SIM%7CALPHA&interval=7m' });
  expect([wrong.status, wrong.body]).toEqual([
    400,
    expect.stringContaining('interval\\" must be equal to one of the allowed values: 1m'),
  ]);
  const unknown = await raw({ path: '/api/v1/candles?instrument=SIM%7CALPHI&interval=1m' });
  expect([unknown.status, unknown.body]).toEqual([404, expect.stringContaining('SIM|ALPHA')]);
  expect((await raw({ path: '/instrument/SIM%7CNOBODY' })).status).toBe(404);
  expect(
    (await raw({ path: `/api/v1/scanner?x=${'a'.repeat(200_000)}` }).catch(() => ({ status: 431 }))).status,
  ).toBeGreaterThanOrEqual(400);
  expect((await raw({ path: `/api/v1/candles?instrument=${'A'.repeat(5_000)}` })).status).toBe(400);
  expect((await raw({ path: '/health' })).status).toBe(200);
});

test('a client that asks for events and never reads them holds nobody up', async () => {
  const sockets = Array.from({ length: 8 }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return socket.pause();
  });
  for (let round = 0; round < 10; round += 1) expect((await rows()).length).toBe(3);
  for (const socket of sockets) socket.destroy();
});

test('the Grafana dashboard and the alert rules name only metrics that the processes tell', async () => {
  const ingestor = (await readInstance(join(dataDir, 'data', 'ingestor')))?.addresses['http'] ?? '';
  const texts = await Promise.all(
    [url, ingestor].map(async (base) => (await fetch(`${base}/metrics`)).text()),
  );
  const told = new Set(
    texts.flatMap((text) => [...text.matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name)),
  );
  for (const file of ['grafana-dashboard.json', 'prometheus-alerts.yaml']) {
    const text = await readFile(join(root, 'config', file), 'utf8');
    const named = new Set([...text.matchAll(/\b(?:tickwright|nodejs|process)_\w+/g)].map(([name]) => name));
    expect(named.size).toBeGreaterThan(15);
    expect([file, [...named].filter((name) => !told.has(name))]).toEqual([file, []]);
  }
});
