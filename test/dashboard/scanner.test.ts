import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { instrumentKey } from '@tickwright/market';
import { browserTest, hasBrowser, launch, openPage } from './browser-fixture.ts';
import { startPagesServer } from './pages-server.ts';
import type { PagesServer } from './pages-server.ts';

let browser: Browser;
let server: PagesServer;
beforeAll(async () => {
  if (!hasBrowser) return;
  browser = await launch();
  server = await startPagesServer({ instruments: 200, share: 0.5 });
});
afterAll(async () => {
  if (!hasBrowser) return;
  await browser.close();
  await server[Symbol.asyncDispose]();
});

const visibleKeys = (page: Page): Promise<string[]> =>
  page.$$eval('tr[data-key]', (rows) =>
    rows.slice(0, 15).map((row) => (row as HTMLElement).dataset['key'] ?? ''),
  );
const column = (page: Page, id: string): Promise<string[]> =>
  page.evaluate((name) => {
    const at = [...document.querySelectorAll('col')].findIndex((col) =>
      col.classList.contains(`column-${name}`),
    );
    return [...document.querySelectorAll('tr[data-key]')]
      .slice(0, 15)
      .map((row) => row.children[at]?.textContent ?? '');
  }, id);
const scroll = (page: Page, top: number): Promise<void> =>
  page.$eval('.scroll', (box, value) => box.scrollTo(0, value), top);

browserTest('prices move while the order, the selection and the scroll position stay', async () => {
  await using opened = await openPage(browser, `${server.url}/scanner?sort=-percent`);
  const { page } = opened;
  await page.waitForSelector('tr[data-key]');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const order = await visibleKeys(page);
  const before = await column(page, 'last');
  const selected = await page.getAttribute('tr[aria-selected="true"]', 'data-key');
  await page.waitForFunction(
    (text) =>
      [...document.querySelectorAll('tr[data-key] td:nth-child(5)')]
        .slice(0, 15)
        .map((cell) => cell.textContent)
        .join() !== text,
    before.join(),
  );
  // Long enough for prices to pass each other: the page offers to sort anew, and does not do it by itself.
  await page.waitForSelector('button[data-old]:has-text("Re-sort")');
  expect(await visibleKeys(page)).toEqual(order);
  expect(await page.getAttribute('tr[aria-selected="true"]', 'data-key')).toBe(selected);
  // Held, or prices would pass each other again before they are read.
  await page.keyboard.press('p');
  await page.keyboard.press('r');
  expect(await page.getAttribute('tr[aria-selected="true"]', 'data-key')).toBe(selected);
  const percents = (await column(page, 'percent')).map((text) =>
    Number(text.replace(/[▲▼ %+]/g, '').replace('−', '-')),
  );
  expect(percents).toEqual(percents.toSorted((left, right) => right - left));
});

browserTest('while it is paused nothing changes; after it all that was missed is there', async () => {
  await using opened = await openPage(browser, `${server.url}/scanner`);
  const { page } = opened;
  await page.waitForSelector('tr[data-key]');
  await page.keyboard.press('p');
  const before = await column(page, 'last');
  await page.waitForTimeout(1_200);
  expect(await column(page, 'last')).toEqual(before);
  await page.keyboard.press('p');
  expect(await column(page, 'last')).not.toEqual(before);
});

browserTest(
  'only rows in view exist, every one can be reached, and the count tells all of them',
  async () => {
    await using opened = await openPage(browser, `${server.url}/scanner`);
    const { page } = opened;
    await page.waitForSelector('tr[data-key]');
    expect(await page.$$eval('tr[data-key]', (rows) => rows.length)).toBeLessThan(60);
    expect(await page.getAttribute('table', 'aria-rowcount')).toBe('201');
    await page.keyboard.press('End');
    const last = await page.getAttribute('tr[aria-selected="true"]', 'aria-rowindex');
    expect(last).toBe('201');
    expect(await page.isVisible('tr[aria-selected="true"]')).toBe(true);
    await scroll(page, 0);
    await page.waitForSelector('tr[data-key][aria-rowindex="2"]');
  },
);

browserTest('the keyboard finds, filters, watches and opens', async () => {
  await using opened = await openPage(browser, `${server.url}/scanner`);
  const { page } = opened;
  await page.waitForSelector('tr[data-key]');
  await page.keyboard.press('f');
  await page.keyboard.type('titan');
  await page.keyboard.press('Enter');
  expect(await visibleKeys(page)).toHaveLength(1);
  await page.keyboard.press('j');
  await page.keyboard.press('w');
  expect(await page.textContent('tr[aria-selected="true"] .star')).toBe('★');
  expect(page.url()).toContain('q=titan');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/instrument\/NSE_EQ%7CTITAN/);
  await page.waitForSelector('#quote .last');
  await page.keyboard.press('/');
  await page.keyboard.type('hdfc');
  await page.waitForSelector('#search-list li');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/instrument\/NSE_EQ%7CHDFCBANK/);
});

