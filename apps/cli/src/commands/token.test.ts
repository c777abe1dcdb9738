import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '@tickwright/runtime';
import { startSimulator } from '@tickwright/simulator';
import { run } from '../program.ts';
import { fakeTerminal } from '../terminal-fixture.ts';
import type { FakeTerminal } from '../terminal-fixture.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const OLD = 'old-token-of-yesterday';
const NEW = 'new-token-of-today';
let folder: string;
let flags: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickwright-token-'));
  flags = ['--data-dir', join(folder, 'data')];
});
afterEach(async () => await rm(folder, { recursive: true }));

async function* typed(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Runs a command with something on its standard input. */
async function tickwright(
  argv: string[],
  stdin?: string,
): Promise<{ code: number; terminal: FakeTerminal; text: string }> {
  const fake = fakeTerminal(argv);
  const terminal = stdin === undefined ? fake : { ...fake, stdin: typed(stdin) };
  const code = await run(terminal);
  return { code, terminal, text: fake.stdout.text + fake.stderr.text };
}

async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`it never was so: ${find.toString()}`);
}

test('a token is taken from standard input or a file, stored for its owner alone, and never shown', async () => {
  const { code, text } = await tickwright(['token', 'upstox', ...flags], `${NEW}\n`);
  expect(code).toBe(0);
  expect(text).toMatch(/token stored in .*secrets\.yaml, good until .*; the next ingestor will read it/);
  expect(text).not.toContain(NEW);
  const file = join(folder, 'data', 'secrets.yaml');
  expect(await readFile(file, 'utf8')).toContain(NEW);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test.each([
  [['token', 'binance'], NEW, /binance takes no token/],
  [['token', 'upstox'], 'two words', /that is no token/],
  [['token', 'upstox'], '', /that is no token/],
  [['token', 'upstox'], undefined, /standard input/],
  [['token', 'upstox', '--file', '/nowhere/token'], undefined, /cannot read/],
])('%j with %j is a usage error', async (argv, stdin, message) => {
  const { code, text } = await tickwright([...argv, ...flags], stdin);
  expect(code).toBe(2);
  expect(text).toMatch(message);
});

test('a refused token is a reason of /ready; renewed while the ingestor runs, it is used at once', async () => {
  await using simulator = await startSimulator({
    seed: 1,
    instruments: ['ALPHA'],
    ratePerSecond: 20,
    port: 0,
    protocol: 'upstox',
    clock: systemClock,
    log: SILENT,
    upstox: { token: () => NEW, hours: 'always' },
  });
  await tickwright(['token', 'upstox', ...flags], OLD);
  const stop = new AbortController();
  const source = { venue: 'upstox', instruments: ['NSE_EQ|ALPHA'], calendar: 'always' };
  const urls = { wsUrl: simulator.url.ws, restUrl: simulator.url.rest };
  const sources = `sources=${JSON.stringify([{ ...source, ...urls }])}`;
  const terminal = fakeTerminal(['ingest', ...flags, '--set', sources, '--set', 'ingestor.http.port=0'], {
    signal: stop.signal,
  });
  const running = run(terminal);
  try {
    const status = async (): Promise<string> => (await tickwright(['status', ...flags])).text;
    const refused = await until(async () => {
      const text = await status();
      return text.includes('token refused') ? text : undefined;
    });
    expect(refused).toMatch(/NOT READY[\s\S]*upstox: not connected: token refused.*tickwright token upstox/);
    const renewed = await tickwright(['token', 'upstox', ...flags], NEW);
    expect(renewed.text).toMatch(/the running ingestor uses it/);
    await until(async () => ((await status()).startsWith('READY') ? true : undefined));
    const { text } = await tickwright(['status', '--json', ...flags]);
    const report = JSON.parse(text) as { streams: { access: { state: string; expiresMicros: number } }[] };
    expect(report.streams[0].access.state).toBe('accepted');
    expect(report.streams[0].access.expiresMicros).toBeGreaterThan(systemClock.nowMicros());
    expect(terminal.stderr.text + text).not.toMatch(/old-token|new-token/);
  } finally {
    stop.abort();
    await running;
  }
});
