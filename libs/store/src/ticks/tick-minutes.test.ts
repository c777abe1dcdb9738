import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMB, TickKind, addQuantity, powerOfTen } from '@tickwright/market';
import type { CandleStateColumns, InstrumentTable } from '@tickwright/market';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MINUTE, START, addInstrument, batchOf, frames, newTable, open } from './tick-fixture.ts';
import type { PlainTick } from './tick-fixture.ts';
import type { TickFile } from './tick-file.ts';

let dataDir: string;
let table: InstrumentTable;
let file: TickFile;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'minutes-'));
  table = newTable([]);
  addInstrument(table, 'SIM|ALPHA', 8);
  addInstrument(table, 'BINANCE|BTCUSDT', 3);
  addInstrument(table, 'NSE_EQ|INE155A01022', 0);
  file = await open(dataDir, table);
});

afterEach(async () => {
  await file.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** A tick with all that a fold looks at. */
type FoldedTick = Required<
  Pick<PlainTick, 'offset' | 'index' | 'instrument' | 'eventTime' | 'price' | 'volume' | 'kind' | 'tradeId'>
>;

function isBefore(a: FoldedTick, b: FoldedTick): boolean {
  if (a.eventTime !== b.eventTime) return a.eventTime < b.eventTime;
  if (a.tradeId !== b.tradeId) return a.tradeId < b.tradeId;
  return a.offset === b.offset ? a.index < b.index : a.offset < b.offset;
}

/** The same fold in the plainest way: sort, then look. */
function naiveFold(ticks: readonly FoldedTick[]): Record<string, number>[] {
  const groups = new Map<string, FoldedTick[]>();
  for (const tick of ticks.filter(({ kind }) => kind !== TickKind.quote)) {
    const openTime = Math.floor(tick.eventTime / MINUTE) * MINUTE;
    const name = `${tick.instrument} ${openTime}`;
    groups.set(name, [...(groups.get(name) ?? []), tick]);
  }
  const candles = [...groups].map(([name, group]) => naiveCandle(Number(name.split(' ')[1]), group));
  return candles.sort((a, b) => a['instrument'] - b['instrument'] || a['openTime'] - b['openTime']);
}

function naiveCandle(openTime: number, unordered: readonly FoldedTick[]): Record<string, number> {
  const group = [...unordered].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  const [first] = group;
  const last = group[group.length - 1];
  const limbs = new Float64Array(2);
  const scale = powerOfTen(table.at(first.instrument).quantityDecimals);
  for (const tick of group) addQuantity(limbs, 0, tick.volume, scale);
  return {
    instrument: first.instrument,
    openTime,
    open: first.price,
    high: Math.max(...group.map((tick) => tick.price)),
    low: Math.min(...group.map((tick) => tick.price)),
    close: last.price,
    volumeLow: limbs[0],
    volumeHigh: limbs[1],
    tradeCount: group.filter((tick) => tick.volume > 0 || tick.kind === TickKind.trade).length,
    isClosed: 0,
    revision: 0,
    version: Math.max(...group.map((tick) => tick.offset)),
    firstEventTime: first.eventTime,
    firstTradeId: first.tradeId,
    firstOffset: first.offset,
    firstIndex: first.index,
    lastEventTime: last.eventTime,
    lastTradeId: last.tradeId,
    lastOffset: last.offset,
    lastIndex: last.index,
  };
}

function plain({ count, ...columns }: CandleStateColumns): Record<string, number>[] {
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[row]])),
  );
}

const DECIMALS = [8, 3, 0];

const anyTicks = fc
  .array(
    fc.record({
      instrument: fc.integer({ min: 0, max: 2 }),
      // Few different times and ids, so that every rule of the order is needed.
      time: fc.integer({ min: 0, max: 400 }),
      tradeId: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 5 })),
      price: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
      units: fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.maxSafeInteger().map(Math.abs)),
      kind: fc.constantFrom(TickKind.trade, TickKind.trade, TickKind.conflated, TickKind.quote),
      isSameFrame: fc.boolean(),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((drafts) => {
    let offset = 0;
    let index = -1;
    return drafts.map(({ isSameFrame, units, time, ...draft }): FoldedTick => {
      index = isSameFrame ? index + 1 : 0;
      offset += isSameFrame ? 0 : 1;
      const volume = Number(`${units}e-${DECIMALS[draft.instrument]}`);
      return { ...draft, volume, eventTime: START + time * 1_000_000, offset, index };
    });
  });

