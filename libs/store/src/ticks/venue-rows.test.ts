import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VenueRowKind, candleColumns } from '@tickwright/market';
import type { VenueRow } from '@tickwright/market';
import { openDatabase } from '@tickwright/database';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SealStep } from '../tick-storage/sealing.ts';
import { venueDifferences } from '../verification/venue-differences.ts';
import { MINUTE, START, frames, newTable, open, quietLog } from './tick-fixture.ts';
import type { TickFile } from './tick-file.ts';
import { venueCandle, venueSpan } from './venue-fixture.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'venue-rows-'));
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

async function append(file: TickFile, venue: readonly VenueRow[], appliedOffset: number): Promise<void> {
  await file.append([], { appliedOffset, receiveMicros: START, venue });
}

async function closes(file: TickFile): Promise<Record<number, number>> {
  const rows = await file.venueMinutes({});
  const told = Array.from({ length: rows.count }, (_, row) => [
    (rows.openTime[row] - START) / MINUTE,
    rows.close[row],
  ]);
  return Object.fromEntries(told);
}

test("of a venue's candle that was told again the last word stands, and its version is the frame that said so first", async () => {
  await using file = await open(dataDir);
  await append(file, [venueCandle(0, { offset: 0 }), venueCandle(1, { offset: 0, index: 1 })], 1);
  await append(file, [venueCandle(0, { offset: 1, close: 9.5 })], 2);
  await append(file, [venueCandle(0, { offset: 2, close: 9.5 }), venueCandle(1, { offset: 2, index: 1 })], 3);
  const rows = await file.venueMinutes({});
  expect([...rows.close]).toEqual([9.5, 11]);
  expect([...rows.version]).toEqual([1, 0]);
  expect([...rows.isTraded]).toEqual([1, 1]);
  expect((await file.venueMinutes({ changedSince: 2 })).count).toBe(2);
  expect((await file.venueMinutes({ changedSince: 3 })).count).toBe(0);
  expect((await file.venueMinutes({ fromMicros: START + MINUTE })).count).toBe(1);
});

test('venue rows of offsets that are stored already are refused, as ticks are', async () => {
  await using file = await open(dataDir);
  await append(file, [venueCandle(0, { offset: 4 })], 5);
  await expect(append(file, [venueCandle(1, { offset: 4 })], 6)).rejects.toThrow('does not continue');
  await expect(append(file, [venueCandle(1, { offset: 6 })], 6)).rejects.toThrow('does not continue');
  expect(await closes(file)).toEqual({ 0: 11 });
});

test.each(['closed', 'renamed', 'created', 'written', 'moved', 'detached', 'deleted', 'none'] as const)(
  'sealed beside the ticks, every venue row is there once, also when the sealing ends after "%s"',
  async (step: SealStep | 'none') => {
    {
      await using file = await open(dataDir);
      const told = [
        venueCandle(0, { offset: 0 }),
        venueCandle(1, { offset: 1, instrument: 1, close: 10 }),
        venueSpan(VenueRowKind.standIn, { from: 0, to: 3, offset: 2 }),
      ];
      await file.append([frames(0, 5)], { appliedOffset: 5, receiveMicros: START, venue: told });
      const seal = file.seal({
        onStep: (done) => {
          if (done === step) throw new Error('the machine stops here');
        },
      });
      if (step === 'none') expect((await seal).venueParts.map(({ rows }) => rows)).toEqual([1, 2]);
      else await expect(seal).rejects.toThrow('stops here');
    }
    await using file = await open(dataDir, newTable([]));
    await append(file, [venueCandle(2, { offset: 5, close: 9 })], 6);
    const rows = await file.venueMinutes({});
    expect([...rows.close].toSorted()).toEqual([10, 11, 9]);
    expect(await file.venueSpans({})).toHaveLength(1);
    expect(await file.countTicks({})).toBe(5);
    if (step === 'none') {
      const names = await readdir(join(dataDir, 'ticks'), { recursive: true });
      expect(names.filter((name) => name.endsWith('.venue'))).toHaveLength(2);
    }
  },
);

test('venue rows alone are sealed too, and what is forgotten with its day is forgotten beside the ticks', async () => {
  await using file = await open(dataDir);
  await append(file, [venueCandle(0, { offset: 0 })], 1);
  const { parts, venueParts } = await file.seal();
  expect([parts.length, venueParts.length]).toEqual([0, 1]);
  expect(await closes(file)).toEqual({ 0: 11 });
  const coverage = [
    { instrument: 'SIM|ALPHA', idSpace: 1, ranges: [0, 9], lastEventMicros: START, lastReceiveMicros: START },
  ].map((row) => ({ ...row, lastCumulativeVolume: -1, sessionDate: '', memory: [] }));
  await file.append([frames(1, 2)], { appliedOffset: 2, receiveMicros: START, coverage });
  expect(await file.forget('2024-02-01')).toHaveLength(1);
  expect(await closes(file)).toEqual({});
});

