import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseClosedError, openDatabase } from '@tickwright/database';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '@tickwright/runtime';
import { openTickFile } from '../ticks/tick-file.ts';
import {
  MINUTE,
  START,
  batchOf,
  frames,
  newTable,
  open,
  quietLog,
  rowsOf,
  storedTicks,
} from '../ticks/tick-fixture.ts';
import type { SealStep } from './sealing.ts';
import type { LoadedState } from './tick-state.ts';

const STEPS: readonly SealStep[] = [
  'closed',
  'renamed',
  'created',
  'written',
  'moved',
  'detached',
  'deleted',
];

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sealing-'));
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

/** Ticks of two instruments over a midnight. */
const DAY = Array.from({ length: 300 }, (_, offset) => ({
  offset,
  instrument: offset % 2,
  eventTime: START + offset * 1_000_000,
}));

async function parts(): Promise<string[]> {
  const names = await readdir(join(dataDir, 'ticks'), { recursive: true });
  return names.filter((name) => name.endsWith('.parquet')).sort();
}

test('the live file becomes parts by segment and date, sorted, that anyone can read', async () => {
  await using file = await open(dataDir);
  await file.append([batchOf(DAY)], { appliedOffset: 310, receiveMicros: START });
  const report = await file.seal();
  expect(report.parts.map(({ segment, date, ticks }) => [segment, date, ticks])).toEqual([
    ['BINANCE', '2024-01-02', 60],
    ['BINANCE', '2024-01-03', 90],
    ['SIM', '2024-01-02', 60],
    ['SIM', '2024-01-03', 90],
  ]);
  expect(await parts()).toEqual([
    'segment=BINANCE/date=2024-01-02/1-119.parquet',
    'segment=BINANCE/date=2024-01-03/121-299.parquet',
    'segment=SIM/date=2024-01-02/0-118.parquet',
    'segment=SIM/date=2024-01-03/120-298.parquet',
  ]);
  await using anyone = await openDatabase({ path: ':memory:', log: quietLog });
  const [row] = await anyone.read(
    `SELECT count(*) AS ticks, min(instrument) AS instrument, count(DISTINCT date) AS dates
     FROM read_parquet('${dataDir}/ticks/**/*.parquet')`,
  );
  expect(row).toEqual({ ticks: 300, instrument: 'BINANCE|BTCUSDT', dates: 2 });
  expect(file.stats).toMatchObject({ appliedOffset: 310, sealedOffset: 310, isSealing: false });
});

test.each(STEPS)(
  'a sealing that ends after "%s" is finished at the next start, with every tick once',
  async (step) => {
    {
      await using file = await open(dataDir);
      const coverage = [
        {
          instrument: 'SIM|ALPHA',
          idSpace: 1,
          ranges: [0, 298],
          lastEventMicros: START,
          lastReceiveMicros: START,
        },
      ].map((row) => ({ ...row, lastCumulativeVolume: -1, sessionDate: '2024-01-02', memory: [] }));
      await file.append([batchOf(DAY)], { appliedOffset: 305, receiveMicros: START, coverage });
      const seal = file.seal({
        onStep: (done) => {
          if (done === step) throw new Error('the machine stops here');
        },
      });
      await expect(seal).rejects.toThrow('stops here');
    }
    await using file = await open(dataDir, newTable([]));
    expect(file.stats).toMatchObject({ appliedOffset: 305, isSealing: false });
    expect(await storedTicks(file)).toEqual(rowsOf(batchOf(DAY)));
    expect(await file.loadState()).toMatchObject({ coverageOffset: 305, coverage: [{ ranges: [0, 298] }] });
    if (step !== 'closed') expect(await parts()).toHaveLength(4);
    await file.append([frames(305, 310)], { appliedOffset: 310, receiveMicros: START });
    await file.seal();
    expect(await file.countTicks({})).toBe(305);
    expect(await readdir(join(dataDir, 'live'))).toEqual([
      'ticks_today.duckdb',
      'ticks_today.duckdb.ticks.anchor',
    ]);
  },
);

test.each(['renamed', 'created', 'moved', 'detached'])(
  'a sealing that fails after "%s" goes on with the next try, without a restart',
  async (step) => {
    await using file = await open(dataDir);
    await file.append([batchOf(DAY)], { appliedOffset: 300, receiveMicros: START });
    const seal = file.seal({
      onStep: (done) => {
        if (done === step) throw new Error('no space');
      },
    });
    await expect(seal).rejects.toThrow('no space');
    expect(await storedTicks(file)).toEqual(rowsOf(batchOf(DAY)));
    await file.append([frames(300, 310)], { appliedOffset: 310, receiveMicros: START });
    expect(await file.countTicks({})).toBe(310);
    await file.seal();
    expect(await storedTicks(file)).toEqual([...rowsOf(batchOf(DAY)), ...rowsOf(frames(300, 310))]);
    expect(file.stats).toMatchObject({ isSealing: false, sealedOffset: 310 });
  },
);

test('while parts are written, appends go on and every read sees every tick once', async () => {
  await using file = await open(dataDir);
  await file.append([batchOf(DAY)], { appliedOffset: 300, receiveMicros: START });
  const seen: string[] = [];
  let next = 300;
  await file.seal({
    onStep: async (step) => {
      if (step === 'closed' || step === 'renamed' || step === 'created') return;
      await file.append([frames(next, next + 1)], { appliedOffset: next + 1, receiveMicros: START });
      next += 1;
      const minutes = await file.minutes({ instruments: ['BINANCE|BTCUSDT'] });
      const trades = minutes.tradeCount.reduce((sum, count) => sum + count, 0);
      seen.push(`${step} ${(await storedTicks(file)).length - next} ${trades}`);
    },
  });
  expect(seen).toEqual(['written 0 150', 'moved 0 150', 'detached 0 150', 'deleted 0 150']);
  expect(await file.countTicks({ fromMicros: START + MINUTE })).toBe(240);
});

