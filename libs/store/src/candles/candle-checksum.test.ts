import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import { systemClock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { candleFileState, stampCandleFile } from './candle-checksum.ts';
import { openCandleFiles } from './candle-files.ts';
import { MINUTE, candles, quietLog, tableOf } from './candle-fixture.ts';
import { HOUR_MICROS, dateMicros, dayPiece, hourPiece } from './candle-paths.ts';

const DATE = '2025-11-20';
const HOUR = dateMicros(DATE) + 9 * HOUR_MICROS;

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'candle-checksum-'));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true });
});

/** The path of an hour with a candle a minute. */
async function published(minutes: number, finish = false): Promise<string> {
  await using files = await openCandleFiles({
    dataDir,
    instruments: tableOf(['SIM|ALPHA']),
    log: quietLog,
    clock: systemClock,
  });
  const rows = Array.from({ length: minutes }, (_, minute) => ({ openTime: HOUR + minute * MINUTE }));
  await files.publishHour('SIM', HOUR, candles(rows));
  if (finish) await files.finishDay('SIM', DATE);
  return (finish ? dayPiece(dataDir, 'SIM', DATE) : hourPiece(dataDir, 'SIM', HOUR)).path;
}

test('a file of an hour and one of a finished day are whole as they were written', async () => {
  expect(await candleFileState(await published(60))).toBe('whole');
  expect(await candleFileState(await published(60, true))).toBe('whole');
});

test('a flipped bit is found in every byte of a file but those of the mark that says where the checksum is', async () => {
  const path = await published(2);
  const bytes = await readFile(path);
  const mark = bytes.indexOf('tickwright-crc32:');
  const isOfMark = (at: number): boolean => at >= mark && at < mark + 'tickwright-crc32:'.length;
  const unexpected: string[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const bit = at % 8;
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
    await writeFile(path, flipped);
    const state = await candleFileState(path);
    if (state !== (isOfMark(at) ? 'unsummed' : 'altered')) unexpected.push(`byte ${at} bit ${bit}: ${state}`);
  }
  expect(unexpected).toEqual([]);
});

test('a file longer than what is read at once is summed whole', async () => {
  const path = join(dataDir, 'long');
  const mark = 'tickwright-crc32:00000000';
  await writeFile(path, Buffer.concat([Buffer.alloc(3 * 1_024 * 1_024 + 5, 'candles'), Buffer.from(mark)]));
  await stampCandleFile(path);
  expect(await candleFileState(path)).toBe('whole');
  const bytes = await readFile(path);
  bytes[2 * 1_024 * 1_024] = 0;
  await writeFile(path, bytes);
  expect(await candleFileState(path)).toBe('altered');
});

test('a file that was cut, or that goes on behind its end, is altered or has no checksum', async () => {
  const path = await published(2);
  const bytes = await readFile(path);
  await appendFile(path, 'x');
  expect(await candleFileState(path)).toBe('altered');
  await writeFile(path, bytes.subarray(0, 100));
  expect(await candleFileState(path)).toBe('unsummed');
  await writeFile(path, '');
  expect(await candleFileState(path)).toBe('unsummed');
});

test('a file of a release without checksums has none, and one that is not there is gone', async () => {
  const path = join(dataDir, 'old.parquet');
  await using database = await openDatabase({ path: ':memory:', log: quietLog });
  await database.read(`COPY (SELECT 1 AS a) TO '${path}' (FORMAT parquet)`);
  expect(await candleFileState(path)).toBe('unsummed');
  expect(await candleFileState(join(dataDir, 'none.parquet'))).toBe('gone');
});
