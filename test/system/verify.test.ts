import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import { listPieces } from '@tickwright/store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cleanUp, temporaryFolder, tickwright } from './harness.ts';
import type { Ended } from './harness.ts';

afterEach(cleanUp);

const INSTRUMENT = 'BINANCE|BTCUSDT';
/** Ten in the morning and three in the afternoon: one hour that is in memory after a start and one that is not. */
const HOURS_MS = [Date.UTC(2024, 7, 8, 10), Date.UTC(2024, 7, 8, 15)];
const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
let dataDir: string;

/** Ids 1 to 120 at ten o'clock and 121 to 240 at three, one a second. */
beforeEach(async () => {
  const folder = temporaryFolder();
  dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const lines = HOURS_MS.flatMap((hourMs, half) =>
    Array.from({ length: 120 }, (_, second) => {
      const T = hourMs + second * 1_000;
      const data = {
        e: 'trade',
        E: T,
        s: 'BTCUSDT',
        t: half * 120 + second + 1,
        p: `${100 + (second % 7)}.5`,
        q: '0.1',
        T,
        m: true,
        M: true,
      };
      return `${T}000000 ${JSON.stringify({ stream: 'btcusdt@trade', data })}`;
    }),
  );
  const recording = join(folder, 'frames');
  writeFileSync(recording, `${lines.join('\n')}\n`);
  const done = await tickwright([
    'replay',
    recording,
    '--venue',
    'binance',
    '--instruments',
    INSTRUMENT,
    '--data-dir',
    dataDir,
  ]);
  expect(done.code).toBe(0);
  expect(await verified()).toMatchObject({ code: 0 });
});

function verified(): Promise<Ended> {
  return tickwright(['verify', '--data-dir', dataDir]);
}

async function alterTicks(sql: string): Promise<void> {
  await using database = await openDatabase({ path: join(dataDir, 'live', 'ticks_today.duckdb'), log });
  await database.write((tx) => tx.run(sql));
}

test('one tick changed, one deleted and one candle changed are each named, and verify exits 8, however often it is asked', async () => {
  await alterTicks('UPDATE ticks SET price = 7777 WHERE trade_id = 130');
  await alterTicks('DELETE FROM ticks WHERE trade_id = 200');
  const path = (await listPieces({ dataDir })).find((piece) => piece.kind === 'hour')?.path ?? '';
  {
    await using database = await openDatabase({ path: ':memory:', log });
    const rows = `SELECT * REPLACE (CASE WHEN minute(open_time) = 0 THEN low - 1 ELSE low END AS low)
      FROM read_parquet('${path}', hive_partitioning = false) ORDER BY instrument, open_time`;
    await database.read(`COPY (${rows}) TO '${path}.altered' (FORMAT parquet)`);
  }
  renameSync(`${path}.altered`, path);

  for (let run = 0; run < 2; run += 1) {
    const { code, stdout } = await verified();
    expect(code).toBe(8);
    expect(stdout).toMatch(
      /BINANCE\|BTCUSDT at 2024-08-08T15:00:00\.000Z differs .*high 106\.5 instead of 7777/,
    );
    expect(stdout).toContain('BINANCE|BTCUSDT: trade id 200 is missing');
    expect(stdout).toMatch(
      /BINANCE\|BTCUSDT at 2024-08-08T15:01:00\.000Z differs .*tradeCount 60 instead of 59/,
    );
    expect(stdout).toMatch(
      /BINANCE\|BTCUSDT at 2024-08-08T10:00:00\.000Z differs .*low 99\.5 instead of 100\.5/,
    );
    expect(stdout).toContain('5 differences');
  }
});

test('a deleted candle file is told candle by candle, and verify exits 8', async () => {
  for (const piece of await listPieces({ dataDir })) rmSync(piece.path);
  const { code, stdout } = await verified();
  expect(code).toBe(8);
  for (const time of ['10:00', '10:01', '15:00', '15:01'])
    expect(stdout).toContain(
      `BINANCE|BTCUSDT has ticks at 2024-08-08T${time}:00.000Z and no published candle`,
    );
});
