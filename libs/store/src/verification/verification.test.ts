import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import { calendars } from '@tickwright/market';
import type { CandleColumns, InstrumentTable } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCandleFiles } from '../candles/candle-files.ts';
import type { CandleFiles } from '../candles/candle-files.ts';
import { MINUTE, candles, quietLog, tableOf } from '../candles/candle-fixture.ts';
import { HOUR_MICROS, dateMicros, utcDate } from '../candles/candle-paths.ts';
import { openCandleScan } from '../query/candle-scan.ts';
import type { CandleScan } from '../query/candle-scan.ts';
import { idProblems } from './id-check.ts';
import type { IdReader } from './id-check.ts';
import type { KnownGap } from './problem-list.ts';
import { publishedCandles } from './published-candles.ts';
import { verify } from './verification.ts';
import type { VenueReader, VerificationOptions, VerificationReport } from './verification.ts';

const HOUR = dateMicros('2025-11-20') + 9 * HOUR_MICROS;
const SPAN = { from: HOUR, to: HOUR + 2 * HOUR_MICROS };
const ALPHA = 'SIM|ALPHA';
const BETA = 'SIM|BETA';
/** Closed on the date of these ticks at this hour: NSE trades 03:45 to 10:00 UTC. */
const NSE = 'NSE_EQ|INE155A01022';
const TICKS_A_MINUTE = 4;
const MINUTES = 90;

let dataDir: string;
let database: Database;
let instruments: InstrumentTable;
let files: CandleFiles;
let scan: CandleScan;
let gaps: KnownGap[];
let minutes: VerificationOptions['ticks'];

beforeEach(async () => {
  gaps = [];
  dataDir = await mkdtemp(join(tmpdir(), 'verification-'));
  database = await openDatabase({ path: ':memory:', log: quietLog });
  instruments = tableOf([ALPHA, BETA]);
  files = await openCandleFiles({ dataDir, instruments, log: quietLog, clock: systemClock });
  scan = await openCandleScan({ log: quietLog });
  minutes = { minutes: minutesBySql };
  await storeTicks();
  await publish();
});

afterEach(async () => {
  await scan[Symbol.asyncDispose]();
  await files[Symbol.asyncDispose]();
  await database.close();
  await rm(dataDir, { recursive: true });
});

async function run(sql: string): Promise<void> {
  await database.write((tx) => tx.run(sql));
}

/** Ninety minutes of trades of two instruments with consecutive ids, beta's in the other id space. */
async function storeTicks(): Promise<void> {
  await run(`CREATE TABLE ticks (instrument INTEGER, event_time TIMESTAMP, id_space UTINYINT, trade_id BIGINT,
    price DOUBLE, quantity DOUBLE, frame_offset BIGINT, frame_index INTEGER)`);
  await run(`INSERT INTO ticks SELECT i.i, make_timestamp(${HOUR} + n.n * ${MINUTE / TICKS_A_MINUTE}), 1 + i.i,
    1000 + n.n, 100 + n.n % 7, 0.1 * (n.n % 5), n.n, i.i
    FROM range(2) i(i), range(${MINUTES * TICKS_A_MINUTE}) n(n)`);
}

async function minutesBySql(span: { from: number; to: number }): Promise<CandleColumns> {
  const order = 'ORDER BY event_time, trade_id, frame_offset, frame_index';
  const found =
    await database.readColumns(`SELECT instrument, time_bucket(INTERVAL 1 minute, event_time) AS open_time,
    first(price ${order}) AS open, max(price) AS high, min(price) AS low, last(price ${order}) AS close,
    round(sum(quantity), 3) AS volume, count(*) AS trades FROM ticks
    WHERE event_time >= make_timestamp(${span.from}) AND event_time < make_timestamp(${span.to}) GROUP BY ALL`);
  const rows = candles(Array.from({ length: found.rowCount }, () => ({ openTime: 0 })));
  rows.instrument.set(found.numbers('instrument'));
  rows.openTime.set(found.numbers('open_time'));
  rows.tradeCount.set(found.numbers('trades'));
  for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) rows[name].set(found.numbers(name));
  return rows;
}

async function publish(): Promise<void> {
  for (const hour of [HOUR, HOUR + HOUR_MICROS]) {
    await files.publishHour('SIM', hour, await minutesBySql({ from: hour, to: hour + HOUR_MICROS }));
  }
}

const ids: IdReader = {
  async readIdProblems(take) {
    for await (const found of idProblems({ database, tickSource: 'ticks', instruments })) take(found);
  },
};

function verified(options: Partial<VerificationOptions> = {}): Promise<VerificationReport> {
  return verify({
    span: SPAN,
    instruments,
    calendars,
    ticks: minutes,
    published: publishedCandles({ dataDir, scan, instruments, clock: systemClock }),
    ids,
    gaps: { gaps: async () => gaps },
    ...options,
  });
}

function iso(minute: number): string {
  return new Date((HOUR + minute * MINUTE) / 1000).toISOString();
}

