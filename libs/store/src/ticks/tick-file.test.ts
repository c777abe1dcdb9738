import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommitInDoubtError } from '@tickwright/database';
import type { CoverageRow } from '@tickwright/market';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  START,
  addInstrument,
  batchOf,
  frames,
  newTable,
  open,
  rowsOf,
  storedTicks,
} from './tick-fixture.ts';
import { TickFileError } from '../tick-storage/tick-state.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ticks-'));
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

function coverage(row: Partial<CoverageRow> & { instrument: string }): CoverageRow {
  return {
    idSpace: 1,
    ranges: [],
    lastEventMicros: -1,
    lastReceiveMicros: -1,
    lastCumulativeVolume: -1,
    sessionDate: '',
    memory: [],
    ...row,
  };
}

test('ticks come back after a restart exactly as they were appended, in order', async () => {
  const batch = batchOf([
    { offset: 3, index: 0, price: 0.1, volume: 1e-8, tradeId: 2 ** 53 - 1, side: 2 },
    { offset: 3, index: 1, instrument: 1, kind: 1, idSpace: 0, tradeId: -1, cumulativeVolume: 123456789 },
    { offset: 7, kind: 2, volume: 0, price: 1e9 / 3, receiveTime: START - 1 },
  ]);
  {
    await using file = await open(dataDir);
    await file.append([batch, frames(8, 3000)], { appliedOffset: 3000, receiveMicros: START });
  }
  await using file = await open(dataDir, newTable([]));
  expect(file.appliedOffset).toBe(3000);
  const rows = await storedTicks(file);
  expect(rows).toEqual([...rowsOf(batch), ...rowsOf(frames(8, 3000))]);
  expect(await storedTicks(file, 2998)).toEqual(rowsOf(frames(2998, 3000)));
});

test('ticks that do not continue what is stored are refused and change nothing', async () => {
  await using file = await open(dataDir);
  await file.append([frames(0, 10)], { appliedOffset: 10, receiveMicros: START });
  const wrong = [
    { batch: frames(9, 12), to: 12 },
    { batch: frames(10, 12), to: 11 },
    { batch: frames(10, 12), to: 9 },
    { batch: batchOf([{ offset: 12 }, { offset: 11 }]), to: 13 },
    {
      batch: batchOf([
        { offset: 12, index: 1 },
        { offset: 12, index: 1 },
      ]),
      to: 13,
    },
  ];
  for (const { batch, to } of wrong) {
    const append = file.append([batch], { appliedOffset: to, receiveMicros: START });
    await expect(append).rejects.toMatchObject({ code: 'tick-file-offset' });
  }
  await expect(file.append([], { appliedOffset: Number.NaN, receiveMicros: START })).rejects.toThrow(
    TickFileError,
  );
  expect(await file.countTicks({})).toBe(10);
  await file.append([frames(12, 14)], { appliedOffset: 20, receiveMicros: START });
  expect([file.appliedOffset, await file.countTicks({})]).toEqual([20, 12]);
});

test('concurrent appends are stored in the order they were asked for', async () => {
  await using file = await open(dataDir);
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      file.append([frames(i * 10, i * 10 + 10)], { appliedOffset: i * 10 + 10, receiveMicros: START }),
    ),
  );
  expect((await storedTicks(file)).map((row) => row['offset'])).toEqual(
    Array.from({ length: 200 }, (_, i) => i),
  );
});

test('after a doubtful commit that was stored, reload tells so and the ticks are not stored twice', async () => {
  await using file = await open(dataDir);
  await file.append([frames(0, 5)], { appliedOffset: 5, receiveMicros: START });
  const { database } = file;
  const write = database.write.bind(database);
  // The engine commits, and the answer is lost: what a full disk at the checkpoint after a commit looks like.
  database.write = async (work) => {
    await write(work);
    throw new CommitInDoubtError({ path: database.path, found: 'the answer was lost' });
  };
  const append = file.append([frames(5, 9)], { appliedOffset: 9, receiveMicros: START });
  await expect(append).rejects.toThrow(CommitInDoubtError);
  database.write = write;
  await expect(file.append([frames(5, 9)], { appliedOffset: 9, receiveMicros: START })).rejects.toThrow(
    'reload',
  );
  expect(await file.reload()).toBe(9);
  await expect(file.append([frames(5, 9)], { appliedOffset: 9, receiveMicros: START })).rejects.toThrow(
    'continue',
  );
  await file.append([frames(9, 12)], { appliedOffset: 12, receiveMicros: START });
  expect((await storedTicks(file)).map((row) => row['offset'])).toEqual(
    Array.from({ length: 12 }, (_, i) => i),
  );
});

