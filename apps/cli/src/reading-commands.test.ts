import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  BIN,
  Command,
  endAll,
  recordedTrades,
  start,
  temporaryFolder,
  tickwright,
} from './process-fixture.ts';
import type { Folder } from './process-fixture.ts';

const BTC = 'BINANCE|BTCUSDT';
const SOURCE = ['--venue', 'binance', '--instruments', BTC];
const LINES = recordedTrades(120);

let folder: Folder;
let data: string[];
let recording: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  // On a busy machine the log tells of a file whose opening took a while.
  data = ['--data-dir', join(folder.path, 'data'), '--log-level', 'warn'];
  recording = join(folder.path, 'recording.gz');
  await writeFile(recording, gzipSync(`${LINES.join('\n')}\n`));
  await tickwright('replay', recording, ...SOURCE, ...data);
});

afterAll(async () => {
  await endAll();
  await folder[Symbol.asyncDispose]();
});

test('candles come as JSON with the promised fields, prices as the venue writes them', async () => {
  const done = await tickwright('candles', BTC, '--json', ...data);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  const source = { isComplete: true, revision: 0, source: 'ticks', tradeCount: 60, volume: 0.6 };
  expect(JSON.parse(done.stdout)).toEqual([
    {
      openTime: '2024-08-09T00:00:00.000Z',
      open: 60_000,
      high: 60_000.59,
      low: 60_000,
      close: 60_000.59,
      isClosed: true,
      ...source,
    },
    {
      openTime: '2024-08-09T00:01:00.000Z',
      open: 60_000.6,
      high: 60_001.19,
      low: 60_000.6,
      close: 60_001.19,
      isClosed: false,
      ...source,
    },
  ]);
  expect(Object.keys(JSON.parse(done.stdout)[0])).toEqual(
    'openTime open high low close volume tradeCount isClosed isComplete revision source'.split(' '),
  );
});

test('candles come as a table and as comma-separated values; a range without any says so on stderr', async () => {
  const [table, csv, none] = await Promise.all([
    tickwright('candles', BTC, '--last', '1', ...data),
    tickwright('candles', BTC, '--csv', '--to', '2024-08-09T00:01', ...data),
    tickwright('candles', BTC, '--from', '2025-01-01', '--json', ...data),
  ]);
  expect(table.stdout).toMatch(
    /^open time \(UTC\) .*\n2024-08-09 00:01:00Z +60000\.6 .*forming +whole +ticks\n$/,
  );
  expect(csv.stdout).toBe(
    'openTime,open,high,low,close,volume,tradeCount,isClosed,isComplete,revision,source\n' +
      '2024-08-09T00:00:00.000Z,60000,60000.59,60000,60000.59,0.6,60,true,true,0,ticks\n',
  );
  expect(none).toMatchObject({ code: 0, stdout: '[]\n' });
  expect(none.stderr).toMatch(/no candles of BINANCE\|BTCUSDT in .* in this range/);
});

test('ticks come as JSON with the promised fields, in order, and as one bare count', async () => {
  const done = await tickwright('ticks', BTC, '--last', '2', '--json', ...data);
  expect(JSON.parse(done.stdout)).toEqual([
    {
      eventTime: '2024-08-09T00:01:58.000Z',
      receiveTime: '2024-08-09T00:01:58.005Z',
      price: 60_001.18,
      quantity: 0.01,
      side: 'sell',
      tradeId: 1_118,
      offset: expect.any(Number),
    },
    {
      eventTime: '2024-08-09T00:01:59.000Z',
      receiveTime: '2024-08-09T00:01:59.005Z',
      price: 60_001.19,
      quantity: 0.01,
      side: 'buy',
      tradeId: 1_119,
      offset: expect.any(Number),
    },
  ]);
  const counted = await tickwright('ticks', BTC, '--count', ...data);
  expect(counted).toEqual({ code: 0, stdout: '120\n', stderr: '' });
  const part = await tickwright(
    'ticks',
    BTC,
    '--count',
    '--from',
    '2024-08-09T00:00:30',
    '--to',
    '2024-08-09T00:01',
    ...data,
  );
  expect(part.stdout).toBe('30\n');
});

test('an instrument that was never taken in is told with the nearest that was', async () => {
  const [candles, ticks, bare] = await Promise.all([
    tickwright('candles', 'BINANCE|BTCUSD', ...data),
    tickwright('ticks', 'BINANCE|BTCUSD', '--count', ...data),
    tickwright('candles', 'btcusdt', ...data),
  ]);
  for (const done of [candles, ticks]) {
    expect(done).toMatchObject({ code: 1, stdout: '' });
    expect(done.stderr).toMatch(/holds nothing of "BINANCE\|BTCUSD"; did you mean "BINANCE\|BTCUSDT"\?\n$/);
  }
  expect(bare.code).toBe(2);
  expect(bare.stderr).toMatch(/is not an instrument key.*did you mean "BINANCE\|BTCUSDT"/);
});

test('verify agrees with what a replay made', async () => {
  const done = await tickwright('verify', ...data);
  expect(done.stdout).toBe(
    'checked 120 ticks (120 of them against the journal) and 2 candles of 1 instrument on 1 day\neverything agrees; no open gap\n',
  );
  expect(done.code).toBe(0);
});

test('a reader that leaves before the output is written ends the command quietly', async () => {
  const command = start('ticks', BTC, '--json', '--from', '2024-01-01', ...data);
  command.child.stdout?.destroy();
  expect(await command.ended).toMatchObject({ code: 0, stderr: '' });
});

test('a full disk behind the output is an error', async (context) => {
  if (!existsSync('/dev/full')) return context.skip('needs /dev/full');
  const done = await new Command(
    ['-c', `exec "$0" "$@" >/dev/full`, process.execPath, BIN, 'config', 'show'],
    { program: '/bin/sh' },
  ).ended;
  expect(done.stderr).toMatch(/^tickwright: cannot write the output: .*no space left/);
  expect(done.code).toBe(1);
});

test('candles that are not what the ticks say end verify with exit 8', async () => {
  const own = ['--data-dir', join(folder.path, 'falsified')];
  await tickwright('replay', recording, ...SOURCE, ...own);
  const root = join(folder.path, 'falsified');
  const files = (await readdir(root, { recursive: true })).filter((name) => /candles.*\.parquet$/.test(name));
  expect(files).not.toEqual([]);
  for (const name of files) await rm(join(root, name));
  const done = await tickwright('verify', ...own);
  expect(done.stdout).toMatch(/DIFFERS .*\n[\s\S]*2 differences; no open gap\n$/);
  expect(done.code).toBe(8);
});
