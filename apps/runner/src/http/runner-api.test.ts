import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '@tickwright/config';
import { readInstance, systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../run.ts';

const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
const START_MS = 120_000;

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: { readonly type: string };
  }[];
}

let dataDir: string;
let url: string;
let paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
let running: Promise<void>;
const stop = new AbortController();

/** A runner of its own, without an ingestor. */
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'runner-api-'));
  const config = configSchema.parse({ dataDir, runner: { http: { port: 0 } } });
  const common = { config, version: '0', clock: systemClock, log, signal: stop.signal, abandon: silent };
  url = await new Promise<string>((up, failed) => {
    running = run({ ...common, onUp: ({ runner }) => up(runner) });
    running.catch(failed);
  });
  const document = await (await fetch(`${url}/api/v1/openapi.json`)).json();
  paths = (document as { paths: typeof paths }).paths;
}, START_MS);

afterAll(async () => {
  stop.abort();
  await running;
  await rm(dataDir, { recursive: true });
}, START_MS);

/** The operations of a method, without those that hand the question on to an ingestor, which is not there. */
function operations(method: string): [string, Operation][] {
  return Object.entries(paths).flatMap(([path, methods]): [string, Operation][] => {
    const operation = methods[method];
    return operation === undefined || path.startsWith('/api/v1/ingestor') ? [] : [[path, operation]];
  });
}

test('the document names what the runner is said to answer', () => {
  const said = ['scanner', 'signals', 'orders', 'fills', 'positions', 'equity', 'strategies', 'candles'];
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(said.map((name) => `/api/v1/${name}`)));
});

test('every path of the document is answered: with JSON, but for pages and the stream of events', async () => {
  const wrong: string[] = [];
  for (const [path, { parameters = [] }] of operations('get')) {
    const isStream = path.endsWith('/events');
    const wanted = isStream ? 'text/event-stream' : path === '/scanner' ? 'text/html' : 'json';
    const query = new URLSearchParams(
      parameters
        .filter(({ in: place, required }) => place === 'query' && required === true)
        .map(({ name, schema }): [string, string] => [name, valueOf(name, schema.type)]),
    );
    const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(valueOf(name, 'string')),
    );
    const end = new AbortController();
    const answer = await fetch(`${url}${place}?${query}`, { signal: end.signal });
    const type = answer.headers.get('content-type') ?? '';
    // What is named by an id that nobody has is not found, and says so.
    const isExpected = answer.status === 200 || (path.includes('{') && answer.status === 404);
    if (!isExpected || !type.includes(wanted))
      wrong.push(`${path}: ${answer.status} ${type} ${isStream ? '' : await answer.text()}`);
    end.abort();
  }
  expect(wrong).toEqual([]);
});

test('every change needs the token, and a value outside its schema is refused with its name', async () => {
  const open: string[] = [];
  for (const method of ['post', 'delete', 'put'])
    for (const [path] of operations(method)) {
      const place = path.replaceAll(/\{\w+\}/g, 'x');
      const { status } = await fetch(`${url}${place}`, { method: method.toUpperCase() });
      if (status !== 401 && status !== 403) open.push(`${method} ${path}: ${status}`);
    }
  expect(open).toEqual([]);
  expect((await readInstance(join(dataDir, 'runner')))?.token).toBeTypeOf('string');
  const refused = await fetch(`${url}/api/v1/signals?limit=0`);
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('limit')]);
});

test('health, readiness, metrics and the plain scanner are there', async () => {
  const status = async (path: string): Promise<number> => (await fetch(`${url}${path}`)).status;
  expect(await status('/health')).toBe(200);
  // Nobody has published candles here.
  expect(await status('/ready')).toBe(503);
  expect(await status('/scanner')).toBe(200);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('runner_up 1');
});

function valueOf(name: string, type: string): string {
  if (type === 'integer' || type === 'number') return '1';
  if (name === 'interval') return '1m';
  return name === 'instrument' || name === 'key' ? 'SIM|ALPHA' : 'x';
}
