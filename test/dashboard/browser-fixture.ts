import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { test } from 'vitest';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
/** What works headless, as root and without a network. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const executable = PLACES.find((place) => existsSync(place));
const isRequired = process.env['BROWSER_TESTS'] === 'required';

/** A test in a real browser. Without one it is skipped by its name, where it is not required. */
export const browserTest = executable === undefined && !isRequired ? test.skip : test;

export async function launch(): Promise<Browser> {
  if (executable === undefined)
    throw new Error('no Chromium was found, and these tests are required here: install the package chromium');
  return chromium.launch({ executablePath: executable, args: FLAGS });
}

/** Whether there is a browser to launch before the tests. */
export const hasBrowser = executable !== undefined || isRequired;

export interface OpenedPage extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained of: errors, refusals of its policy. */
  readonly complaints: string[];
}

export interface PageOptions {
  readonly width?: number;
  readonly theme?: 'light' | 'dark';
  /** Complaints that belong to the test. */
  readonly expected?: RegExp;
}

export async function openPage(
  browser: Browser,
  url: string,
  options: PageOptions = {},
): Promise<OpenedPage> {
  const { width = 1_440, theme = 'light', expected } = options;
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const complain = (text: string): void => {
    if (expected === undefined || !expected.test(text)) complaints.push(text);
  };
  page.on('pageerror', (error) => complain(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complain(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin && !request.url().startsWith('blob:'))
      complain(`asked ${request.url()}, which is not ours`);
  });
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return { page, context, complaints, [Symbol.asyncDispose]: () => context.close() };
}

const AXE = hasBrowser
  ? readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  : '';

/** Violations that axe calls serious or critical, with where they are. */
export async function seriousViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html, any }) => html.slice(0, 120) + ' ' + (any[0]?.message ?? '')).join(' | ')))`);
}

/** Elements that reach beyond the page or beyond their own boxes, where nothing scrolls or cuts them. */
export async function overflows(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const name = (element: Element): string =>
      `${element.tagName.toLowerCase()}${element.id === '' ? '' : `#${element.id}`}.${element.className.toString()} "${(element.textContent ?? '').slice(0, 40)}"`;
    const isCut = (element: Element): boolean => {
      for (
        let at: Element | null = element.parentElement;
        at !== null && at !== document.body;
        at = at.parentElement
      )
        if (getComputedStyle(at).overflowX !== 'visible') return true;
      return false;
    };
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > innerWidth) found.push(`the page is ${scrollWidth} wide in a window of ${innerWidth}`);
    for (const element of document.querySelectorAll('body *')) {
      const box = element.getBoundingClientRect();
      if (box.width <= 1 || box.height <= 1 || isCut(element) || element.closest('svg') !== null) continue;
      const style = getComputedStyle(element);
      if (style.position === 'absolute' && box.bottom < 0) continue;
      if (box.right > innerWidth + 1 || box.left < -1) found.push(`${name(element)} lies outside the window`);
      const isBox = !['inline', 'contents', 'table-row', 'table-row-group'].includes(style.display);
      if (
        isBox &&
        style.overflowX === 'visible' &&
        element.scrollWidth > element.clientWidth + 1 &&
        element.clientWidth > 0
      )
        found.push(`${name(element)} is wider than its box`);
    }
    return found.slice(0, 10);
  });
}
