import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { launch, openPage } from '../../test/dashboard/browser-fixture.ts';
import { startPagesServer } from '../../test/dashboard/pages-server.ts';
import { figureOf } from './figures.ts';
import type { BenchOptions, Figure } from './figures.ts';

const DEFAULT_SECONDS = 600;
const DEFAULT_ROUNDS = 5;
const MIB = 2 ** 20;
/** What is compiled and cached settles in the first part of a run. */
const SETTLING_SHARE = 0.2;

/**
 * The scanner in a real browser: until its first rows are painted and until a key has moved the selection, with 200 and with
 * 2,000 instruments; then its heap over ten minutes (`--seconds`) in which every row moves four times a second.
 */
export async function run(options: BenchOptions): Promise<Figure[]> {
  const { seconds = DEFAULT_SECONDS, rounds = DEFAULT_ROUNDS } = options;
  const browser = await launch();
  try {
    const figures: Figure[] = [];
    for (const instruments of [200, 2_000]) figures.push(...(await loads(browser, { instruments, rounds })));
    figures.push(...(await memory(browser, seconds)));
    return figures;
  } finally {
    await browser.close();
  }
}

async function loads(browser: Browser, options: { instruments: number; rounds: number }): Promise<Figure[]> {
  const { instruments, rounds } = options;
  await using server = await startPagesServer({ instruments, share: 1 });
  const content: number[] = [];
  const key: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await using opened = await openPage(browser, `${server.url}/scanner`);
    await opened.page.waitForSelector('tr[data-key]');
    content.push(await firstRowsMs(opened.page));
    key.push(await keyMs(opened.page));
  }
  const fast = instruments === 200 ? { aim: { atMost: 500 } } : {};
  return [
    figureOf(`first rows of ${instruments}`, content, { unit: 'ms', ...fast }),
    figureOf(`key to moved selection, ${instruments}`, key, { unit: 'ms' }),
  ];
}

/** From the beginning of the navigation until the rows were in the document and the frame after it. */
function firstRowsMs(page: Page): Promise<number> {
  return page.evaluate("performance.getEntriesByName('first-rows')[0]?.startTime ?? NaN");
}

function keyMs(page: Page): Promise<number> {
  return page.evaluate(`new Promise((done) => {
    const began = performance.now();
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
  })`);
}

async function memory(browser: Browser, seconds: number): Promise<Figure[]> {
  await using server = await startPagesServer({ instruments: 2_000, share: 1 });
  await using opened = await openPage(browser, `${server.url}/scanner`);
  await opened.page.waitForSelector('tr[data-key]');
  const session = await opened.context.newCDPSession(opened.page);
  const readings: { hours: number; heapMiB: number; nodes: number }[] = [];
  const beganMs = performance.now();
  while (performance.now() - beganMs < seconds * 1_000) {
    await sleep(Math.min(10_000, seconds * 100));
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const { nodes } = await session.send('Memory.getDOMCounters');
    readings.push({ hours: (performance.now() - beganMs) / 3_600_000, heapMiB: usedSize / MIB, nodes });
  }
  const settled = readings.slice(Math.floor(readings.length * SETTLING_SHARE));
  const first = settled[0];
  const last = settled.at(-1);
  if (first === undefined || last === undefined) return [];
  return [
    figureOf(
      `heap in ${seconds} s, 2,000 rows moving`,
      settled.map(({ heapMiB }) => heapMiB),
      { unit: 'MiB' },
    ),
    { name: 'heap, first to last', value: last.heapMiB - first.heapMiB, unit: 'MiB', aim: { atMost: 2 } },
    figureOf(
      'nodes',
      settled.map(({ nodes }) => nodes),
      { unit: 'nodes' },
    ),
  ];
}