test('a store in which all agrees has no problem, in hours and in a finished day', async () => {
  const expected = {
    checked: { instruments: 2, ticks: 2 * MINUTES * TICKS_A_MINUTE, candles: 2 * MINUTES, days: 1 },
    problems: [],
    counts: {},
    knownGaps: [],
    truncated: false,
  };
  expect(await verified()).toEqual(expected);
  await files.finishDay('SIM', utcDate(HOUR));
  expect(await verified()).toEqual(expected);
});

test('a stored tick with another price or another quantity shows as a candle that differs', async () => {
  await run('UPDATE ticks SET price = 150 WHERE instrument = 0 AND trade_id = 1001');
  await run('UPDATE ticks SET quantity = quantity + 0.001 WHERE instrument = 1 AND trade_id = 1300');

  const report = await verified();

  expect(report.counts).toEqual({ 'candle differs': 2 });
  expect(report.problems).toMatchObject([
    {
      kind: 'candle differs',
      instrument: ALPHA,
      at: iso(0),
      message: expect.stringContaining('high 103 instead of 150'),
    },
    {
      kind: 'candle differs',
      instrument: BETA,
      at: iso(75),
      message: expect.stringMatching(/volume \S+ instead of/),
    },
  ]);
});

test('ticks that changed places within a candle show when its open or close changes', async () => {
  await run(
    `UPDATE ticks SET event_time = event_time + INTERVAL 16 seconds WHERE instrument = 0 AND trade_id = 1000`,
  );

  expect((await verified()).problems).toMatchObject([
    {
      kind: 'candle differs',
      instrument: ALPHA,
      at: iso(0),
      message: expect.stringContaining('open 100 instead of 101'),
    },
  ]);
});

test('a deleted tick shows as a missing id and as a candle that differs', async () => {
  await run('DELETE FROM ticks WHERE instrument = 0 AND trade_id = 1010');

  const report = await verified();

  expect(report.problems).toMatchObject([
    { kind: 'candle differs', instrument: ALPHA, at: iso(2) },
    {
      kind: 'ids missing',
      instrument: ALPHA,
      expected: '1 ticks, trade id 1010',
      message: expect.stringContaining('1010'),
    },
  ]);
});

test('a tick that is stored twice is named, once for each repetition', async () => {
  for (let i = 0; i < 2; i++)
    await run('INSERT INTO ticks SELECT * FROM ticks WHERE instrument = 1 AND trade_id = 1004 LIMIT 1');

  const report = await verified();

  expect(report.counts).toEqual({ 'candle differs': 1, 'id stored twice': 2 });
  expect(report.problems.at(-1)).toMatchObject({ instrument: BETA, expected: 'aggTrade id 1004 once' });
});

test('ids of different spaces of one instrument never compare', async () => {
  await run(
    'UPDATE ticks SET id_space = 2, trade_id = trade_id + 500000 WHERE instrument = 0 AND trade_id >= 1100',
  );
  expect((await verified()).problems).toEqual([]);
});

test('ticks without an id are not looked at for missing ids', async () => {
  await run('UPDATE ticks SET id_space = 0, trade_id = -1 WHERE instrument = 0');
  expect((await verified()).problems).toEqual([]);
});

test('ids that an open gap accounts for are known, by ids or by time; others are a mismatch', async () => {
  await run('DELETE FROM ticks WHERE instrument = 0 AND trade_id BETWEEN 1020 AND 1029');
  await run('DELETE FROM ticks WHERE instrument = 0 AND trade_id BETWEEN 1100 AND 1110');
  await run('DELETE FROM ticks WHERE instrument = 1 AND trade_id BETWEEN 1200 AND 1210');
  await publish();
  gaps = [
    { instrument: ALPHA, from: HOUR, to: HOUR + MINUTE, fromId: 1020, toId: 1029, cause: 'sequence' },
    { instrument: ALPHA, from: HOUR + 26 * MINUTE, to: HOUR + 27 * MINUTE, cause: 'disconnect' },
    { instrument: BETA, from: HOUR, to: HOUR + 10 * MINUTE, cause: 'disconnect' },
    { instrument: BETA, from: HOUR, to: HOUR + HOUR_MICROS, fromId: 1200, toId: 1209, cause: 'sequence' },
  ];

  const report = await verified();

  expect(report.knownGaps).toMatchObject([
    { kind: 'known gap', instrument: ALPHA, message: expect.stringContaining('1020 to 1029') },
    { kind: 'known gap', instrument: ALPHA, message: expect.stringContaining('disconnect') },
  ]);
  expect(report.problems).toMatchObject([{ kind: 'ids missing', instrument: BETA }]);

  gaps = [...gaps, { instrument: BETA, from: HOUR + 30 * MINUTE, to: undefined, cause: 'crash' }];
  expect((await verified()).problems).toEqual([]);
});

