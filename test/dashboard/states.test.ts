import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { browserTest, hasBrowser, launch, openPage } from './browser-fixture.ts';
import { TOKEN, startPagesServer } from './pages-server.ts';

let browser: Browser;
beforeAll(async () => {
  if (hasBrowser) browser = await launch();
});
afterAll(async () => {
  if (hasBrowser) await browser.close();
});
// Most of each is waiting: side by side they take as long as the longest.
const sideBySide = browserTest.concurrent;

sideBySide('without an instrument each page says what is missing and what to do', async () => {
  await using server = await startPagesServer({ instruments: 0 });
  const texts: Readonly<Record<string, RegExp>> = {
    '/scanner': /No instrument is ingested yet.*subscribe/,
    '/paper': /Nothing was traded yet.*Strategies/,
    '/data': /Nothing was stored in these days/,
  };
  await using opened = await openPage(browser, `${server.url}/scanner`);
  for (const [path, text] of Object.entries(texts)) {
    await opened.page.goto(server.url + path);
    await opened.page.waitForFunction(
      (pattern) => new RegExp(pattern, 's').test(document.querySelector('main')?.textContent ?? ''),
      text.source,
    );
  }
  expect(opened.complaints).toEqual([]);
});

sideBySide(
  'stale and dead data turn the pill and say why, in the title of the tab too, and recovery turns it back',
  async () => {
    await using server = await startPagesServer({ instruments: 5 });
    await using opened = await openPage(browser, `${server.url}/scanner`);
    const { page } = opened;
    const pill = (state: string): Promise<unknown> =>
      page.waitForSelector(`#pill[data-state="${state}"]`, { timeout: 5_000 });
    await page.waitForSelector('#pill[data-state="OK"]');
    server.situation.data = {
      state: 'STALE',
      reason: 'no tick lately in an open session',
      lastTickTs: new Date(Date.now() - 42_000).toISOString(),
    };
    await pill('STALE');
    expect(await page.textContent('#state')).toContain('no tick lately in an open session');
    expect(await page.textContent('#pill-age')).toMatch(/^4\ds$/);
    expect(await page.title()).toMatch(/^⚠ /);
    server.situation.data = {
      state: 'DOWN',
      reason: 'no ingestor runs on this data directory',
      lastTickTs: null,
    };
    await pill('DOWN');
    expect(await page.textContent('#state')).toContain('no ingestor runs');
    expect(await page.title()).toMatch(/^✕ /);
    server.situation.data = { state: 'OK', reason: '', lastTickTs: null };
    await pill('OK');
    await page.waitForSelector('#state', { state: 'hidden' });
  },
);

sideBySide(
  'a runner that goes and one that says nothing are DOWN within seconds; the page heals by itself',
  async () => {
    const first = await startPagesServer({ instruments: 5 });
    await using opened = await openPage(browser, `${first.url}/scanner`, { expected: /ERR_|Failed to load/ });
    const { page } = opened;
    await page.waitForSelector('#pill[data-state="OK"]');
    await first[Symbol.asyncDispose]();
    await page.waitForSelector('#pill[data-state="DOWN"]', { timeout: 5_000 });
    expect(await page.textContent('#state')).toMatch(
      /No connection to the runner for .*npx tickwright start/,
    );
    expect(await page.isVisible('tr[data-key]')).toBe(true);
    await using _second = await startPagesServer({ instruments: 5, port: first.port });
    await page.waitForSelector('#pill[data-state="OK"]', { timeout: 12_000 });
    await page.waitForSelector('#state', { state: 'hidden' });
  },
);

sideBySide('a connection that is open but silent is given up', async ({ expect: wanted }) => {
  await using server = await startPagesServer({ instruments: 5 });
  await using opened = await openPage(browser, `${server.url}/scanner`);
  await opened.page.waitForSelector('#pill[data-state="OK"]');
  server.situation.isSilent = true;
  await wanted.poll(server.connections, { timeout: 12_000 }).toBeGreaterThan(1);
});

sideBySide(
  'each row of the scanner is told once, and what changed before the first connection or during a broken one is not missed',
  async ({ expect: wanted }) => {
    await using server = await startPagesServer({ instruments: 5, share: 0 });
    const context = await browser.newContext();
    const page = await context.newPage();
    const [first, second] = server.market.rows;
    if (first === undefined || second === undefined) throw new Error('the market has no such rows');
    const set = (row: typeof first, price: number): void => {
      row.last_price = price;
      server.changed(row);
    };
    // After the rows were asked for, before events are.
    await page.route('**/events*', async (route) => {
      if (server.connections() === 0) set(first, 111);
      await route.continue();
    });
    await page.goto(`${server.url}/scanner`);
    await page.waitForSelector('tr[data-key] td:text-is("111.00")');
    wanted(server.toldRows()).toBe(5 + 1);
    server.situation.isSilent = true;
    set(second, 222);
    await wanted.poll(server.connections, { timeout: 12_000 }).toBe(2);
    await page.waitForSelector('tr[data-key] td:text-is("222.00")');
    wanted(server.toldRows()).toBe(5 + 1 + 1);
    await context.close();
  },
);

sideBySide(
  'the kill switch wants the token: a wrong one changes nothing and is told, the right one is kept for the tab',
  async () => {
    await using server = await startPagesServer({ instruments: 20 });
    await using opened = await openPage(browser, `${server.url}/paper`, { expected: /401/ });
    const { page } = opened;
    await page.click('button:has-text("Kill switch")');
    await page.fill('#reason', 'news at noon');
    await page.fill('#token', 'guess');
    await page.click('button:has-text("Stop all trading")');
    await page.waitForSelector('.outcome:has-text("Nothing was changed")');
    expect([server.situation.killed, server.changes]).toEqual([false, []]);
    await page.fill('#token', TOKEN);
    await page.click('button:has-text("Stop all trading")');
    await page.waitForSelector('#kill-note:not([hidden])');
    expect(server.changes).toEqual([{ path: 'kill', body: { reason: 'news at noon' } }]);
    await page.click('button:has-text("Resume trading")');
    expect(await page.isVisible('#token')).toBe(false);
    await page.click('dialog button:has-text("Resume")');
    await page.waitForSelector('#kill-note', { state: 'hidden' });
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain(TOKEN);
  },
);
