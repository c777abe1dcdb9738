import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeTerminal } from './terminal-fixture.ts';
import type { FakeTerminal } from './terminal-fixture.ts';
import { run } from './program.ts';
import { StoppedError } from './stopped-error.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickwright-cli-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function outcome(terminal: FakeTerminal): Promise<Outcome> {
  const code = await run(terminal);
  return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

const tickwright = (...argv: string[]): Promise<Outcome> => outcome(fakeTerminal(argv));
const dataDir = (): string[] => ['--data-dir', join(folder, 'data')];
const BTC = 'BINANCE|BTCUSDT';

/** One clear error: at most three lines on stderr that begin with our name, nothing on stdout. */
function expectError(done: Outcome, code: number, message: RegExp): void {
  expect(done.stderr).toMatch(message);
  expect(done.stderr).toMatch(/^tickwright: /);
  expect(done.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
  expect(done.stdout).toBe('');
  expect(done.code).toBe(code);
}

describe('a command line that is wrong ends with exit 2 and names what was meant', () => {
  test.each<[string[], RegExp]>([
    [['candels', BTC], /unknown command 'candels'[\s\S]*candles/],
    [['config', 'chek'], /unknown command 'chek'[\s\S]*check/],
    [['candles'], /missing required argument 'instrument'/],
    [['candles', BTC, '--intervall', '1m'], /unknown option '--intervall'[\s\S]*--interval/],
    [['candles', BTC, '--interval', '2m'], /"2m" is not a candle interval: expected one of 1m, 3m/],
    [['candles', BTC, '--from', 'yesterday'], /"yesterday" is no time: expected for example/],
    [['candles', BTC, '--from', '2026-02-02', '--to', '2026-02-01'], /the range is empty/],
    [['candles', BTC, '--last', '0'], /a whole number above 0/],
    [['candles', BTC, '--json', '--csv'], /'--csv' cannot be used with option '--json'/],
    [['ticks', BTC, '--count', '--last', '3'], /cannot be used with/],
    [['ticks', 'BTCUSDT'], /"BTCUSDT" is not an instrument key: expected SEGMENT\|ID/],
    [['status', '--log-level', 'loud'], /Allowed choices are debug, info/],
    [['status', 'now'], /too many arguments/],
    [['simulate', '--port', '99999'], /Expected a port/],
    [['simulate', '--rate', '-1'], /a number above 0/],
    [['replay', 'x', '--instruments', BTC], /required option '--venue <name>' not specified/],
    [['replay', 'x', '--venue', 'binance'], /needs --instruments, for example/],
    [['replay', 'x', '--venue', 'binanc', '--instruments', BTC], /no such venue; did you mean "binance"/],
    [['replay', 'x', '--venue', 'binance', '--instruments', 'KRAKEN|BTC'], /keys begin with BINANCE/],
    [
      ['replay', 'x', '--venue', 'binance', '--symbols', `${BTC},`, '--speed', 'fast'],
      /Expected max or a number/,
    ],
    [['ingest', '--instruments', BTC], /describe a venue: add --venue NAME/],
    [['ingest', '--venue', 'upstox', '--instruments', 'NSE|INE155A01022'], /its segments are NSE_EQ/],
    [
      ['ingest', '--venue', 'binance', '--instruments', BTC, '--ws-url', 'foo'],
      /begins with ws:\/\/ or wss:\/\//,
    ],
    [
      [
        'start',
        '--no-ingestor',
        '--no-runner',
        '--set',
        'sources=[{"venue":"binance","instruments":["BINANCE|X"]}]',
      ],
      /leave nothing to start/,
    ],
  ])('%j', async (argv, message) => {
    expectError(await tickwright(...argv), 2, message);
  });

  test('no command at all prints the commands there are', async () => {
    const done = await tickwright();
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(/Commands:\n +start/);
  });
});

describe('a configuration that is wrong ends with exit 3', () => {
  test.each<[string[], RegExp]>([
    [['status', '--config', 'missing.yaml'], /missing.yaml: cannot read the configuration: no such file/],
    [['status', '--set', 'nonsense'], /--set nonsense: expected NAME=VALUE/],
    [['status', '--set', 'ingestr.x=1'], /did you mean "ingestor"/],
    [
      ['start', '--set', 'sources=[{"venue":"kraken","instruments":["KRAKEN|BTCUSD"]}]'],
      /sources\[0\].instruments: "KRAKEN\|BTCUSD" is no instrument of kraken/,
    ],
    [
      ['ingest', '--set', 'sources=[{"venue":"binance","instruments":["SIM|ALPHA"]}]'],
      /sources\[0\].instruments: "SIM\|ALPHA" is no instrument of binance/,
    ],
  ])('%j', async (argv, message) => {
    expectError(await tickwright(...argv, ...dataDir()), 3, message);
  });

  test('a mistyped key is told with file, line and the nearest name', async () => {
    const file = join(folder, 'bad.yaml');
    await writeFile(file, 'dataDir: ./x\ningestor:\n  flushIntervlMs: 3\n');
    expectError(
      await tickwright('ingest', '--config', file),
      3,
      /bad.yaml:3: .*did you mean "flushIntervalMs"/,
    );
  });

  test('config check lists every problem, other commands the first ones', async () => {
    const file = join(folder, 'bad.yaml');
    await writeFile(file, ['a', 'b', 'c', 'd', 'e'].map((key) => `${key}x: 1\n`).join(''));
    const checked = await tickwright('config', 'check', '--config', file);
    expect([checked.code, checked.stderr.trimEnd().split('\n').length]).toEqual([3, 5]);
    expectError(
      await tickwright('status', '--config', file),
      3,
      /and 3 more; "tickwright config check" lists all/,
    );
    const json = await tickwright('config', 'check', '--config', file, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, problems: { length: 5 } });
  });
});

