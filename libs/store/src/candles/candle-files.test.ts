import { mkdtemp, mkdir, readdir, rm, writeFile, copyFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import { systemClock } from '@tickwright/runtime';
import type { Clock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCandleFiles } from './candle-files.ts';
import type { CandleFiles } from './candle-files.ts';
import { MINUTE, candles, quietLog, rowsOf, tableOf } from './candle-fixture.ts';
import type { CandleRow } from './candle-fixture.ts';
import { HOUR_MICROS, dateMicros, dayPiece, hourPiece } from './candle-paths.ts';
import { readInstruments } from '../files/instruments-file.ts';

const DATE = '2025-11-20';
const HOUR = dateMicros(DATE) + 9 * HOUR_MICROS;
const KEYS = ['SIM|BETA', 'SIM|ALPHA', 'NSE_EQ|INE155A01022'];

let dataDir: string;
let files: CandleFiles;
let nowMicros: number;
const clock: Clock = { ...systemClock, nowMicros: () => nowMicros };

beforeEach(async () => {
  nowMicros = HOUR;
  dataDir = await mkdtemp(join(tmpdir(), "candle files' "));
  files = await open();
});

afterEach(async () => {
  await files[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true });
});

function open(keys = KEYS): Promise<CandleFiles> {
  return openCandleFiles({ dataDir, instruments: tableOf(keys), log: quietLog, clock });
}

async function reopen(keys = KEYS): Promise<void> {
  await files[Symbol.asyncDispose]();
  files = await open(keys);
}

/** Reads as anyone would, by SQL over the glob. */
async function sql(query: string): Promise<Record<string, unknown>[]> {
  const database = await openDatabase({ path: ':memory:', log: quietLog });
  try {
    return await database.read(query.replaceAll('$dir', dataDir.replaceAll("'", "''")));
  } finally {
    await database.close();
  }
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(join(dataDir, folder), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test('an hour is read back as it was published', async () => {
  const rows = candles([
    { openTime: HOUR + MINUTE, instrument: 0, open: 0.1, volume: 0.30000000000000004, version: 2 ** 52 },
    { openTime: HOUR, instrument: 0, isClosed: 0, isComplete: 0, revision: 3, source: 1 },
    { openTime: HOUR, instrument: 1, tradeCount: 2_000_000_000 },
  ]);
  await files.publishHour('SIM', HOUR, rows);

  const found = rowsOf(await files.read('SIM', HOUR));

  const [later, earlier, alpha] = rowsOf(rows);
  expect(found).toEqual([alpha, earlier, later]);
});

test('a file in which the name of a column has another case, as by a flipped bit, is read all the same', async () => {
  const rows = candles([{ openTime: HOUR, instrument: 1, tradeCount: 7 }]);
  await files.publishHour('SIM', HOUR, rows);
  const { path } = hourPiece(dataDir, 'SIM', HOUR);
  const bytes = await readFile(path);
  await writeFile(
    path,
    Buffer.from(bytes.toString('latin1').replaceAll('trade_count', 'trade_coUnt'), 'latin1'),
  );

  expect(rowsOf(await files.read('SIM', HOUR))).toEqual(rowsOf(rows));
});

/** Publishes two candles and overwrites bytes where the values are stored, not where their range is told behind them. */
async function overwritten(row: Partial<CandleRow>, from: Buffer, to: Buffer): Promise<void> {
  const two = [0, 1].map((minute) => ({ openTime: HOUR + minute * MINUTE, instrument: 1, ...row }));
  await files.publishHour('SIM', HOUR, candles(two));
  const { path } = hourPiece(dataDir, 'SIM', HOUR);
  const bytes = await readFile(path);
  to.copy(bytes, bytes.indexOf(from));
  await writeFile(path, bytes);
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}

test('a count beyond what memory holds, as by a flipped bit, is an error and not the count without that bit', async () => {
  await overwritten({ tradeCount: 123_456_789 }, int64(123_456_789), int64(123_456_789 + 2 ** 46));

  await expect(files.read('SIM', HOUR)).rejects.toThrow('70368867634453');
});

test('a value outside the range that the file tells of the column is read as it stands there', async () => {
  await overwritten({ tradeCount: 123_456_789 }, int64(123_456_789), int64(123_456_789 + 2 ** 30));

  const found = rowsOf(await files.read('SIM', HOUR));
  expect(found.map(({ tradeCount }) => tradeCount)).toEqual([1_197_198_613, 123_456_789]);
});

test('a source that there is none of is an error, and neither of those that there are', async () => {
  await overwritten({ source: 1 }, Buffer.from('venue'), Buffer.from('venuf'));

  await expect(files.read('SIM', HOUR)).rejects.toThrow('venuf');
});

test('a published file has the promised path, columns, types and order', async () => {
  const both = [
    { openTime: HOUR, instrument: 0 },
    { openTime: HOUR + MINUTE, instrument: 1, source: 1 },
    { openTime: HOUR, instrument: 1 },
  ];
  await files.publishHour('SIM', HOUR, candles(both));

  const path = join(dataDir, 'live', 'candles', 'segment=SIM', `date=${DATE}`, '09.parquet');
  const literal = path.replaceAll("'", "''");
  const columns = await sql(`DESCRIBE SELECT * FROM read_parquet('${literal}', hive_partitioning = false)`);
  expect(
    columns.map((column) => `${String(column['column_name'])} ${String(column['column_type'])}`),
  ).toEqual([
    'instrument VARCHAR',
    'open_time TIMESTAMP',
    'open DOUBLE',
    'high DOUBLE',
    'low DOUBLE',
    'close DOUBLE',
    'volume DOUBLE',
    'trade_count BIGINT',
    'is_closed BOOLEAN',
    'is_complete BOOLEAN',
    'revision BIGINT',
    'version BIGINT',
    'source VARCHAR',
    'updated_at TIMESTAMP',
  ]);
  const rows = await sql(
    `SELECT instrument, open_time, source, updated_at FROM '$dir/live/candles/**/*.parquet'`,
  );
  expect(rows).toEqual([
    { instrument: 'SIM|ALPHA', open_time: HOUR, source: 'ticks', updated_at: HOUR },
    { instrument: 'SIM|ALPHA', open_time: HOUR + MINUTE, source: 'venue', updated_at: HOUR },
    { instrument: 'SIM|BETA', open_time: HOUR, source: 'ticks', updated_at: HOUR },
  ]);
});

test('publishing an hour again replaces all that it had', async () => {
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR }, { openTime: HOUR + MINUTE }]));
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR, close: 100.5, version: 11 }]));

  expect(rowsOf(await files.read('SIM', HOUR))).toMatchObject([
    { openTime: HOUR, close: 100.5, version: 11 },
  ]);
});

