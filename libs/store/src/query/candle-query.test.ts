import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { calendars } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Clock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCandleFiles } from '../candles/candle-files.ts';
import type { CandleFiles } from '../candles/candle-files.ts';
import { MINUTE, candles, quietLog, tableOf } from '../candles/candle-fixture.ts';
import type { CandleRow } from '../candles/candle-fixture.ts';
import { DAY_MICROS, HOUR_MICROS, dateMicros, hourPiece } from '../candles/candle-paths.ts';
import { openCandleQuery } from './candle-query.ts';
import type { LatestWanted } from './candle-request.ts';
import type { CandleQuery } from './candle-query.ts';
import { writeStatus } from '../files/status-file.ts';
import { CandleFileMovedError } from './held-files.ts';
import type { KnownGap } from '../verification/problem-list.ts';

const DATE = '2025-11-20';
const DAY = dateMicros(DATE);
const HOUR = DAY + 9 * HOUR_MICROS;
const ALPHA = 'SIM|ALPHA';
const BETA = 'SIM|BETA';

let dataDir: string;
let files: CandleFiles;
let query: CandleQuery;
let gaps: KnownGap[];
const clock: Clock = { ...systemClock, nowMicros: () => DAY + 10 * HOUR_MICROS };

beforeEach(async () => {
  gaps = [];
  dataDir = await mkdtemp(join(tmpdir(), 'candle-query-'));
  files = await openCandleFiles({ dataDir, instruments: tableOf([ALPHA, BETA]), log: quietLog, clock });
  query = await openCandleQuery({
    dataDir,
    log: quietLog,
    clock,
    calendars,
    gaps: { gaps: async () => gaps },
  });
});

afterEach(async () => {
  await query[Symbol.asyncDispose]();
  await files[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true });
});

async function publish(hour: number, rows: readonly CandleRow[]): Promise<void> {
  await files.publishHour('SIM', hour, candles(rows));
}

function minutes(from: number, count: number, row: Partial<CandleRow> = {}): CandleRow[] {
  return Array.from({ length: count }, (_, at) => ({ ...row, openTime: from + at * MINUTE }));
}

test('history and live come in one answer, in order and each candle once', async () => {
  const yesterday = HOUR - DAY_MICROS;
  await publish(yesterday, minutes(yesterday, 2));
  await files.finishDay('SIM', '2025-11-19');
  await publish(HOUR, minutes(HOUR, 2));
  await publish(HOUR + HOUR_MICROS, minutes(HOUR + HOUR_MICROS, 1, { isClosed: 0 }));

  const { candles: found } = await query.getCandles({
    instrument: ALPHA,
    interval: '1m',
    from: -Infinity,
    to: Infinity,
  });

  expect(found.map((candle) => candle.openTime)).toEqual([
    yesterday,
    yesterday + MINUTE,
    HOUR,
    HOUR + MINUTE,
    HOUR + HOUR_MICROS,
  ]);
  expect(found[0]).toEqual({
    instrument: ALPHA,
    openTime: yesterday,
    closeTime: yesterday + MINUTE,
    open: 100,
    high: 102,
    low: 99,
    close: 101,
    volume: 1.5,
    tradeCount: 3,
    isClosed: true,
    isComplete: true,
    revision: 0,
    version: 10,
    source: 'ticks',
  });
  expect(found.at(-1)?.isClosed).toBe(false);
});

test('of a day that is there whole and in hours the day counts', async () => {
  await publish(HOUR, minutes(HOUR, 2));
  await files.finishDay('SIM', DATE);
  const left = hourPiece(dataDir, 'SIM', HOUR).path;
  await mkdir(dirname(left), { recursive: true });
  await writeFile(left, 'not even read');

  const { candles: found } = await query.getCandles({
    instrument: ALPHA,
    interval: '1m',
    from: DAY,
    to: Infinity,
  });

  expect(found).toHaveLength(2);
});

test('only files that can hold the span are read', async () => {
  await publish(HOUR, minutes(HOUR, 60));
  const damaged = hourPiece(dataDir, 'SIM', HOUR + HOUR_MICROS).path;
  await writeFile(damaged, 'damaged');

  const span = { from: HOUR + 58 * MINUTE, to: HOUR + HOUR_MICROS };
  const { candles: found } = await query.getCandles({ instrument: ALPHA, interval: '1m', ...span });

  expect(found.map((candle) => candle.openTime)).toEqual([HOUR + 58 * MINUTE, HOUR + 59 * MINUTE]);
});

