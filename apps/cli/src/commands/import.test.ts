import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { CoverageJson } from '@tickwright/ingestor';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../program.ts';
import { fakeTerminal } from '../terminal-fixture.ts';

const recordings =
  process.env['TICKWRIGHT_RECORDINGS'] ??
  fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
const nse = (name: string): string => join(recordings, 'nse', name);
const YESBANK = ['20190709', '20190710', '20190711'].map((day) => nse(`yesbank_${day}_trade.zip`));
const JUNIORBEES = [1, 2, 3, 4].map((day) => nse(`juniorbees_2019010${day}_trade.zip`));
const isHere = [...YESBANK, ...JUNIORBEES].every((file) => existsSync(file));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickwright-import-'));
});
afterEach(async () => await rm(folder, { recursive: true }));

async function tickwright(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const terminal = fakeTerminal([...argv, '--data-dir', join(folder, 'data'), '--log-level', 'silent']);
  const code = await run(terminal);
  return { code, out: terminal.stdout.text, err: terminal.stderr.text };
}

const minutes = ['--format', 'nse-minutes', '--instruments'];
const day = (date: string): string[] => ['--from', `${date}T00:00+05:30`, '--to', `${date}T23:59+05:30`];

test.skipIf(!isHere)(
  'real NSE minutes are covered as the data has them: sparse ones had no trade, bars after the close are outside (skipped where recordings are absent)',
  async () => {
    const yesbank = await tickwright('import', ...YESBANK, ...minutes, 'NSE_EQ|INE528G01035');
    expect(yesbank.out).toBe("NSE_EQ|INE528G01035: 1,130 candles of 3 files taken in as upstox's own\n");
    const sparse = await tickwright('import', ...JUNIORBEES, ...minutes, 'NSE_EQ|INF732E01045', '--json');
    expect(JSON.parse(sparse.out)).toMatchObject({ venue: 'upstox', candles: 783, days: 4, notOver: 0 });
    // The same again adds nothing.
    expect((await tickwright('import', ...YESBANK, ...minutes, 'NSE_EQ|INE528G01035')).code).toBe(0);
    const found = new Map<string, CoverageJson>();
    for (const [from = '', to = ''] of [
      ['2019-01-01', '2019-01-08'],
      ['2019-07-09', '2019-07-12'],
    ]) {
      const { code, out } = await tickwright('verify', '--coverage', '--from', from, '--to', to, '--json');
      for (const row of JSON.parse(out) as CoverageJson[])
        found.set(`${row.instrument.slice(7, 10)} ${row.date}`, row);
      expect(code).toBe(0);
    }
    for (const [date, present, outside] of [
      ['2019-07-09', 375, ['2019-07-09T10:00:00.000Z', '2019-07-09T10:10:00.000Z']],
      ['2019-07-10', 375, ['2019-07-10T10:10:00.000Z']],
      ['2019-07-11', 375, ['2019-07-11T10:00:00.000Z', '2019-07-11T10:10:00.000Z']],
    ] as const) {
      const row = found.get(`INE ${date}`);
      expect(row).toMatchObject({
        expected: 375,
        present,
        untraded: 0,
        missing: 0,
        completeness: 1,
        outside,
      });
    }
    for (const [date, present] of [
      ['2019-01-01', 217],
      ['2019-01-02', 201],
      ['2019-01-03', 188],
      ['2019-01-04', 177],
    ] as const) {
      const untraded = 375 - present;
      const counts = {
        expected: 375,
        present,
        untraded,
        missing: 0,
        quiet: 0,
        unwatched: 0,
        outsideCount: 0,
      };
      expect(found.get(`INF ${date}`)).toMatchObject({ ...counts, completeness: 1 });
    }
    // A day of which nobody told anything is not whole, and nothing says that it should be.
    expect(found.get('INF 2019-01-07')).toMatchObject({
      expected: 375,
      present: 0,
      unwatched: 375,
      completeness: null,
    });
    const text = await tickwright('verify', '--coverage', ...day('2019-07-09'));
    expect(text.out).toMatch(/OUTSIDE {2}NSE_EQ\|INE528G01035: the candle of 2019-07-09 10:00Z and 1 more/);
    const first = ['--from', '2019-07-09T09:15+05:30', '--to', '2019-07-09T09:16+05:30', '--json'];
    const candles = await tickwright('candles', 'NSE_EQ|INE528G01035', ...first);
    const prices = { open: 95, high: 95, low: 93.9, close: 94.85, volume: 1_730_100 };
    expect(JSON.parse(candles.out)).toMatchObject([{ ...prices, source: 'venue', isClosed: true }]);
    expect((await tickwright('verify')).code).toBe(0);
  },
  180_000,
);