test('publications asked for at once are done in the order of asking', async () => {
  const versions = Array.from({ length: 12 }, (_, at) => at);
  await Promise.all(
    versions.map((version) =>
      files.publishHour(
        'SIM',
        HOUR + (version % 2) * HOUR_MICROS,
        candles([{ openTime: HOUR + (version % 2) * HOUR_MICROS, version }]),
      ),
    ),
  );

  expect(rowsOf(await files.read('SIM', HOUR))).toMatchObject([{ version: 10 }]);
  expect(rowsOf(await files.read('SIM', HOUR + HOUR_MICROS))).toMatchObject([{ version: 11 }]);
  expect(files.counts().published).toBe(12);
});

test('a candle of another hour or another segment is refused and the file stands', async () => {
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR }]));

  await expect(files.publishHour('SIM', HOUR, candles([{ openTime: HOUR + HOUR_MICROS }]))).rejects.toThrow(
    RangeError,
  );
  await expect(files.publishHour('SIM', HOUR, candles([{ openTime: HOUR, instrument: 2 }]))).rejects.toThrow(
    RangeError,
  );

  expect((await files.read('SIM', HOUR)).count).toBe(1);
});

test('a publication that fails leaves the old file and no temporary one', async () => {
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR }]));

  const notAnOffset = candles([{ openTime: HOUR, version: 0.5 }]);
  await expect(files.publishHour('SIM', HOUR, notAnOffset)).rejects.toThrow();

  expect(rowsOf(await files.read('SIM', HOUR))).toMatchObject([{ version: 10 }]);
  expect(await filesUnder('live/candles')).toEqual(['09.parquet']);
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR, version: 12 }]));
  expect(rowsOf(await files.read('SIM', HOUR))).toMatchObject([{ version: 12 }]);
});

test('a merge into a damaged file fails, leaves it as it is and leaves no temporary one', async () => {
  const hour = hourPiece(dataDir, 'SIM', HOUR);
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR }]));
  // The footer is whole, so that the damage shows only while the rows are copied.
  const damaged = (await readFile(hour.path)).fill(0xff, 4, 100);
  await writeFile(hour.path, damaged);

  await expect(files.mergeHour('SIM', HOUR, candles([{ openTime: HOUR, version: 20 }]))).rejects.toThrow();

  expect((await readFile(hour.path)).equals(damaged)).toBe(true);
  expect(await filesUnder('live/candles')).toEqual(['09.parquet']);
});