test('a damaged file is an error that names it, and another try later finds it mended', async () => {
  const hour = hourPiece(dataDir, 'SIM', HOUR);
  await mkdir(dirname(hour.path), { recursive: true });
  await writeFile(hour.path, 'damaged');
  const request = { instrument: ALPHA, interval: '1m', from: DAY, to: Infinity } as const;

  await expect(query.getCandles(request)).rejects.toMatchObject({
    code: 'candle-file-unreadable',
    exitCode: 4,
    message: expect.stringContaining(hour.path),
  });

  await publish(HOUR, minutes(HOUR, 1));
  expect((await query.getCandles(request)).candles).toHaveLength(1);
});

test('the first and the last rolled-up candle are whole, wherever the span cuts', async () => {
  await publish(HOUR, minutes(HOUR, 60));
  await publish(HOUR + HOUR_MICROS, minutes(HOUR + HOUR_MICROS, 60));

  const span = { from: HOUR + 59 * MINUTE + 1, to: HOUR + HOUR_MICROS + 1 };
  const { candles: found } = await query.getCandles({ instrument: ALPHA, interval: '15m', ...span });

  expect(found.map(({ openTime, tradeCount }) => [openTime - HOUR, tradeCount])).toEqual([
    [45 * MINUTE, 45],
    [60 * MINUTE, 45],
  ]);
});

test('rolled-up volumes are exact decimals', async () => {
  await publish(HOUR, minutes(HOUR, 60, { volume: 0.1 }));

  const { candles: found } = await query.getCandles({
    instrument: ALPHA,
    interval: '1h',
    from: HOUR,
    to: HOUR + 1,
  });

  expect(found.map((candle) => candle.volume)).toEqual([6]);
});

test('an NSE candle is anchored at the session open and ends with the session', async () => {
  const key = 'NSE_EQ|INE155A01022';
  const open = DAY + 3 * HOUR_MICROS + 45 * MINUTE;
  const table = tableOf([key], 'nse');
  await files[Symbol.asyncDispose]();
  files = await openCandleFiles({ dataDir, instruments: table, log: quietLog, clock });
  for (let hour = DAY + 3 * HOUR_MICROS; hour < DAY + 10 * HOUR_MICROS; hour += HOUR_MICROS) {
    const first = Math.max(hour, open);
    await files.publishHour('NSE_EQ', hour, candles(minutes(first, (hour + HOUR_MICROS - first) / MINUTE)));
  }

  const request = { instrument: key, interval: '1h', from: DAY, to: DAY + DAY_MICROS } as const;
  const { candles: found } = await query.getCandles(request);

  expect(
    found.map((candle) => [(candle.openTime - open) / MINUTE, (candle.closeTime - open) / MINUTE]),
  ).toEqual([
    [0, 60],
    [60, 120],
    [120, 180],
    [180, 240],
    [240, 300],
    [300, 360],
    [360, 375],
  ]);
});

test('a rolled-up candle is closed when the watermark has passed its close', async () => {
  await publish(HOUR, minutes(HOUR, 4));
  const request = { instrument: ALPHA, interval: '5m', from: HOUR, to: Infinity } as const;
  const status = {
    epoch: 'e1',
    offset: 77,
    durableOffset: 78,
    time: new Date((DAY + 10 * HOUR_MICROS) / 1000 - 1500).toISOString(),
    ingestor: { pid: 1, instance: 'i', version: '1' },
  };

  const before = await query.getCandles(request);
  const segments = { SIM: { watermark: new Date((HOUR + 5 * MINUTE) / 1000).toISOString(), openGaps: 0 } };
  await writeStatus({ dataDir, clock, status: { ...status, segments } });
  const after = await query.getCandles(request);

  expect(before).toMatchObject({ candles: [{ isClosed: false }], asOf: undefined });
  expect(after).toMatchObject({
    candles: [{ isClosed: true }],
    asOf: { offset: 77, time: status.time, ageMs: 1500 },
  });
  expect((await query.getCandles({ ...request, from: HOUR - 1 })).candles).toHaveLength(1);
});

