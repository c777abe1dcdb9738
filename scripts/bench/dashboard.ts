import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import type { ClientRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launch, openPage } from '../../test/dashboard/browser-fixture.ts';
import { startPagesServer } from '../../test/dashboard/pages-server.ts';
import { figureOf } from './figures.ts';
import type { BenchOptions, Figure } from './figures.ts';

const DEFAULT_SECONDS = 600;
const DEFAULT_ROUNDS = 5;
const MIB = 2 ** 20;
const CLIENTS = 20;
/** Each reading of the server's processor time. */
const CLIENT_SECONDS_MAX = 30;
/** What is compiled and cached settles in the first part of a run. */
const SETTLING_SHARE = 0.2;

/**
 * The scanner in a real browser: until its first rows are painted and until a key has moved the selection, with 200 and with
 * 2,000 instruments; the processor time of the runner's events route with 20 clients; then the page's heap over ten minutes
 * (`--seconds`) in which every row moves four times a second.
 */
export async function run(options: BenchOptions): Promise<Figure[]> {
  const { seconds = DEFAULT_SECONDS, rounds = DEFAULT_ROUNDS } = options;
  const browser = await launch();
  try {
    const figures: Figure[] = [];
    for (const instruments of [200, 2_000]) figures.push(...(await loads(browser, { instruments, rounds })));
    for (const instruments of [200, 2_000]) figures.push(...(await clients(instruments, seconds)));
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

/** Processor time of the process that serves the events, of one core: alone, and with clients that read all of them. */
async function clients(instruments: number, seconds: number): Promise<Figure[]> {
  const path = fileURLToPath(new URL('./events-process.ts', import.meta.url));
  const server = fork(path, [String(instruments)]);
  const reading: ClientRequest[] = [];
  try {
    const { url } = await messageOf<{ url: string }>(server);
    const spanMs = Math.min(CLIENT_SECONDS_MAX, seconds) * 1_000;
    const alone = await shareOf(server, spanMs);
    let bytes = 0;
    for (let at = 0; at < CLIENTS; at += 1) {
      const asked = get(`${url}/events?topics=overview,scanner`, (answer) => {
        answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
        answer.on('error', () => undefined);
      });
      asked.on('error', () => undefined);
      reading.push(asked);
    }
    // The first answer holds all rows.
    await sleep(2_000);
    const from = bytes;
    const beganMs = performance.now();
    const served = await shareOf(server, spanMs);
    const perSecond = ((bytes - from) * 1_000) / (performance.now() - beganMs);
    if (bytes === from) throw new Error('the clients were sent nothing');
    return [
      { name: `server CPU, ${instruments} rows, no client`, value: alone, unit: '% of a core' },
      {
        name: `server CPU, ${instruments} rows, ${CLIENTS} clients`,
        value: served,
        unit: '% of a core',
        aim: { atMost: 25 },
      },
      { name: `sent to a client, ${instruments} rows`, value: perSecond / CLIENTS / 1_000, unit: 'KB/s' },
    ];
  } finally {
    for (const asked of reading) asked.destroy();
    server.kill();
  }
}

async function shareOf(server: ChildProcess, spanMs: number): Promise<number> {
  const before = await spent(server);
  const beganMs = performance.now();
  await sleep(spanMs);
  const after = await spent(server);
  return (100 * (after - before)) / 1_000 / (performance.now() - beganMs);
}

async function spent(server: ChildProcess): Promise<number> {
  const told = messageOf<{ cpuMicros: NodeJS.CpuUsage }>(server);
  server.send('cpu');
  const { cpuMicros } = await told;
  return cpuMicros.user + cpuMicros.system;
}

async function messageOf<Message>(server: ChildProcess): Promise<Message> {
  const ended = once(server, 'exit').then(() => {
    throw new Error('the server of the events has ended');
  });
  const [message] = await Promise.race([once(server, 'message'), ended]);
  return message as Message;
}