test('reads and appends that come while the file changes places wait for it', async () => {
  await using file = await open(dataDir);
  await file.append([batchOf(DAY)], { appliedOffset: 300, receiveMicros: START });
  let waiting: Promise<readonly [number, void, LoadedState]> | undefined;
  await file.seal({
    onStep: (step) => {
      if (step !== 'renamed') return;
      waiting = Promise.all([
        file.countTicks({}),
        file.append([frames(300, 301)], { appliedOffset: 301, receiveMicros: START }),
        file.loadState(),
      ]);
    },
  });
  const [count, , state] = (await waiting) ?? [];
  // The count and the append run side by side once the file is there.
  expect([300, 301]).toContain(count);
  expect(state?.instruments).toHaveLength(2);
  expect(await file.countTicks({})).toBe(301);
});

test('sealing again and again, also with nothing new, keeps every tick once', async () => {
  let file = await open(dataDir);
  for (let day = 0; day < 3; day++) {
    await file.append([frames(day * 10, day * 10 + 5)], {
      appliedOffset: day * 10 + 10,
      receiveMicros: START,
    });
    await file.seal();
    expect((await file.seal()).parts).toEqual([]);
    await file.close();
    file = await open(dataDir, newTable([]));
  }
  expect((await storedTicks(file)).map((row) => row['offset'])).toEqual([
    0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24,
  ]);
  expect((await storedTicks(file, 13)).length).toBe(7);
  expect(file.appliedOffset).toBe(30);
  await file.close();
});

test('parts are filed by the date that the calendar gives to the time of reception', async () => {
  const indian = (_segment: string, micros: number): string =>
    new Date((micros + 5.5 * 60 * MINUTE) / 1000).toISOString().slice(0, 10);
  const instruments = newTable();
  await using file = await openTickFile({
    dataDir,
    instruments,
    log: quietLog,
    clock: systemClock,
    dateOf: indian,
  });
  const midnight = Date.UTC(2024, 0, 2, 18, 30) * 1000;
  const old = { eventTime: midnight - 9 * 86_400_000_000 };
  const ticks = [
    { ...old, offset: 0, receiveTime: midnight - 1 },
    { ...old, offset: 1, receiveTime: midnight },
    { ...old, offset: 2, receiveTime: midnight + 86_400_000_000 },
  ];
  await file.append([batchOf(ticks)], { appliedOffset: 3, receiveMicros: START });
  await file.seal();
  expect(await parts()).toEqual([
    'segment=SIM/date=2024-01-02/0-0.parquet',
    'segment=SIM/date=2024-01-03/1-1.parquet',
    'segment=SIM/date=2024-01-04/2-2.parquet',
  ]);
  expect(await file.countTicks({ fromMicros: old.eventTime, toMicros: old.eventTime + 1 })).toBe(3);
});

test('without its live file, the tick file goes on from the sealed parts', async () => {
  {
    await using file = await open(dataDir);
    await file.append([frames(0, 50)], { appliedOffset: 60, receiveMicros: START });
    await file.seal();
  }
  await rm(join(dataDir, 'live'), { recursive: true });
  await using file = await open(dataDir);
  expect([file.appliedOffset, await file.countTicks({})]).toEqual([50, 50]);
  await file.append([frames(50, 52)], { appliedOffset: 52, receiveMicros: START });
  expect(await file.countTicks({})).toBe(52);
});

test('a log that has lost its tick file is set aside, not offered to the next one', async () => {
  await (await open(dataDir)).close();
  await rm(join(dataDir, 'live', 'ticks_today.duckdb'));
  await writeFile(join(dataDir, 'live', 'ticks_today.duckdb.wal'), Buffer.alloc(300, 7));
  await using file = await open(dataDir);
  expect(file.appliedOffset).toBe(0);
  expect(await readdir(join(dataDir, 'quarantine'))).toHaveLength(1);
});

test('a read that is never ended delays a sealing, and does not stop it', async () => {
  let now = 0;
  const impatient = { ...systemClock, monotonicMs: () => (now += 1000) };
  await using file = await openTickFile({
    dataDir,
    instruments: newTable(),
    log: quietLog,
    clock: impatient,
  });
  await file.append([batchOf(DAY)], { appliedOffset: 300, receiveMicros: START });
  const before = file.readTicks({})[Symbol.asyncIterator]();
  await before.next();
  let during = before;
  const seal = file.seal({
    onStep: async (step) => {
      if (step !== 'written') return;
      during = file.readTicks({})[Symbol.asyncIterator]();
      await during.next();
    },
  });
  await expect(seal).rejects.toThrow('seal again');
  // What it had been given already may still be told, an end that looks like the whole may not.
  await expect(toTheEnd(before)).rejects.toThrow(DatabaseClosedError);
  expect(await file.countTicks({})).toBe(300);
  await file.append([frames(300, 301)], { appliedOffset: 301, receiveMicros: START });
  await file.seal();
  expect(await file.countTicks({})).toBe(301);
  expect(await readdir(join(dataDir, 'live'))).not.toContain('ticks_sealing.duckdb');
});

async function toTheEnd(reading: AsyncIterator<unknown>): Promise<void> {
  while ((await reading.next()).done !== true);
}