test('the candles of a finished day are closed, also one whose last minutes had no trade', async () => {
  await publish(HOUR, minutes(HOUR, 4));
  await files.finishDay('SIM', DATE);

  const { candles: found } = await query.getCandles({
    instrument: ALPHA,
    interval: '5m',
    from: DAY,
    to: Infinity,
  });

  expect(found).toMatchObject([{ isClosed: true }]);
});

test('forming candles are left out on wish', async () => {
  await publish(HOUR, [{ openTime: HOUR }, { openTime: HOUR + MINUTE, isClosed: 0 }]);
  const request = { instrument: ALPHA, interval: '1m', from: HOUR, to: Infinity } as const;

  expect((await query.getCandles({ ...request, includeForming: false })).candles).toHaveLength(1);
  expect((await query.getCandles({ ...request, includeForming: false, last: 1 })).candles).toMatchObject([
    { openTime: HOUR },
  ]);
});

test('untraded minutes are filled flat on wish, incomplete where a gap is open', async () => {
  await publish(HOUR, [
    { openTime: HOUR, close: 101.5 },
    { openTime: HOUR + 4 * MINUTE, isClosed: 0 },
  ]);
  const segments = { SIM: { watermark: new Date((HOUR + 4 * MINUTE) / 1000).toISOString(), openGaps: 1 } };
  await writeStatus({
    dataDir,
    clock,
    status: {
      epoch: 'e',
      offset: 1,
      durableOffset: 1,
      time: new Date(DAY / 1000).toISOString(),
      segments,
      ingestor: { pid: 1, instance: 'i', version: '1' },
    },
  });
  gaps = [{ instrument: ALPHA, from: HOUR + 3 * MINUTE + 1, to: undefined, cause: 'disconnect' }];

  const { candles: found } = await query.getCandles({
    instrument: ALPHA,
    interval: '1m',
    from: HOUR,
    to: Infinity,
    fill: true,
  });

  expect(found.map(({ close, tradeCount, isComplete }) => ({ close, tradeCount, isComplete }))).toEqual([
    { close: 101.5, tradeCount: 3, isComplete: true },
    { close: 101.5, tradeCount: 0, isComplete: true },
    { close: 101.5, tradeCount: 0, isComplete: true },
    { close: 101.5, tradeCount: 0, isComplete: false },
    { close: 101, tradeCount: 3, isComplete: true },
  ]);
});

test('the latest candles are whole, of every instrument asked for, however far back its last trade lies', async () => {
  const old = HOUR - 20 * DAY_MICROS;
  for (let day = 20; day > 0; day--) {
    const hour = HOUR - day * DAY_MICROS;
    const beta = day === 20 ? minutes(old, 30, { instrument: 1 }) : [];
    await publish(hour, [...minutes(hour, 2), ...beta]);
    await files.finishDay('SIM', new Date(hour / 1000).toISOString().slice(0, 10));
  }
  await publish(HOUR, minutes(HOUR, 7));

  const answer = await query.latestCandles({
    instruments: [BETA, ALPHA, 'SIM|NONE'],
    interval: '5m',
    count: 3,
  });

  expect(
    answer.candles.map(({ instrument, openTime, tradeCount }) => [instrument, openTime, tradeCount]),
  ).toEqual([
    [BETA, old + 15 * MINUTE, 15],
    [BETA, old + 20 * MINUTE, 15],
    [BETA, old + 25 * MINUTE, 15],
    [ALPHA, HOUR - DAY_MICROS, 6],
    [ALPHA, HOUR, 15],
    [ALPHA, HOUR + 5 * MINUTE, 6],
  ]);
});

test('a candle that begins before the newest files is given whole', async () => {
  for (const hour of [8, 9, 10, 11]) {
    await publish(DAY + hour * HOUR_MICROS, minutes(DAY + hour * HOUR_MICROS, 60));
  }

  const { candles: latest } = await query.latestCandles({ instruments: [ALPHA], interval: '4h', count: 1 });
  const { candles: last } = await query.getCandles({
    instrument: ALPHA,
    interval: '4h',
    from: -Infinity,
    to: Infinity,
    last: 1,
  });

  expect(latest).toMatchObject([{ openTime: DAY + 8 * HOUR_MICROS, tradeCount: 720 }]);
  expect(last).toEqual(latest);
});

