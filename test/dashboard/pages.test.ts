import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { browserTest, hasBrowser, launch, openPage } from './browser-fixture.ts';
import { overflows, seriousViolations } from './page-checks.ts';
import { startPagesServer } from './pages-server.ts';
import type { PagesServer } from './pages-server.ts';

let browser: Browser;
let server: PagesServer;
beforeAll(async () => {
  if (!hasBrowser) return;
  browser = await launch();
  server = await startPagesServer({ instruments: 60 });
});
afterAll(async () => {
  if (!hasBrowser) return;
  await browser.close();
  await server[Symbol.asyncDispose]();
});

/** Each page with what shows that it has its data. */
const PAGES: Readonly<Record<string, string>> = {
  '/scanner': 'tr[data-key] .spark',
  '/instrument/NSE_EQ%7CTCS?interval=5m&show=ema9,ema21,vwap,bands,rsi': '#quote .last',
  '/paper': '.positions-panel tr[data-key]',
  '/strategies': '.strategy-head .badge',
  '/ops': '.verdict[data-verdict="good"]',
  '/data': '.heat-map td[data-level="full"]',
};

browserTest.each(Object.entries(PAGES))(
  '%s shows its data: nothing overflows, wide and on a phone, axe finds nothing serious, light and dark, and the browser complains of nothing',
  async (path, ready) => {
    await using opened = await openPage(browser, server.url + path);
    const { page, complaints } = opened;
    await page.waitForSelector(ready, { state: 'attached' });
    await page.waitForSelector('#pill[data-state="OK"]');
    expect(await overflows(page)).toEqual([]);
    expect(await seriousViolations(page)).toEqual([]);
    // The other theme differs in its colours alone.
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await seriousViolations(page, ['color-contrast'])).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflows(page)).toEqual([]);
    expect(await seriousViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  },
);

browserTest(
  'the head tells paper trading, the market with what comes next, the age of the last tick, and the time of the exchange',
  async () => {
    await using opened = await openPage(browser, `${server.url}/scanner`);
    const { page } = opened;
    await page.waitForSelector('#pill[data-state="OK"]');
    expect(await page.textContent('#paper')).toContain('PAPER');
    // The day is one that the runner tells: its calendar knows it, and no other has such hours. For a minute it is closed.
    expect(await page.textContent('#market-text')).toMatch(
      /^NSE (open · closes 23:59 in|closed · opens .*00:00$)/,
    );
    expect(await page.textContent('#pill-age')).toMatch(/^\d+(\.\d)?s$/);
    expect(await page.textContent('#clock-zone')).toBe('IST');
    await page.keyboard.press('t');
    expect(await page.textContent('#clock-zone')).toBe('UTC');
  },
);

browserTest(
  'an ended day tells what differs from the venue’s candles: the minute in the exchange’s time, ours and theirs, and what was done',
  async () => {
    await using opened = await openPage(browser, `${server.url}/data`);
    const { page } = opened;
    await page.waitForSelector('#ended-days tr[data-key]');
    const cells = await page.$$eval('#ended-days tr[data-key]', (rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.textContent)),
    );
    const minute = '11-19 10:01';
    expect(cells).toEqual([
      [minute, 'RELIANCE', 'close', '2,931.50', '2,931.55', '−0.05'],
      [minute, 'RELIANCE', 'volume', '18,240', '18,251', '−11'],
      [minute, 'RELIANCE', 'candle', 'no candle', '2,930.00', '–'],
    ]);
    expect(await page.textContent('#ended-days')).toMatch(
      /3 differences in 1 instrument on 2026-11-19.*Nothing was changed by it/,
    );
    await page.selectOption('select[aria-label="Day compared"]', 'nse-2026-11-18.json');
    await page.waitForSelector('#ended-days b:text-is("No difference")');
    expect(await page.isVisible('#ended-days table')).toBe(false);
  },
);

browserTest('a price that ends in zero rounds none beside it', async () => {
  const row = server.market.rows.find(({ symbol }) => symbol === 'NSE_EQ|TCS');
  if (row === undefined) throw new Error('the market has no such row');
  Object.assign(row, { status: 'STOPPED', last_price: 1.5, day_low: 1.4741, day_high: 1.5459 });
  server.changed(row);
  await using opened = await openPage(browser, `${server.url}/instrument/NSE_EQ%7CTCS`);
  await opened.page.waitForSelector('#quote .last:text-is("1.5000")');
  expect(await opened.page.textContent('#quote')).toContain('day 1.4741 – 1.5459');
});

browserTest('a page or an instrument that does not exist says so, and what there is instead', async () => {
  await using missing = await openPage(browser, `${server.url}/scaner`, { expected: /404/ });
  expect(await missing.page.textContent('main')).toContain('There is no such page');
  await using unknown = await openPage(browser, `${server.url}/instrument/NSE_EQ%7CTCX?interval=7m`, {
    expected: /404/,
  });
  await unknown.page.waitForSelector('#state[data-kind="bad"], #state[data-kind="warn"]');
  expect(await unknown.page.textContent('#state')).toContain('There is no interval "7m"');
  await unknown.page.goto(`${server.url}/instrument/NSE_EQ%7CTCX`);
  await unknown.page.waitForSelector('#state[data-kind="bad"]');
  expect(await unknown.page.textContent('#state')).toContain('Near it: NSE_EQ|TCS');
});
