import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '@tickwright/runtime';
import { startSimulator } from '@tickwright/simulator';
import type { Simulator } from '@tickwright/simulator';
import { run } from '../program.ts';
import { fakeTerminal } from '../terminal-fixture.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
let folder: string;
let flags: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickwright-subscribe-'));
  flags = ['--data-dir', join(folder, 'data')];
});
afterEach(async () => await rm(folder, { recursive: true }));

async function tickwright(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const terminal = fakeTerminal([...argv, ...flags]);
  const code = await run(terminal);
  return { code, out: terminal.stdout.text, err: terminal.stderr.text };
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await isSo()) return;
    await sleep(25);
  }
  throw new Error(`it never was so: ${what}`);
}

interface Status {
  readonly ready: boolean;
  readonly subscriptionChanges: unknown;
  readonly gaps: readonly { instrument: string; cause: string; fromMicros: number; toMicros: number }[];
  /** Absent while it starts. */
  readonly streams?: readonly {
    connections: readonly { instruments: number }[];
    subscriptions: readonly { instrument: string; state: string }[];
  }[];
}

async function status(): Promise<Status> {
  return JSON.parse((await tickwright('status', '--json')).out || '{}') as Status;
}

async function isIn(instrument: string, ...states: string[]): Promise<boolean> {
  const { streams = [] } = await status();
  const found = streams.flatMap((one) => one.subscriptions).find((one) => one.instrument === instrument);
  return states.includes(found?.state ?? 'none');
}

/** An ingestor in this process until it is disposed of. */
function ingest(source: object): AsyncDisposable {
  const stop = new AbortController();
  const sources = `sources=${JSON.stringify([source])}`;
  const argv = [
    'ingest',
    ...flags,
    '--set',
    sources,
    '--set',
    'ingestor.http.port=0',
    '--log-level',
    'silent',
  ];
  const running = run(fakeTerminal(argv, { signal: stop.signal }));
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      expect(await running).toBe(0);
    },
  };
}

function simulator(options: Partial<Parameters<typeof startSimulator>[0]> = {}): Promise<Simulator> {
  return startSimulator({
    seed: 3,
    instruments: ['ALPHA', 'BRAVO', 'CHARLIE'],
    ratePerSecond: 60,
    port: 0,
    clock: systemClock,
    log: SILENT,
    ...options,
  });
}

test('a running ingestor takes in more, then less; it is so after a restart too, and status and config show say it', async () => {
  await using venue = await simulator();
  const source = {
    venue: 'simulated',
    instruments: ['SIM|ALPHA'],
    wsUrl: venue.url.ws,
    restUrl: venue.url.rest,
  };
  {
    await using _ingestor = ingest(source);
    await until('ALPHA live', () => isIn('SIM|ALPHA', 'live', 'first-tick'));
    const startMicros = systemClock.nowMicros();
    const more = await tickwright('subscribe', 'SIM|BRAVO', 'SIM|ALPHA');
    expect(more).toMatchObject({ code: 0, err: '' });
    expect(more.out).toBe(
      'simulated: subscribed SIM|BRAVO; also at the next start\nsimulated: SIM|ALPHA was so before\n',
    );
    await until('BRAVO live', () => isIn('SIM|BRAVO', 'live', 'first-tick'));
    // Nothing is missing from before its start but the part of the minute in which it began.
    for (const gap of (await status()).gaps.filter(({ instrument }) => instrument === 'SIM|BRAVO')) {
      expect(gap.cause).toBe('start');
      expect(gap.fromMicros).toBeGreaterThan(startMicros - 60_000_000);
    }
    const less = await tickwright('unsubscribe', 'SIM|ALPHA', '--venue', 'simulated');
    expect(less.out).toBe('simulated: unsubscribed SIM|ALPHA; also at the next start\n');
    await until('ALPHA gone', () => isIn('SIM|ALPHA', 'unsubscribed'));
    const after = await status();
    expect(after.ready).toBe(true);
    expect(after.streams?.[0].connections.map(({ instruments }) => instruments)).toEqual([1]);
    // No gap of what was unsubscribed goes on.
    expect(
      after.gaps.filter(({ toMicros, instrument }) => toMicros < 0 && instrument === 'SIM|ALPHA'),
    ).toEqual([]);
    expect((await tickwright('status')).out).toContain(
      'simulated: unlike the configuration, more: SIM|BRAVO, less: SIM|ALPHA',
    );
  }
  {
    await using _again = ingest(source);
    await until('BRAVO live again', () => isIn('SIM|BRAVO', 'live', 'first-tick'));
    expect(await isIn('SIM|ALPHA', 'none')).toBe(true);
    const shown = await tickwright('config', 'show');
    expect(shown.out).toMatch(
      /subscriptions\.simulated\.subscribed +\["SIM\|BRAVO"\] +\S+subscriptions\.json/,
    );
    // Back to the configuration: nothing is left to remember.
    await tickwright('subscribe', 'SIM|ALPHA');
    await tickwright('unsubscribe', 'SIM|BRAVO');
    expect((await status()).subscriptionChanges).toEqual([]);
    const kept = await readFile(join(folder, 'data', 'ingestor', 'subscriptions.json'), 'utf8');
    expect(JSON.parse(kept)).toEqual({ version: 1, changes: [] });
  }
});

test('an instrument that the venue does not have is refused by name, and nothing is changed', async () => {
  await using venue = await simulator();
  const { ws: wsUrl, rest: restUrl } = venue.url;
  await using _ingestor = ingest({ venue: 'simulated', instruments: ['SIM|ALPHA'], wsUrl, restUrl });
  await until('ALPHA live', () => isIn('SIM|ALPHA', 'live', 'first-tick'));
  for (const [argv, message, code] of [
    [['subscribe', 'SIM|BRAVO', 'SIM|ALPHAA'], /no instrument "SIM\|ALPHAA".*did you mean "SIM\|ALPHA"\?/, 3],
    [['subscribe', 'KRAKEN|BTC/USD'], /no instrument "KRAKEN\|BTC\/USD": no venue that runs here/, 3],
    [['subscribe', 'SIM|BRAVO', '--venue', 'kraken'], /no source of venue "kraken" runs here/, 3],
    [['subscribe', 'ALPHA'], /"ALPHA" is not an instrument key/, 2],
    [['unsubscribe', 'SIM|CHARLIE'], /no instrument "SIM\|CHARLIE": it is not subscribed/, 3],
  ] as const) {
    const { code: ended, err } = await tickwright(...argv);
    expect(err).toMatch(message);
    expect(err.trim().split('\n').length).toBeLessThanOrEqual(3);
    expect(ended, argv.join(' ')).toBe(code);
  }
  expect((await status()).subscriptionChanges).toEqual([]);
  expect(await isIn('SIM|BRAVO', 'none')).toBe(true);
});