test('several intervals at once are answered as one by one, however far back each must look', async () => {
  for (const hour of [5, 6, 7, 8, 9, 10, 11]) {
    const beta = hour < 7 ? minutes(DAY + hour * HOUR_MICROS, 60, { instrument: 1 }) : [];
    await publish(DAY + hour * HOUR_MICROS, [...minutes(DAY + hour * HOUR_MICROS, 60), ...beta]);
  }
  const from = DAY + 9 * HOUR_MICROS + 7 * MINUTE;
  const wanted: LatestWanted[] = [
    { interval: '1m', count: 3 },
    { interval: '4h', count: 2 },
    { interval: '15m', count: 10 },
    { interval: '5m', count: Infinity, from },
  ];
  const instruments = [BETA, ALPHA];
  const answers = await query.latestIn(instruments, wanted);
  for (const [at, each] of wanted.entries()) {
    const { candles } = await query.latestCandles({ instruments, ...each });
    expect(candles.length).toBeGreaterThan(0);
    expect(answers[at].candles).toEqual(candles);
  }
});

test('a file that went between listing and reading is looked for again', async () => {
  const hour = hourPiece(dataDir, 'SIM', HOUR);
  await mkdir(dirname(hour.path), { recursive: true });
  // Listed, but not there when it is opened.
  await symlink(join(dataDir, 'gone'), hour.path);
  const errors: unknown[] = [];
  const impatient = await openCandleQuery({
    dataDir,
    log: quietLog,
    clock,
    calendars,
    retry: async (work) => {
      errors.push(await work().catch((error: unknown) => error));
      await publish(HOUR, minutes(HOUR, 1));
      return work();
    },
  });

  const answer = await impatient.getCandles({ instrument: ALPHA, interval: '1m', from: DAY, to: Infinity });

  expect(errors).toMatchObject([{ code: 'candle-file-moved', canRetry: true }]);
  expect(answer.candles).toHaveLength(1);
  await impatient[Symbol.asyncDispose]();
});

test('reading is tried three more times, 0.1, 0.2 and 0.3 s apart, before it is an error', async () => {
  const hour = hourPiece(dataDir, 'SIM', HOUR);
  await mkdir(dirname(hour.path), { recursive: true });
  await symlink(join(dataDir, 'gone'), hour.path);
  const waits: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms);
  };
  const patient = await openCandleQuery({ dataDir, log: quietLog, clock: { ...clock, sleep }, calendars });

  const request = { instrument: ALPHA, interval: '1m', from: DAY, to: Infinity } as const;
  await expect(patient.getCandles(request)).rejects.toBeInstanceOf(CandleFileMovedError);

  // A fifth of jitter to either side.
  expect(waits).toHaveLength(3);
  [100, 200, 300].forEach((ms, at) => {
    expect(Math.abs(waits[at] - ms)).toBeLessThanOrEqual(ms / 5);
  });
  await patient[Symbol.asyncDispose]();
});

test('a reader that knows no instruments file still answers', async () => {
  await publish(HOUR, minutes(HOUR, 60, { volume: 0.1 }));
  await rm(join(dataDir, 'live', 'instruments.json'));

  const { candles: found } = await query.getCandles({
    instrument: ALPHA,
    interval: '1h',
    from: HOUR,
    to: HOUR + 1,
  });

  expect(found).toMatchObject([{ volume: 6 }]);
});

test('an instrument that was never published, and a folder that is not there, have no candles', async () => {
  const nowhere = await openCandleQuery({ dataDir: join(dataDir, 'none'), log: quietLog, clock, calendars });
  const request = { instrument: ALPHA, interval: '1m', from: -Infinity, to: Infinity } as const;

  expect(await nowhere.getCandles(request)).toEqual({ candles: [], asOf: undefined });
  expect((await query.getCandles({ ...request, fill: true })).candles).toEqual([]);
  await expect(query.getCandles({ ...request, instrument: 'alpha' })).rejects.toThrow(RangeError);
  await nowhere[Symbol.asyncDispose]();
});
