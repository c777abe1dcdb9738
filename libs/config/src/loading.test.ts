import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ConfigError } from '@tickwright/runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explainConfig } from './explanation.ts';
import { loadConfig } from './loading.ts';
import type { ConfigInput } from './loading.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'config-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function fileOf(text: string): Promise<string> {
  const file = join(directory, 'tickwright.yaml');
  await writeFile(file, text);
  return file;
}

/** The problems of a configuration file, without its folder. */
async function problemsOf(text: string, input: Partial<ConfigInput> = {}): Promise<readonly string[]> {
  try {
    await loadConfig({ file: await fileOf(text), env: {}, ...input });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((line) => line.replace(`${directory}/`, ''));
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** The configuration of the design's page, as it stands there. */
const EXAMPLE = `
dataDir: ./data
sources:
  - { venue: upstox, mode: full, instruments: ["NSE_EQ|INE155A01022", "NSE_EQ|INE118H01025"] }   # token: TICKWRIGHT_UPSTOX_TOKEN
  - { venue: binance, instruments: ["BINANCE|BTCUSDT"] }
ingestor: { flushIntervalMs: 500, aggregateIntervalMs: 1500, http: { host: 127.0.0.1, port: 5001 } }
feed: { kind: none }            # or { kind: zeromq, publish: "tcp://127.0.0.1:5556", snapshot: "tcp://127.0.0.1:5557" }
runner:
  mode: paper
  candles: files                # or feed
  strategies: [{ use: pixityAI_meta, interval: 15m, instruments: ["NSE_EQ|INE155A01022"], params: {} }]
  paper: { cash: "1000000", currency: INR, fees: nse-intraday, slippageBps: 2, squareOff: "15:20" }
  http: { host: 127.0.0.1, port: 5000 }
alerts: { webhook: "", staleAfterMs: 5000 }
`;

describe('what is accepted', () => {
  test('without a file it is the simulated venue with five instruments, all on loopback', async () => {
    const { config } = await loadConfig({ env: {} });
    expect(config).toEqual({
      dataDir: './data',
      sources: [
        {
          venue: 'simulated',
          instruments: ['SIM|ALPHA', 'SIM|BRAVO', 'SIM|CHARLIE', 'SIM|DELTA', 'SIM|ECHO'],
        },
      ],
      ingestor: {
        flushIntervalMs: 500,
        aggregateIntervalMs: 1500,
        http: { host: '127.0.0.1', port: 5001 },
        journal: { fileBytes: 64 * 1024 * 1024, syncIntervalMs: 20, retentionHours: 48 },
        disk: { reserveBytes: 1024 ** 3, reservePercent: 10, lookIntervalMs: 1000 },
        memoryHours: 3,
        recovery: { enabled: true, settleMs: 2_000, warmUpHours: 8 },
      },
      simulator: {
        seed: 1,
        instruments: 5,
        ratePerSecond: 50,
        protocol: 'binance',
        port: 5002,
        hours: 'nse',
        faults: {},
      },
      calendars: { nse: { years: [], days: [] } },
      feed: { kind: 'none' },
      runner: {
        mode: 'paper',
        candles: 'files',
        strategies: [],
        paper: {
          cash: '1000000',
          currency: 'INR',
          marginRate: '1',
          slippageBps: 2,
          latencyMs: 0,
          orders: {},
          risk: { maxWorkingOrders: 100 },
        },
        rules: {},
        maxSignalAgeMs: 30_000,
        ledger: { eventDays: 30, bookDays: 3_660, maxBytes: 4 * 1024 ** 3 },
        http: { host: '127.0.0.1', port: 5000 },
      },
      backups: { everyMinutes: 60, keep: { count: 24, hours: 168 }, commandTimeoutMs: 1_800_000 },
      alerts: { webhook: '', staleAfterMs: 5000 },
      log: { level: 'info', file: true, fileBytes: 16 * 1024 * 1024, files: 10 },
      limits: {
        journal: { bytes: 50 * 1024 ** 3 },
        ticks: { days: 365 },
        candles: { years: 10 },
        quarantine: { bytes: 5 * 1024 ** 3, days: 90 },
      },
    });
  });

  test("the design's example loads as it stands", async () => {
    const { config } = await loadConfig({ file: await fileOf(EXAMPLE), env: {} });
    expect(config.sources.map(({ venue }) => venue)).toEqual(['upstox', 'binance']);
    expect(config.runner.strategies[0]).toMatchObject({ use: 'pixityAI_meta', interval: '15m', params: {} });
    expect(config.runner.paper.squareOff).toBe('15:20');
  });

  test('a source as the command line gives it', async () => {
    const sources = [
      {
        venue: 'binance',
        instruments: ['BINANCE|ETHUSDT'],
        wsUrl: 'ws://127.0.0.1:9',
        restUrl: 'http://127.0.0.1:9',
      },
    ];
    const { config } = await loadConfig({
      env: {},
      flags: [
        `sources=${JSON.stringify(sources)}`,
        'ingestor.http.port=31',
        'dataDir="/tmp/with space"',
        'log.level=debug',
      ],
    });
    expect(config.sources).toEqual(sources);
    expect(config.ingestor.http.port).toBe(31);
    expect(config.dataDir).toBe('/tmp/with space');
    expect(config.log.level).toBe('debug');
  });

  test('days of a calendar, as an exchange tells them', async () => {
    const text = `
calendars:
  nse:
    years:
      - year: 2027
        closures: [2027-01-26, 2027-12-25]
    days:
      - { date: 2026-11-08, reason: Muhurat, sessions: [18:00-19:00] }
      - { date: 2026-11-30, reason: election, sessions: [] }
`;
    const { config } = await loadConfig({ file: await fileOf(text), env: {} });
    expect(config.calendars.nse).toEqual({
      years: [{ year: 2027, closures: ['2027-01-26', '2027-12-25'] }],
      days: [
        { date: '2026-11-08', reason: 'Muhurat', sessions: ['18:00-19:00'] },
        { date: '2026-11-30', reason: 'election', sessions: [] },
      ],
    });
  });

  test('faults of the simulator in all their ways', async () => {
    const faults = { drop: { everyMs: 5000 }, duplicate: 0.1, reorder: true, mute: { everyMs: 9, forMs: 3 } };
    const { config } = await loadConfig({ env: {}, flags: [`simulator.faults=${JSON.stringify(faults)}`] });
    expect(config.simulator.faults).toEqual(faults);
    const one = await loadConfig({ env: { TICKWRIGHT_SIMULATOR_FAULTS_DUPLICATE: '0.5' } });
    expect(one.config.simulator.faults).toEqual({ duplicate: 0.5 });
  });
});

describe('what is refused', () => {
  test.each([
    [
      'sources:\n  - venue: binanse\n    instruments: ["BINANCE|BTCUSDT"]\n',
      'tickwright.yaml:2: sources[0].venue: expected one of binance, simulated, upstox, coinbase, kraken, found "binanse"; did you mean "binance"?',
    ],
    [
      'sources:\n  - venue: binance\n    instruments:\n      - BINANCE|BTCUSDT\n      - btcusdt\n',
      'tickwright.yaml:5: sources[0].instruments[1]: "btcusdt" is not an instrument key: expected SEGMENT|ID, for example BINANCE|BTCUSDT (quote the bar in a shell)',
    ],
    [
      'sources:\n  - { venue: binance, instruments: ["BINANCE|A", "BINANCE|A"] }\n',
      'tickwright.yaml:2: sources[0].instruments[1]: "BINANCE|A" is listed twice',
    ],
    [
      'sources:\n  - { venue: kraken, stream: trade, instruments: ["KRAKEN|BTC/USD"] }\n',
      'tickwright.yaml:2: sources[0].stream: venue kraken has no choice of streams',
    ],
    [
      'sources:\n  - venue: binance\n    instruments: ["BINANCE|A"]\n    wsUrl: http://x\n',
      'tickwright.yaml:4: sources[0].wsUrl: expected a ws:// or wss:// address, found "http://x"',
    ],
    ['sources: []\n', 'tickwright.yaml:1: sources: expected at least 1 item, found 0'],
    [
      'ingestor:\n  journal:\n    fileByts: 1\n',
      'tickwright.yaml:3: ingestor.journal.fileByts: unknown key; did you mean "fileBytes"?',
    ],
    [
      'ingestor: { http: { port: 70000 } }\n',
      'tickwright.yaml:1: ingestor.http.port: expected at most 65535, found 70000',
    ],
    [
      'simulator:\n  faults:\n    drp: true\n',
      'tickwright.yaml:3: simulator.faults.drp: unknown key; did you mean "drop"?',
    ],
    [
      'runner:\n  paper: { squareOff: "25:00" }\n',
      'tickwright.yaml:2: runner.paper.squareOff: expected a time of day like "15:20", found "25:00"',
    ],
    [
      'calendars:\n  nse:\n    years:\n      - year: 2028\n        closures: [2028-01-26]\n',
      'tickwright.yaml:4: calendars.nse.years[0].year: the calendar knows 2019 to 2026: 2028 needs 2027, which is not listed',
    ],
    [
      'calendars:\n  nse:\n    years:\n      - { year: 2027, closures: [2027-02-30] }\n',
      'tickwright.yaml:4: calendars.nse.years[0].closures[0]: expected a date, YYYY-MM-DD, found "2027-02-30"',
    ],
    [
      'calendars:\n  nse:\n    days:\n      - date: 2026-11-08\n        reason: Muhurat\n        sessions: ["18:00 - 19:00"]\n',
      'tickwright.yaml:6: calendars.nse.days[0].sessions[0]: expected hours as HH:MM-HH:MM, for example 18:00-19:00, found "18:00 - 19:00"',
    ],
    [
      'upstox: { token: abc }\n',
      'tickwright.yaml:1: upstox: unknown key; known here: dataDir, secretsFile, sources, calendars, ingestor, simulator, feed, runner, backups, alerts, log, limits',
    ],
  ])('%j', async (text, problem) => {
    expect(await problemsOf(text)).toEqual([problem]);
  });

  test('a file that is not there', async () => {
    const file = join(directory, 'absent.yaml');
    await expect(loadConfig({ file, env: {} })).rejects.toThrow(
      `${file}: cannot read the configuration: no such file`,
    );
  });

  test('a variable that is no setting, but not the recordings or a token', async () => {
    const env = { TICKWRIGHT_INGESTOR_PORT: '1', TICKWRIGHT_RECORDINGS: '/r', TICKWRIGHT_UPSTOX_TOKEN: 't' };
    expect(await problemsOf('', { env })).toEqual([
      'TICKWRIGHT_INGESTOR_PORT: no such setting; did you mean "TICKWRIGHT_INGESTOR_HTTP_PORT"?',
    ]);
  });
});

describe('secrets', () => {
  test('come from the environment over a private file, and are shown nowhere', async () => {
    const secretsFile = join(directory, 'secrets.yaml');
    await writeFile(secretsFile, 'TICKWRIGHT_UPSTOX_TOKEN: from-file\nTICKWRIGHT_KITE_TOKEN: kite-secret\n', {
      mode: 0o600,
    });
    const loaded = await loadConfig({
      env: { TICKWRIGHT_UPSTOX_TOKEN: 'from-env' },
      flags: [`secretsFile=${secretsFile}`, 'alerts.webhook=https://hooks.example/T0/x9y8'],
    });
    expect(loaded.secrets.get('TICKWRIGHT_UPSTOX_TOKEN')?.reveal()).toBe('from-env');
    expect(loaded.secrets.get('TICKWRIGHT_KITE_TOKEN')?.reveal()).toBe('kite-secret');
    const rows = explainConfig(loaded);
    expect(rows).toEqual(
      expect.arrayContaining([
        { path: 'alerts.webhook', value: '***', origin: '--set alerts.webhook=***' },
        { path: 'TICKWRIGHT_UPSTOX_TOKEN', value: '***', origin: 'environment' },
        { path: 'TICKWRIGHT_KITE_TOKEN', value: '***', origin: secretsFile },
      ]),
    );
    const secrets = [...loaded.secrets.values()];
    const shown = [JSON.stringify(rows), JSON.stringify(secrets), inspect(secrets), String(secrets)].join();
    for (const secret of ['from-env', 'from-file', 'kite-secret', 'x9y8'])
      expect(shown).not.toContain(secret);
  });

  test.skipIf(process.platform === 'win32')(
    'a file that others may read is refused with what to do (skipped: Windows has no modes)',
    async () => {
      const secretsFile = join(directory, 'secrets.yaml');
      await writeFile(secretsFile, 'TICKWRIGHT_UPSTOX_TOKEN: x\n');
      await chmod(secretsFile, 0o640);
      await expect(loadConfig({ env: {}, flags: [`secretsFile=${secretsFile}`] })).rejects.toThrow(
        `${secretsFile}: others may read this secrets file (mode 640): run chmod 600 ${secretsFile}`,
      );
    },
  );

  test.each([
    ['UPSTOX: 4711\n', ':1: UPSTOX: expected a name like TICKWRIGHT_UPSTOX_TOKEN'],
    ['TICKWRIGHT_UPSTOX_TOKEN: 4711\n', ':1: TICKWRIGHT_UPSTOX_TOKEN: expected a text, found "***"'],
    ['4711\n', ':1: expected settings as "name: value"'],
    ['TICKWRIGHT_UPSTOX_TOKEN: *4711\n', ':1: is not correct YAML'],
  ])('a wrong secrets file %j is refused without showing its values', async (text, problem) => {
    const secretsFile = join(directory, 'secrets.yaml');
    await writeFile(secretsFile, text, { mode: 0o600 });
    const refused = loadConfig({ env: {}, flags: [`secretsFile=${secretsFile}`] });
    await expect(refused).rejects.toMatchObject({ message: `${secretsFile}${problem}`, exitCode: 3 });
  });
});

test('the explanation tells every value in force and where it came from', async () => {
  const file = await fileOf('ingestor:\n  http:\n    port: 6001\n');
  const rows = explainConfig(
    await loadConfig({ file, env: { TICKWRIGHT_LOG_LEVEL: 'warn' }, flags: ['dataDir=/d'] }),
  );
  expect(rows).toEqual(
    expect.arrayContaining([
      { path: 'dataDir', value: '/d', origin: '--set dataDir=/d' },
      { path: 'sources[0].venue', value: 'simulated', origin: 'default' },
      { path: 'ingestor.http.port', value: '6001', origin: `${file}:3` },
      { path: 'log.level', value: 'warn', origin: 'TICKWRIGHT_LOG_LEVEL' },
    ]),
  );
});