test('a file of the version before is migrated in a copy, once, and the original is kept', async () => {
  {
    await using file = await open(dataDir);
    await file.append([frames(0, 5)], { appliedOffset: 5, receiveMicros: START });
  }
  await makeOld(join(dataDir, 'live/ticks_today.duckdb'));
  {
    await using file = await open(dataDir, newTable([]));
    expect(await file.countTicks({})).toBe(5);
    expect(file.appliedOffset).toBe(5);
    const [unseen] = await file.venueSpans({});
    expect(unseen).toMatchObject({ kind: VenueRowKind.unseen, fromMicros: 0, toMicros: START });
    await append(file, [venueCandle(0, { offset: 5 })], 6);
    expect(await closes(file)).toEqual({ 0: 11 });
  }
  const kept = await readdir(join(dataDir, 'quarantine'));
  expect(kept.map((name) => name.replace(/\d+$/, ''))).toEqual(['ticks_today.duckdb.version-1.']);
  await using again = await open(dataDir, newTable([]));
  expect(again.appliedOffset).toBe(6);
  expect(await readdir(join(dataDir, 'quarantine'))).toHaveLength(1);
});

test('a file of the version before that was being sealed is migrated and its sealing finished', async () => {
  {
    await using file = await open(dataDir);
    await file.append([frames(0, 5)], { appliedOffset: 5, receiveMicros: START });
    const seal = file.seal({
      onStep: (step) => {
        if (step === 'renamed') throw new Error('the machine stops here');
      },
    });
    await expect(seal).rejects.toThrow('stops here');
  }
  await makeOld(join(dataDir, 'live/ticks_sealing.duckdb'));
  await using file = await open(dataDir, newTable([]));
  expect(await file.countTicks({})).toBe(5);
  expect(file.stats).toMatchObject({ isSealing: false, sealedOffset: 5 });
  expect(await file.venueSpans({})).toHaveLength(1);
});

/** Takes away what version 2 added. */
async function makeOld(path: string): Promise<void> {
  await using database = await openDatabase({ path, log: quietLog });
  await database.write(async (tx) => {
    await tx.run('DROP VIEW venue_candles');
    await tx.run('DROP TABLE venue_rows');
    await tx.run('CREATE OR REPLACE TABLE state AS SELECT * REPLACE (1 AS schema_version) FROM state');
  });
}

test('a minute is told by a candle, by a flat one, or by what an answer left out; of the rest nothing is known', async () => {
  await using file = await open(dataDir);
  const flat = { open: 11, high: 11, low: 11, close: 11, volume: 0, tradeCount: -1 };
  await append(
    file,
    [
      venueSpan(VenueRowKind.answered, { from: 2, to: 5, offset: 0 }),
      venueCandle(0, { offset: 0, index: 1 }),
      venueCandle(1, { offset: 0, index: 2, ...flat }),
      venueCandle(3, { offset: 0, index: 3 }),
    ],
    1,
  );
  const asked = { instrument: 'SIM|ALPHA', fromMicros: START, toMicros: START + 7 * MINUTE };
  const minute = (at: number): number => START + at * MINUTE;
  expect(await file.venueCoverage(asked)).toEqual({
    candles: [minute(0), minute(3)],
    untraded: [minute(1), minute(2), minute(4)],
    missing: [{ fromMicros: minute(5), toMicros: minute(7) }],
  });
});

test('each field that differs from the venue is told by instrument and minute; what is the same, or untold, is not', async () => {
  await using file = await open(dataDir);
  const flat = { open: 11, high: 11, low: 11, close: 11, volume: 0, tradeCount: -1 };
  await append(
    file,
    [
      venueCandle(0, { offset: 0 }),
      venueCandle(1, { offset: 0, index: 1, tradeCount: -1 }),
      venueCandle(2, { offset: 0, index: 2, ...flat }),
      venueCandle(5, { offset: 0, index: 3 }),
    ],
    1,
  );
  const ours = candleColumns(5);
  const add = (minute: number, told: { close?: number; volume?: number; trades?: number }): void => {
    const row = ours.count++;
    ours.openTime[row] = START + minute * MINUTE;
    ours.open[row] = 10;
    ours.high[row] = 12;
    ours.low[row] = 9;
    ours.close[row] = told.close ?? 11;
    ours.volume[row] = told.volume ?? 5;
    ours.tradeCount[row] = told.trades ?? 3;
    ours.isClosed[row] = 1;
  };
  add(0, { close: 10.5, trades: 2 });
  add(1, { volume: 4 });
  add(2, {});
  add(3, {});
  add(4, {});
  const differences = venueDifferences(ours, await file.venueMinutes({}), {
    instruments: newTable(),
    isAnswered: (_instrument, openTime) => openTime === START + 3 * MINUTE,
  });
  const found = differences.map(({ instrument, openTime, field, ours: a, theirs: b }) => {
    expect(instrument).toBe('SIM|ALPHA');
    return [(Date.parse(openTime) * 1_000 - START) / MINUTE, field, a, b];
  });
  expect(found).toEqual([
    [0, 'close', 10.5, 11],
    [0, 'tradeCount', 2, 3],
    [1, 'volume', 4, 5],
    [2, 'candle', 11, undefined],
    [3, 'candle', 11, undefined],
    [5, 'candle', undefined, 11],
  ]);
});
