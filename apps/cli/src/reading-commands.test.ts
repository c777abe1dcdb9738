import { existsSync } from 'node:fs';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { acquireInstanceLock } from '@tickwright/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BIN,
  Command,
  endAll,
  recordedTrades,
  start,
  temporaryFolder,
  tickwright,
} from './process-fixture.ts';
import type { Ended, Folder } from './process-fixture.ts';

const BTC = 'BINANCE|BTCUSDT';
const SOURCE = ['--venue', 'binance', '--instruments', BTC];
const LINES = recordedTrades(120);

let folder: Folder;
let data: string[];
let recording: string;
let replayed: Ended;

beforeAll(async () => {
  folder = await temporaryFolder();
  data = ['--data-dir', join(folder.path, 'data')];
  recording = join(folder.path, 'recording.gz');
  await writeFile(recording, gzipSync(`${LINES.join('\n')}\n`));
  replayed = await tickwright('replay', recording, ...SOURCE, ...data);
});

afterAll(async () => {
  await endAll();
  await folder[Symbol.asyncDispose]();
});

test('a replay says what it did, and without a terminal nothing but that', () => {
  expect(replayed.stdout).toMatch(/^120 frames in \d+\.\d s: 120 ticks added, 0 seen before\n$/);
  expect(replayed).toMatchObject({ code: 0, stderr: '' });
});

test('a second replay of the same recording adds nothing', async () => {
  const again = await tickwright('replay', recording, ...SOURCE, ...data, '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({
    frames: 120,
    accepted: 0,
    duplicates: 120,
    isComplete: true,
  });
  expect(again.code).toBe(0);
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
  // Commands that need the owner's files may meet each other; they are asked one by one elsewhere.
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
    'checked 120 ticks and 2 candles of 1 instrument on 1 day\neverything agrees; no open gap\n',
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

describe('a recording that is broken', () => {
  const mended = async (
    name: string,
    broken: Buffer | string,
    message: RegExp,
    kept: number,
  ): Promise<void> => {
    const own = ['--data-dir', join(folder.path, name)];
    const file = join(folder.path, `${name}.rec`);
    await writeFile(file, broken);
    const done = await tickwright('replay', file, ...SOURCE, ...own);
    expect(done.stderr).toMatch(message);
    expect(done.stderr).toContain(`${kept} frames before it are stored.`);
    expect(done.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
    expect(done).toMatchObject({ code: 4, stdout: '' });
    expect((await tickwright('ticks', BTC, '--count', ...own)).stdout).toBe(`${kept}\n`);
    const rest = await tickwright('replay', recording, ...SOURCE, ...own, '--json');
    expect(JSON.parse(rest.stdout)).toMatchObject({ accepted: 120 - kept, duplicates: kept });
  };

  test('in a line is told with its number; what came before is stored, and a mended one adds the rest', async () => {
    const lines = [...LINES.slice(0, 7), 'this is no frame', ...LINES.slice(7)].join('\n');
    await mended('broken-line', lines, /broken-line\.rec:8: found "this is no frame", expected/, 7);
  });

  test('in its compression is told with the line that was reached', async () => {
    const whole = await readFile(recording);
    const done = mended(
      'broken-gzip',
      whole.subarray(0, whole.length / 2),
      /broken-gzip\.rec:\d+: .*a whole gzip file/,
      0,
    );
    // How many lines come out of half a file is zlib's affair; that it is named is ours.
    await expect(done).rejects.toThrow(/frames before it are stored/);
  });

  test('or missing is told before anything is made', async () => {
    const own = join(folder.path, 'unmade');
    const done = await tickwright('replay', recording, 'missing.gz', ...SOURCE, '--data-dir', own);
    expect(done.stderr).toMatch(/^tickwright: cannot replay missing\.gz: there is no such file/);
    expect([done.code, existsSync(own)]).toEqual([1, false]);
  });
});

describe('a journal', () => {
  test('is replayed into another data directory, but not into its own', async () => {
    const journal = join(folder.path, 'data', 'journal');
    const own = ['--data-dir', join(folder.path, 'copy')];
    const done = await tickwright('replay', journal, ...SOURCE, ...own, '--json');
    expect(JSON.parse(done.stdout)).toMatchObject({ accepted: 120, isComplete: true });
    const files = (await readdir(journal)).map((name) => join(journal, name));
    const again = await tickwright('replay', ...files, ...SOURCE, ...own, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ accepted: 0 });
    const itself = await tickwright('replay', journal, ...SOURCE, ...data);
    expect(itself.stderr).toContain('is the journal of the data directory that it would be replayed into');
    expect(itself.code).toBe(2);
  });
});

test('a data directory that another process holds is told with its pid: exit 4 to write, exit 7 to read', async () => {
  const directory = join(folder.path, 'held', 'ingestor');
  await using _lock = await acquireInstanceLock(directory);
  const held = ['--data-dir', join(folder.path, 'held')];
  const [replay, ingest, ticks] = await Promise.all([
    tickwright('replay', recording, ...SOURCE, ...held),
    tickwright('ingest', ...held, '--set', 'ingestor.http.port=1'),
    tickwright('ticks', BTC, ...held),
  ]);
  for (const done of [replay, ingest]) {
    expect(done.code).toBe(4);
    expect(done.stderr).toContain(`process ${process.pid} has held it since`);
  }
  expect(ticks.code).toBe(7);
  expect(ticks.stderr).toContain(`process ${process.pid} holds`);
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

test('on a terminal a replay shows its progress, and the cursor again when it has ended', async (context) => {
  if (!existsSync('/usr/bin/script')) return context.skip('needs script(1)');
  const words = [
    process.execPath,
    BIN,
    'replay',
    recording,
    ...SOURCE,
    '--data-dir',
    join(folder.path, 'seen'),
  ];
  const line = words.map((word) => `'${word}'`).join(' ');
  const done = await new Command(['-qec', line, '/dev/null'], { program: '/usr/bin/script' }).ended;
  expect(done.stdout).toMatch(/replay [#-]+ \d+% \| 120 frames, [\d,]+ frames\/s \| .* left/);
  expect(done.stdout).toContain('120 frames in');
  const cursor = { shown: '\u001B[?25h', hidden: '\u001B[?25l' };
  expect(done.stdout.lastIndexOf(cursor.shown)).toBeGreaterThan(done.stdout.lastIndexOf(cursor.hidden));
  expect(done.code).toBe(0);
});