test('config check and config show accept the defaults', async () => {
  expect(await tickwright('config', 'check')).toMatchObject({
    code: 0,
    stdout: 'the configuration is correct\n',
  });
  const shown = await tickwright('config', 'show', '--json', '--set', 'ingestor.http.port=6001');
  expect(JSON.parse(shown.stdout)).toContainEqual({
    path: 'ingestor.http.port',
    value: '6001',
    origin: '--set ingestor.http.port=6001',
  });
});

describe('a data directory', () => {
  test.each(['candles', 'ticks'])('that is not there is told by %s and not made', async (command) => {
    expectError(await tickwright(command, BTC, ...dataDir()), 1, /there is no data in .*check --data-dir/);
    expectError(await tickwright('verify', ...dataDir()), 1, /there is no data in/);
    await expect(rm(join(folder, 'data'))).rejects.toThrow('ENOENT');
  });

  test('in which nothing runs is told by status with exit 7', async () => {
    const done = await tickwright('status', ...dataDir());
    expect(done).toMatchObject({ code: 7, stderr: '' });
    expect(done.stdout).toMatch(/^NOT RUNNING/);
    expect(JSON.parse((await tickwright('status', '--json', ...dataDir())).stdout)).toMatchObject({
      running: false,
    });
  });

  test('that is a file ends a replay with exit 4 before anything is opened', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const argv = [
      'replay',
      file,
      '--venue',
      'binance',
      '--instruments',
      BTC,
      '--data-dir',
      join(file, 'deep'),
    ];
    expectError(await tickwright(...argv), 4, /cannot use .* as the data directory: .*file is not a folder/);
  });
});

describe('an output', () => {
  test('whose reader has left ends the command quietly', async () => {
    const terminal = fakeTerminal(['config', 'show']);
    terminal.stdout.failure = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    expect(await outcome(terminal)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('that cannot be written is an error', async () => {
    const terminal = fakeTerminal(['config', 'show']);
    terminal.stdout.failure = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    expectError(await outcome(terminal), 1, /cannot write the output: no space left/);
  });
});

test('a service that is stopped before it is up ends with exit 0', async () => {
  const stopping = new AbortController();
  stopping.abort(new StoppedError('SIGINT', 130));
  const terminal = fakeTerminal(['simulate', '--port', '0'], { signal: stopping.signal });
  expect((await outcome(terminal)).code).toBe(0);
});
