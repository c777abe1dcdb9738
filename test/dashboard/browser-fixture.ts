import { existsSync } from 'node:fs';
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