test('a file that cannot be put in place leaves no temporary one, and the next publication is not hindered', async () => {
  const hour = hourPiece(dataDir, 'SIM', HOUR);
  await mkdir(join(hour.path, 'in the way'), { recursive: true });

  const failed = files.publishHour('SIM', HOUR, candles([{ openTime: HOUR }]));
  const next = files.publishHour('SIM', HOUR + HOUR_MICROS, candles([{ openTime: HOUR + HOUR_MICROS }]));

  await expect(failed).rejects.toMatchObject({ code: 'file-replace-refused' });
  await next;
  expect(await filesUnder('live/candles')).toEqual(['10.parquet']);
});

test('opening removes the half-written file that a crash left', async () => {
  const hour = hourPiece(dataDir, 'SIM', HOUR);
  await mkdir(dirname(hour.path), { recursive: true });
  await writeFile(`${hour.path}.tmp`, 'half');

  await reopen();

  expect(await filesUnder('live/candles')).toEqual([]);
});

test('merging adds the missing, replaces the changed with the next revision, and leaves the rest as it was', async () => {
  const published = [0, 1, 2, 3].map((minute) => ({ openTime: HOUR + minute * MINUTE, revision: minute }));
  await files.publishHour('SIM', HOUR, candles(published));
  nowMicros += 5_000_000;

  await files.mergeHour(
    'SIM',
    HOUR,
    candles([
      { openTime: HOUR + MINUTE, close: 101.5, version: 20 },
      { openTime: HOUR + 2 * MINUTE, version: 20 },
      { openTime: HOUR + 5 * MINUTE, version: 20 },
    ]),
  );

  expect(rowsOf(await files.read('SIM', HOUR))).toMatchObject([
    { openTime: HOUR, revision: 0, version: 10, close: 101 },
    { openTime: HOUR + MINUTE, revision: 2, version: 20, close: 101.5 },
    { openTime: HOUR + 2 * MINUTE, revision: 2, version: 20, close: 101 },
    { openTime: HOUR + 3 * MINUTE, revision: 3, version: 10, close: 101 },
    { openTime: HOUR + 5 * MINUTE, revision: 0, version: 20, close: 101 },
  ]);
  const times = await sql(`SELECT updated_at FROM '$dir/live/candles/**/*.parquet' ORDER BY open_time`);
  expect(times.map((row) => row['updated_at'])).toEqual([HOUR, nowMicros, nowMicros, HOUR, nowMicros]);
});

test('merging keeps the newer of two versions of a candle', async () => {
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR, version: 30, close: 100.25 }]));

  await files.mergeHour('SIM', HOUR, candles([{ openTime: HOUR, version: 29, close: 99.5 }]));
  expect(rowsOf(await files.read('SIM', HOUR))).toMatchObject([{ version: 30, close: 100.25, revision: 0 }]);

  await files.mergeHour('SIM', HOUR, candles([{ openTime: HOUR, version: 30, close: 99.5 }]));
  expect(rowsOf(await files.read('SIM', HOUR))).toMatchObject([{ version: 30, close: 99.5, revision: 1 }]);
});

test('closing a forming candle by a merge is no revision', async () => {
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR, isClosed: 0 }]));
  await files.mergeHour('SIM', HOUR, candles([{ openTime: HOUR, isClosed: 1, volume: 9, version: 20 }]));

  expect(rowsOf(await files.read('SIM', HOUR))).toMatchObject([{ isClosed: 1, volume: 9, revision: 0 }]);
});

test('merging into an hour that was never published makes its file', async () => {
  await files.mergeHour('SIM', HOUR, candles([{ openTime: HOUR, instrument: 1, version: 20 }]));

  expect(rowsOf(await files.read('SIM', HOUR))).toMatchObject([{ instrument: 1, version: 20, revision: 0 }]);
});