test('after a doubtful commit that was not stored, the same ticks are appended again', async () => {
  await using file = await open(dataDir, newTable([]));
  const { database } = file;
  const write = database.write.bind(database);
  database.write = () =>
    Promise.reject(new CommitInDoubtError({ path: database.path, found: 'the disk is full' }));
  await expect(file.append([], { appliedOffset: 9, receiveMicros: START })).rejects.toThrow(
    CommitInDoubtError,
  );
  database.write = write;
  expect(await file.reload()).toBe(0);
  await file.append([], { appliedOffset: 9, receiveMicros: START });
  expect(file.appliedOffset).toBe(9);
});

test('instruments keep their numbers over restarts, in whatever order a configuration registers them', async () => {
  {
    const table = newTable(['SIM|ALPHA']);
    await using file = await open(dataDir, table);
    await file.append([frames(0, 1)], { appliedOffset: 1, receiveMicros: START });
    addInstrument(table, 'KRAKEN|BTC/USD', 10);
    await file.append([frames(1, 2, { instrument: 1 })], { appliedOffset: 2, receiveMicros: START });
  }
  const table = newTable(['NSE_EQ|INE155A01022', 'KRAKEN|BTC/USD', 'SIM|ALPHA']);
  await using file = await open(dataDir, table);
  await file.append([frames(2, 3, { instrument: 0 })], { appliedOffset: 3, receiveMicros: START });
  expect((await storedTicks(file)).map((row) => table.at(row['instrument']).key)).toEqual([
    'SIM|ALPHA',
    'KRAKEN|BTC/USD',
    'NSE_EQ|INE155A01022',
  ]);
  const { instruments } = await file.loadState();
  expect(instruments.map((row) => row.key)).toEqual(['SIM|ALPHA', 'KRAKEN|BTC/USD', 'NSE_EQ|INE155A01022']);
  expect(instruments[1]).toEqual({
    key: 'KRAKEN|BTC/USD',
    venueSymbol: 'BTC/USD',
    priceDecimals: 2,
    quantityDecimals: 10,
    calendar: 'always',
  });
  const minutes = await file.minutes({ instruments: ['NSE_EQ|INE155A01022'] });
  expect([minutes.count, minutes.instrument[0]]).toEqual([1, 0]);
});

test('the newest coverage of each instrument is loaded, with the offset all of it stands for', async () => {
  const first = coverage({ instrument: 'SIM|ALPHA', ranges: [1, 5, 8, 2 ** 52] });
  const other = coverage({
    instrument: 'BINANCE|BTCUSDT',
    idSpace: 2,
    lastEventMicros: START,
    lastReceiveMicros: START + 1,
    lastCumulativeVolume: 0.30000000000000004,
    sessionDate: '2024-01-02',
    memory: [0.1, -1, START, 1e21],
  });
  const newer = coverage({ instrument: 'SIM|ALPHA', ranges: [1, 2 ** 52] });
  await using file = await open(dataDir);
  expect(await file.loadState()).toMatchObject({ coverage: [], coverageOffset: 0, appliedOffset: 0 });
  await file.append([], { appliedOffset: 5, receiveMicros: START, coverage: [first, other] });
  await file.append([], { appliedOffset: 7, receiveMicros: START, coverage: [newer] });
  await file.append([frames(7, 9)], { appliedOffset: 9, receiveMicros: START });
  const state = await file.loadState();
  expect(state.coverage).toEqual([other, newer]);
  expect([state.coverageOffset, state.appliedOffset]).toEqual([7, 9]);
});