test('minutes computed by SQL equal a naive fold, wherever the ticks are stored', async () => {
  let base = 0;
  let all: FoldedTick[] = [];
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(anyTicks, async (drawn) => {
      const ticks = drawn.map((tick) => ({ ...tick, offset: tick.offset + base }));
      base = ticks[ticks.length - 1].offset + 1;
      all = [...all, ...ticks];
      await file.append([batchOf(ticks)], { appliedOffset: base, receiveMicros: START });
      // Each run adds to what is stored; every fifth seals it, so that later ones read parts and live file together.
      runs += 1;
      if (runs % 5 === 0) await file.seal();
      expect(plain(await file.minutes({}))).toEqual(naiveFold(all));
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

test('volumes beyond what float64 multiplies exactly are summed to the last decimal', async () => {
  const volumes = [123456789.01, 2 ** 52 / 1e8, 90071992.5474099, 1e-8, 5e11];
  const ticks = volumes.map((volume, offset) => ({ offset, volume, eventTime: START + offset }));
  await file.append([batchOf(ticks)], { appliedOffset: 5, receiveMicros: START });
  const limbs = new Float64Array(2);
  for (const volume of volumes) addQuantity(limbs, 0, volume, 1e8);
  const minutes = await file.minutes({});
  expect([minutes.volumeLow[0], minutes.volumeHigh[0]]).toEqual([...limbs]);
  expect(limbs[1] * LIMB).toBeGreaterThan(0);
});

test('only minutes that were touched since an offset are computed, from all of their ticks', async () => {
  const at = (minute: number, second: number): number => START + minute * MINUTE + second * 1_000_000;
  const before = [
    { offset: 0, eventTime: at(0, 5), price: 1 },
    { offset: 1, eventTime: at(1, 5), price: 2 },
    { offset: 2, eventTime: at(2, 5), price: 3 },
    { offset: 3, eventTime: at(2, 5), price: 3, instrument: 1 },
  ];
  await file.append([batchOf(before)], { appliedOffset: 4, receiveMicros: START });
  await file.seal();
  const after = [
    { offset: 4, eventTime: at(0, 3), price: 9 },
    { offset: 5, eventTime: at(2, 50), price: 4 },
    { offset: 6, eventTime: at(1, 50), price: 4, kind: TickKind.quote, volume: 0 },
  ];
  await file.append([batchOf(after)], { appliedOffset: 7, receiveMicros: START });
  const changed = plain(await file.minutes({ changedSince: 4 }));
  expect(
    changed.map(({ openTime, open, close, tradeCount }) => [openTime - START, open, close, tradeCount]),
  ).toEqual([
    [0, 9, 1, 2],
    [2 * MINUTE, 3, 4, 2],
  ]);
  expect((await file.minutes({ changedSince: 7 })).count).toBe(0);
});

test('minutes are bounded by open time and instrument', async () => {
  await file.append([frames(0, 200)], { appliedOffset: 200, receiveMicros: START });
  await file.append([batchOf([{ offset: 200, instrument: 1, eventTime: START + MINUTE }])], {
    appliedOffset: 201,
    receiveMicros: START,
  });
  expect((await file.minutes({ fromMicros: START + MINUTE })).count).toBe(1);
  expect((await file.minutes({ toMicros: START + MINUTE })).count).toBe(1);
  expect((await file.minutes({ instruments: ['SIM|ALPHA'] })).count).toBe(1);
  expect((await file.minutes({ instruments: [] })).count).toBe(0);
  await expect(file.minutes({ fromMicros: START + 1 })).rejects.toThrow(RangeError);
});
