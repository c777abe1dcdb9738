import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { acquireInstanceLock, readInstance } from '@tickwright/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BIN,
  Command,
  endAll,
  eventually,
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
  // On a busy machine the log tells of a file whose opening took a while.
  replayed = await tickwright('replay', recording, ...SOURCE, ...data, '--log-level', 'warn');
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

describe('a recording that is broken', () => {
  interface Broken {
    readonly own: string[];
    readonly done: Ended;
    /** Frames that it said are stored. */
    readonly kept: number;
  }

  async function replayBroken(name: string, content: Buffer | string): Promise<Broken> {
    const own = ['--data-dir', join(folder.path, name)];
    const file = join(folder.path, `${name}.rec`);
    await writeFile(file, content);
    const done = await tickwright('replay', file, ...SOURCE, ...own);
    expect(done).toMatchObject({ code: 4, stdout: '' });
    expect(done.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
    return { own, done, kept: Number(/(\d+) frames before it are stored\./.exec(done.stderr)?.[1]) };
  }

  async function expectMended({ own, kept }: Broken): Promise<void> {
    expect((await tickwright('ticks', BTC, '--count', ...own)).stdout).toBe(`${kept}\n`);
    const rest = await tickwright('replay', recording, ...SOURCE, ...own, '--json');
    expect(JSON.parse(rest.stdout)).toMatchObject({ accepted: 120 - kept, duplicates: kept });
  }

  test('in a line is told with its number; what came before is stored, and a mended one adds the rest', async () => {
    const lines = [...LINES.slice(0, 7), 'this is no frame', ...LINES.slice(7)].join('\n');
    const broken = await replayBroken('broken-line', lines);
    expect(broken.done.stderr).toMatch(/broken-line\.rec:8: found "this is no frame", expected/);
    expect(broken.kept).toBe(7);
    await expectMended(broken);
  });

  test('in its compression is told with the line that was reached, and what came before is stored', async () => {
    const whole = await readFile(recording);
    const broken = await replayBroken('broken-gzip', whole.subarray(0, whole.length / 2));
    // How many lines come out of half a file is zlib's affair.
    expect(broken.done.stderr).toMatch(
      new RegExp(`broken-gzip\\.rec:${broken.kept + 1}: .*a whole gzip file`),
    );
    await expectMended(broken);
  });

  test('or missing is told before anything is made', async () => {
    const own = join(folder.path, 'unmade');
    const done = await tickwright('replay', recording, 'missing.gz', ...SOURCE, '--data-dir', own);
    expect(done.stderr).toMatch(/^tickwright: cannot replay missing\.gz: there is no such file/);
    expect([done.code, existsSync(own)]).toEqual([1, false]);
  });
});

test('a replay that is stopped says so with exit 1; started again, it adds the rest', async () => {
  const root = join(folder.path, 'stopped');
  const command = start('replay', recording, ...SOURCE, '--data-dir', root, '--speed', '1');
  await eventually('the replay', () => readInstance(join(root, 'ingestor')));
  command.child.kill('SIGINT');
  const done = await command.ended;
  expect(done.stdout).toContain('STOPPED BEFORE THE END: replay it again to add the rest');
  expect(done.code).toBe(1);
  const counted = await tickwright('replay', recording, ...SOURCE, '--data-dir', root, '--json');
  const { accepted, duplicates } = JSON.parse(counted.stdout);
  expect(accepted + duplicates).toBe(120);
  expect(accepted).toBeGreaterThan(0);
  expect((await tickwright('ticks', BTC, '--count', '--data-dir', root)).stdout).toBe('120\n');
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