test('ticks are read by event time, then id, then place in the journal, either way and within bounds', async () => {
  await using file = await open(dataDir);
  const same = START + 500;
  const ticks = [
    { offset: 0, eventTime: same, tradeId: 9 },
    { offset: 1, eventTime: START, tradeId: 7 },
    { offset: 2, eventTime: same, tradeId: 8, instrument: 1 },
    { offset: 3, index: 0, eventTime: same, tradeId: -1, idSpace: 0, cumulativeVolume: 5 },
    { offset: 3, index: 1, eventTime: same, tradeId: -1, idSpace: 0 },
  ];
  await file.append([batchOf(ticks)], { appliedOffset: 4, receiveMicros: START });
  const read = async (query: Parameters<typeof file.readTicks>[0]): Promise<string[]> => {
    const found = [];
    for await (const rows of file.readTicks(query))
      found.push(...rows.map((row) => `${row.offset}.${row.index}`));
    return found;
  };
  expect(await read({})).toEqual(['1.0', '3.0', '3.1', '2.0', '0.0']);
  expect(await read({ limit: 2 })).toEqual(['1.0', '3.0']);
  expect(await read({ last: 2 })).toEqual(['2.0', '0.0']);
  expect(await read({ last: 9 })).toEqual(['1.0', '3.0', '3.1', '2.0', '0.0']);
  expect(await read({ instrument: 'BINANCE|BTCUSDT' })).toEqual(['2.0']);
  expect(await read({ instrument: "SIM|'x" })).toEqual([]);
  expect(await read({ fromMicros: same })).toEqual(['3.0', '3.1', '2.0', '0.0']);
  expect(await read({ toMicros: same })).toEqual(['1.0']);
  expect(await file.countTicks({ instrument: 'SIM|ALPHA', fromMicros: same })).toBe(3);
  for await (const [row] of file.readTicks({ instrument: 'SIM|ALPHA', fromMicros: same, limit: 1 })) {
    expect(row).toEqual({
      instrument: 'SIM|ALPHA',
      eventTime: same,
      receiveTime: same + 1500,
      price: 100.03,
      quantity: 0.1,
      volume: 0.1,
      side: 'buy',
      kind: 'trade',
      idSpace: 'none',
      tradeId: null,
      cumulativeVolume: 5,
      offset: 3,
      index: 0,
    });
  }
});

test('whoever reads many ticks gets them in small pieces, and the event loop runs after each', async () => {
  await using file = await open(dataDir);
  await file.append([frames(0, 5_000)], { appliedOffset: 5_000, receiveMicros: START });
  let turns = 0;
  let isReading = true;
  const count = (): void => {
    turns += 1;
    if (isReading) setImmediate(count);
  };
  setImmediate(count);
  let [pieces, rows, turnsAtLast] = [0, 0, -1];
  for await (const piece of file.readTicks({})) {
    expect(piece.length).toBeLessThanOrEqual(128);
    expect(turns).toBeGreaterThan(turnsAtLast);
    turnsAtLast = turns;
    pieces += 1;
    rows += piece.length;
  }
  isReading = false;
  expect(rows).toBe(5_000);
  expect(pieces).toBeGreaterThanOrEqual(40);
});

test('a file of another version is refused by name', async () => {
  {
    await using file = await open(dataDir);
    await file.database.write((tx) => tx.run('UPDATE state SET schema_version = 99'));
  }
  await expect(open(dataDir)).rejects.toMatchObject({ code: 'tick-file-version', exitCode: 4 });
});

test('the file has no log and no other file beside it after it was made and after it was closed', async () => {
  await (await open(dataDir)).close();
  expect((await stat(join(dataDir, 'live', 'ticks_today.duckdb'))).size).toBeGreaterThan(0);
  await expect(stat(join(dataDir, 'live', 'ticks_today.duckdb.wal'))).rejects.toThrow('ENOENT');
  await expect(stat(join(dataDir, 'live', 'ticks_today.duckdb.new'))).rejects.toThrow('ENOENT');
});