browserTest(
  'the address holds the whole view: a reload shows it again, and a wrong address the nearest right one',
  async () => {
    await using opened = await openPage(browser, `${server.url}/scanner`);
    const { page } = opened;
    await page.waitForSelector('tr[data-key]');
    await page.click('button:has-text("Losers")');
    await page.click('th button:text-is("Last")');
    const order = await visibleKeys(page);
    await page.reload();
    await page.waitForSelector('tr[data-key]');
    expect(await page.getAttribute('button:has-text("Losers")', 'aria-pressed')).toBe('true');
    expect(await page.getAttribute('th:has(button:text-is("Last"))', 'aria-sort')).toBe('descending');
    expect((await visibleKeys(page)).slice(0, 3)).toEqual(order.slice(0, 3));
    await page.goto(`${server.url}/scanner?preset=nonsense&sort=-nothing`);
    await page.waitForSelector('tr[data-key]');
    expect(await page.getAttribute('button:has-text("All")', 'aria-pressed')).toBe('true');
  },
);

browserTest(
  'no status is cut at any width, and the chosen row tells in full what its status hints at',
  async () => {
    const { rows } = server.market;
    const own = rows.map(({ open_gaps: gaps }) => gaps);
    for (const row of rows) row.open_gaps = 128;
    try {
      for (const width of [390, 800, 1_200, 1_440]) {
        await using opened = await openPage(browser, `${server.url}/scanner?sort=status`, { width });
        const { page } = opened;
        await page.waitForSelector('tr[data-key] .gaps');
        // In one step: a chip that is painted anew meanwhile lies nowhere.
        const cut = await page.evaluate(() =>
          [...document.querySelectorAll('.status, .gaps, .chip i, .chip span')].flatMap((part) => {
            const cell = part.closest('td')?.getBoundingClientRect();
            if (cell === undefined || cell.width === 0) return [];
            const { right, bottom, width: shown } = part.getBoundingClientRect();
            return shown > 0 && right <= cell.right && bottom <= cell.bottom + 1 ? [] : [part.textContent];
          }),
        );
        expect([width, cut]).toEqual([width, []]);
        await page.keyboard.press('j');
        const note = await page.textContent('#row-note');
        expect(note).toContain('STOPPED, the strategy threw: Cannot read properties of undefined');
        expect(note).toContain('128 gap(s) not filled yet');
        const isWhole = await page.$eval('#row-note', (box) => box.scrollWidth <= box.clientWidth);
        expect(isWhole).toBe(true);
      }
    } finally {
      for (const [index, row] of rows.entries()) row.open_gaps = own[index] ?? 0;
    }
  },
);

browserTest('what is shown is saved as comma-separated values, in its order', async () => {
  await using opened = await openPage(browser, `${server.url}/scanner?preset=held`);
  const { page } = opened;
  await page.waitForSelector('tr[data-key]');
  const keys = await page.textContent('#count');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("CSV")')]);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  expect(lines[0]).toBe(
    'symbol,status,interval,bar,last,change,percent,volume,relative,range,signal,position,age',
  );
  expect(`${lines.length - 1} of 200 rows`).toBe(keys);
});

browserTest('a script in an instrument’s name is text, wherever the name is shown', async () => {
  const name = instrumentKey('NSE_EQ|<img/src=x/onerror=alert(1)>');
  const row = server.market.rows[5];
  if (row === undefined) throw new Error('the market has no such row');
  const own = row.symbol;
  row.symbol = name;
  try {
    await using opened = await openPage(browser, `${server.url}/scanner?q=onerror`, { expected: /404/ });
    const { page, complaints } = opened;
    let isRun = false;
    page.on('dialog', (dialog) => {
      isRun = true;
      void dialog.dismiss();
    });
    await page.waitForSelector('tr[data-key]');
    expect(await page.textContent('tr[data-key] a')).toBe('<img/src=x/onerror=alert(1)>');
    expect(await page.$$('main img')).toHaveLength(0);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#quote .last');
    expect(await page.textContent('#title')).toContain('onerror');
    expect(await page.$$('main img')).toHaveLength(0);
    expect([isRun, complaints]).toEqual([false, []]);
  } finally {
    row.symbol = own;
  }
});