test('a published candle that was altered, one that is missing and one too many are named', async () => {
  const rows = await minutesBySql({ from: HOUR, to: HOUR + HOUR_MICROS });
  const isAt = (row: number, instrument: number, minute: number): boolean =>
    rows.instrument[row] === instrument && rows.openTime[row] === HOUR + minute * MINUTE;
  const rowAt = (instrument: number, minute: number): number => {
    for (let row = 0; row < rows.count; row++) if (isAt(row, instrument, minute)) return row;
    throw new RangeError('no such row');
  };
  const last = rows.count - 1;
  rows.close[rowAt(0, 7)] += 0.01;
  const gone = rowAt(1, 30);
  for (const column of Object.values(rows)) if (typeof column !== 'number') column[gone] = column[last];
  rows.count -= 1;
  await files.publishHour('SIM', HOUR, rows);
  await files.mergeHour('SIM', HOUR + HOUR_MICROS, candles([{ openTime: HOUR + 110 * MINUTE }]));

  const report = await verified();

  expect(report.problems).toMatchObject([
    { kind: 'candle differs', instrument: ALPHA, at: iso(7) },
    { kind: 'candle missing', instrument: BETA, at: iso(30), found: 'no candle' },
    { kind: 'candle without ticks', instrument: ALPHA, at: iso(110), expected: 'no candle' },
  ]);
});

test('ticks outside the session make no candle, and a candle there is one too many', async () => {
  instruments.add(tableOf([NSE], 'nse').at(0));
  const closed = HOUR + HOUR_MICROS + 5 * MINUTE;
  await run(`INSERT INTO ticks SELECT 2, make_timestamp(${closed}), 0, -1, 100, 1, 5000, 0`);

  expect((await verified()).problems).toEqual([]);
  await files.publishHour('NSE_EQ', HOUR + HOUR_MICROS, candles([{ openTime: closed, instrument: 2 }]));
  expect((await verified()).problems).toMatchObject([{ kind: 'candle without ticks', instrument: NSE }]);
});

test("candles of source venue are compared with the venue's own, not with the ticks", async () => {
  await files.mergeHour(
    'SIM',
    HOUR,
    candles([
      { openTime: HOUR + 3 * MINUTE, source: 1, version: 9999 },
      { openTime: HOUR + 4 * MINUTE, source: 1, version: 9999 },
      { openTime: HOUR + 5 * MINUTE, source: 1, version: 9999 },
    ]),
  );
  expect((await verified()).problems).toEqual([]);

  const told = [{ openTime: HOUR + 3 * MINUTE }, { openTime: HOUR + 4 * MINUTE, close: 100.5 }];
  const venue = venueOf(told, () => true);
  expect((await verified({ venue })).counts).toEqual({
    'venue candle differs': 1,
    'candle without venue candle': 1,
  });
});

test('a candle of the wrong source is named: of the ticks where the venue stands, of the venue where ticks cover', async () => {
  await files.mergeHour('SIM', HOUR, candles([{ openTime: HOUR + 3 * MINUTE, source: 1, version: 9999 }]));
  const told = [{ openTime: HOUR + 3 * MINUTE }, { openTime: HOUR + 4 * MINUTE }];
  const venue = venueOf(told, ({ openTime }) => openTime === HOUR + 4 * MINUTE);
  const { problems } = await verified({ venue });
  expect(problems.map(({ kind, at }) => [kind, at.slice(14, 16)])).toEqual([
    ['candle of the wrong source', '03'],
    ['candle of the wrong source', '04'],
  ]);
});

function venueOf(rows: Parameters<typeof candles>[0], stands: VenueReader['stands']): VenueReader {
  return {
    stands,
    minutes: async ({ from }) => {
      const found = candles(from === HOUR ? rows : []);
      return { ...found, isTraded: new Uint8Array(found.count).fill(1) };
    },
  };
}

test('all problems are counted and the first are listed', async () => {
  await run('UPDATE ticks SET price = price + 1 WHERE instrument = 0');

  const report = await verified({ listedMax: 5 });

  expect(report.counts).toEqual({ 'candle differs': MINUTES });
  expect(report.problems).toHaveLength(5);
  expect(report.truncated).toBe(true);
});

test('ids are checked across the live table and sealed Parquet, whose instruments are keys', async () => {
  const parts = join(dataDir, 'part.parquet');
  await run(`COPY (SELECT CASE instrument WHEN 0 THEN '${ALPHA}' ELSE '${BETA}' END AS instrument,
    * EXCLUDE (instrument) FROM ticks WHERE trade_id < 1100 AND trade_id <> 1050) TO '${parts}' (FORMAT parquet)`);
  await run('DELETE FROM ticks WHERE trade_id < 1100');
  const tickSource = `(SELECT CASE instrument WHEN 0 THEN '${ALPHA}' ELSE '${BETA}' END AS instrument,
    * EXCLUDE (instrument) FROM ticks UNION ALL BY NAME SELECT * FROM read_parquet('${parts}'))`;

  const found = [];
  for await (const batch of idProblems({ database, tickSource, instruments })) found.push(...batch);

  expect(found).toMatchObject([
    { kind: 'missing', instrument: ALPHA, idSpace: 'trade', fromId: 1050, toId: 1050 },
    { kind: 'missing', instrument: BETA, idSpace: 'aggTrade', fromId: 1050, toId: 1050 },
  ]);
});

test('a verification without an end is refused, and one that is aborted stops', async () => {
  await expect(verified({ span: { from: HOUR, to: Infinity } })).rejects.toThrow(RangeError);
  await expect(verified({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});