const ROWS = '33300000,950000,950000,939000,948500,1730100\n33360000,946500,948500,941000,941000,1355593\n';

test.each([
  [
    '20190709_x.csv',
    ROWS.replace('33360000', '33300000'),
    /20190709_x\.csv:2: not later than the candle before/,
  ],
  ['20190709_x.csv', ROWS.replace('948500,1730100', '960000,1730100'), /:1: no candle: "33300000/],
  ['20190709_x.csv', `${ROWS}33420000,1,2\n`, /:3: no candle/],
  ['x.csv', ROWS, /has no date YYYYMMDD in its name/],
  ['20190709_x.zip', 'PK\u0003\u0004 and no more of it, broken off somewhere', /is a damaged archive/],
])('%s with a fault is refused by file and line, and nothing is imported', async (name, text, message) => {
  const file = join(folder, name);
  await writeFile(file, text, 'latin1');
  const { code, err } = await tickwright('import', file, ...minutes, 'NSE_EQ|INE528G01035');
  expect(err).toMatch(message);
  expect(code).toBe(4);
  expect(existsSync(join(folder, 'data'))).toBe(false);
});

test.skipIf(!isHere)('an archive whose bytes were changed is refused by its sum', async () => {
  const bytes = await readFile(JUNIORBEES[0]);
  bytes[500] ^= 1;
  const file = join(folder, 'juniorbees_20190101_trade.zip');
  await writeFile(file, bytes);
  const { code, err } = await tickwright('import', file, ...minutes, 'NSE_EQ|INF732E01045');
  expect(err).toMatch(/20190101.*(its sum is another|is a damaged archive)/);
  expect(code).toBe(4);
});

test('comma-separated candles with a header are taken in, and say nothing of the minutes that they leave out', async () => {
  const file = join(folder, 'btc.csv.gz');
  const rows = [
    'open_time,open,high,low,close,volume,trade_count',
    '2026-02-03 10:00:00,100.1,100.5,99.9,100.2,1.25000001,17',
    '2026-02-03T10:02:00Z,100.2,100.2,100.2,100.2,0.5,1',
  ];
  await writeFile(file, gzipSync(rows.join('\n')));
  const { code } = await tickwright('import', file, '--format', 'csv', '--instruments', 'BINANCE|BTCUSDT');
  expect(code).toBe(0);
  const range = ['--from', '2026-02-03T10:00Z', '--to', '2026-02-03T10:04Z', '--json'];
  const candles = await tickwright('candles', 'BINANCE|BTCUSDT', ...range);
  expect(JSON.parse(candles.out)).toMatchObject([
    { openTime: '2026-02-03T10:00:00.000Z', volume: 1.25000001, tradeCount: 17, source: 'venue' },
    { openTime: '2026-02-03T10:02:00.000Z', tradeCount: 1 },
  ]);
  const covered = await tickwright('verify', '--coverage', ...range);
  expect(JSON.parse(covered.out)).toMatchObject([{ present: 2, untraded: 0, unwatched: 2, missing: 0 }]);
});