test('a finished day has all rows of its hours, and the hours are gone', async () => {
  await files.publishHour(
    'SIM',
    HOUR,
    candles([
      { openTime: HOUR, instrument: 0 },
      { openTime: HOUR, instrument: 1 },
    ]),
  );
  await files.publishHour(
    'SIM',
    HOUR + HOUR_MICROS,
    candles([{ openTime: HOUR + HOUR_MICROS, instrument: 1 }]),
  );

  await files.finishDay('SIM', DATE);

  const rows = await sql(`SELECT instrument, open_time FROM '$dir/candles/**/*.parquet'`);
  expect(rows).toEqual([
    { instrument: 'SIM|ALPHA', open_time: HOUR },
    { instrument: 'SIM|ALPHA', open_time: HOUR + HOUR_MICROS },
    { instrument: 'SIM|BETA', open_time: HOUR },
  ]);
  expect(await filesUnder('live/candles')).toEqual([]);
  expect(await files.list()).toMatchObject([{ kind: 'day', segment: 'SIM', date: DATE }]);
  expect((await files.read('SIM', HOUR)).count).toBe(2);
});

test('finishing a day again, or one without hours, changes nothing', async () => {
  await files.finishDay('SIM', DATE);
  expect(await files.list()).toEqual([]);
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR }]));
  await files.finishDay('SIM', DATE);
  const before = await readFile(dayPiece(dataDir, 'SIM', DATE).path);

  await files.finishDay('SIM', DATE);

  expect((await readFile(dayPiece(dataDir, 'SIM', DATE).path)).equals(before)).toBe(true);
});

test('a crash between writing a day and removing its hours loses nothing and doubles nothing', async () => {
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR }, { openTime: HOUR + MINUTE }]));
  const hour = hourPiece(dataDir, 'SIM', HOUR).path;
  const kept = join(dataDir, 'kept');
  await copyFile(hour, kept);
  await files.finishDay('SIM', DATE);
  await files.mergeHour('SIM', HOUR, candles([{ openTime: HOUR, version: 50, close: 99.75 }]));
  await mkdir(dirname(hour), { recursive: true });
  await copyFile(kept, hour);

  expect(await files.list()).toMatchObject([{ kind: 'day' }]);
  await files.finishDay('SIM', DATE);

  expect(rowsOf(await files.read('SIM', HOUR))).toMatchObject([
    { openTime: HOUR, version: 50, close: 99.75, revision: 1 },
    { openTime: HOUR + MINUTE, version: 10 },
  ]);
  expect(await filesUnder('live/candles')).toEqual([]);
});

test('what comes for a finished day goes into its file', async () => {
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR }]));
  await files.publishHour('SIM', HOUR + HOUR_MICROS, candles([{ openTime: HOUR + HOUR_MICROS }]));
  await files.finishDay('SIM', DATE);

  await files.mergeHour('SIM', HOUR, candles([{ openTime: HOUR + MINUTE, version: 20 }]));
  await files.publishHour(
    'SIM',
    HOUR + HOUR_MICROS,
    candles([{ openTime: HOUR + HOUR_MICROS + MINUTE, version: 21 }]),
  );

  expect(await filesUnder('live/candles')).toEqual([]);
  const rows = await sql(`SELECT open_time, version FROM '$dir/candles/**/*.parquet'`);
  expect(rows).toEqual([
    { open_time: HOUR, version: 10 },
    { open_time: HOUR + MINUTE, version: 20 },
    { open_time: HOUR + HOUR_MICROS + MINUTE, version: 21 },
  ]);
});

test('instruments that are no longer known are read with a number and kept by publishing again', async () => {
  await files.publishHour(
    'SIM',
    HOUR,
    candles([
      { openTime: HOUR, instrument: 0 },
      { openTime: HOUR, instrument: 1 },
    ]),
  );
  await reopen(['SIM|ALPHA']);

  const rows = await files.read('SIM', HOUR);
  expect(rowsOf(rows)).toMatchObject([{ instrument: 0 }, { instrument: 1 }]);
  await files.publishHour('SIM', HOUR, rows);

  const found = await sql(`SELECT instrument FROM '$dir/live/candles/**/*.parquet'`);
  expect(found.map((row) => row['instrument'])).toEqual(['SIM|ALPHA', 'SIM|BETA']);
});

test('the instruments file describes every instrument that was ever published', async () => {
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR }]));
  await reopen(['SIM|GAMMA']);
  await files.publishHour('SIM', HOUR, candles([{ openTime: HOUR }]));

  const rows = await readInstruments(dataDir);
  expect(rows.map((row) => row.key)).toEqual(['NSE_EQ|INE155A01022', 'SIM|ALPHA', 'SIM|BETA', 'SIM|GAMMA']);
  expect(rows[0]).toMatchObject({ quantityDecimals: 3, calendar: 'always' });
});
