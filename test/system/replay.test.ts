import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { asDecimal, foldDecimals } from './decimal-fold.ts';
import type { CandleJson, DecimalTrade } from './decimal-fold.ts';
import { cleanUp, recordings, temporaryFolder, tickwright } from './harness.ts';

afterEach(cleanUp);

const withRecordings = test.skipIf(recordings === undefined);

/** The trades of recorded combined-stream frames, by plain JSON. */
function recordedTrades(file: string): DecimalTrade[] {
  return gunzipSync(readFileSync(file))
    .toString()
    .split('\n')
    .filter((line) => line.includes('@trade"'))
    .map((line) => JSON.parse(line.slice(line.indexOf(' ') + 1)).data)
    .map(({ T, p, q }: { T: number; p: string; q: string }) => ({ timeMs: T, price: p, quantity: q }));
}

async function candles(folder: string, instrument: string, interval: string): Promise<CandleJson[]> {
  const done = await tickwright([
    'candles',
    instrument,
    '--interval',
    interval,
    '--from',
    '2010-01-01',
    '--json',
    '--data-dir',
    folder,
  ]);
  expect(done.stderr).toBe('');
  expect(done.code).toBe(0);
  return JSON.parse(done.stdout);
}

withRecordings(
  'two recorded days across midnight become 19,904 ticks and candles equal to a decimal-exact fold; a second replay adds nothing (skipped where the recordings are absent)',
  async () => {
    const folder = temporaryFolder();
    const files = ['btcusdt_20240808.gz', 'btcusdt_20240809.gz'].map((name) =>
      join(recordings ?? '', 'binance', name),
    );
    const replay = [
      'replay',
      ...files,
      '--venue',
      'binance',
      '--instruments',
      'BINANCE|BTCUSDT',
      '--data-dir',
      folder,
    ];
    const expected = foldDecimals(files.flatMap(recordedTrades));

    for (const added of [19_904, 0]) {
      const done = await tickwright([...replay, '--json']);
      expect(done.stderr.includes('"level":"error"')).toBe(false);
      expect(done.code).toBe(0);
      expect(JSON.parse(done.stdout)).toMatchObject({ accepted: added, duplicates: 19_904 - added });
      const counted = await tickwright(['ticks', 'BINANCE|BTCUSDT', '--count', '--data-dir', folder]);
      expect(counted.stdout).toBe('19904\n');
      const published = await candles(folder, 'BINANCE|BTCUSDT', '1m');
      expect(published.map(asDecimal)).toEqual(expected);
      expect(published.every((candle) => candle.revision === 0 && candle.isComplete)).toBe(true);
      const verified = await tickwright(['verify', '--data-dir', folder]);
      expect(verified.stdout).toContain('everything agrees; no open gap');
      expect(verified.code).toBe(0);
    }
  },
  120_000,
);

withRecordings(
  'the 12,477 recorded aggTrades come out as the 2,469 and 706 candles recorded with them (skipped where the recordings are absent)',
  async () => {
    const folder = temporaryFolder();
    const source = join(recordings ?? '', 'trades-and-candles');
    const trades: { info: Record<string, unknown> & { T: number } }[] = JSON.parse(
      gunzipSync(readFileSync(join(source, 'XRP_OLD-trades.json.gz'))).toString(),
    );
    const lines = trades.map(
      ({ info }) => `${info.T}000000 ${JSON.stringify({ e: 'aggTrade', E: info.T, s: 'XRPETH', ...info })}`,
    );
    const recording = join(folder, 'frames');
    writeFileSync(recording, `${lines.join('\n')}\n`);
    const done = await tickwright([
      'replay',
      recording,
      '--venue',
      'binance',
      '--instruments',
      'BINANCE|XRPETH',
      '--data-dir',
      folder,
      '--json',
    ]);
    expect(JSON.parse(done.stdout)).toMatchObject({ accepted: 12_477 });
    for (const [interval, count] of [
      ['1m', 2_469],
      ['5m', 706],
    ] as const) {
      const recorded: number[][] = JSON.parse(readFileSync(join(source, `XRP_ETH-${interval}.json`), 'utf8'));
      expect(recorded).toHaveLength(count);
      const published = await candles(folder, 'BINANCE|XRPETH', interval);
      expect(
        published.map((c) => [Date.parse(c.openTime), c.open, c.high, c.low, c.close, c.volume]),
      ).toEqual(recorded);
    }
  },
  120_000,
);
