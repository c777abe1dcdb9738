import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VenueRowKind, calendars } from '@tickwright/market';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MINUTE, START, batchOf, newTable, open } from '../ticks/tick-fixture.ts';
import type { PlainTick } from '../ticks/tick-fixture.ts';
import type { TickFile } from '../ticks/tick-file.ts';
import { venueCandle, venueSpan } from '../ticks/venue-fixture.ts';
import { coverageDays } from './coverage.ts';
import type { CoverageOptions, InstrumentDay } from './coverage.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'coverage-'));
});
afterEach(async () => await rm(dataDir, { recursive: true, force: true }));

const ALPHA = 'SIM|ALPHA';
const table = newTable();
const at = (minute: number): number => START + minute * MINUTE;

async function days(ticks: TickFile, told: Partial<CoverageOptions> = {}): Promise<InstrumentDay[]> {
  const found: InstrumentDay[] = [];
  const options: CoverageOptions = {
    span: { from: at(0), to: at(10) },
    keys: [ALPHA],
    instruments: table,
    calendars,
    published: { present: async (_, keys) => new Map(keys.map((key) => [key, new Set([at(0)])])) },
    ticks,
    gaps: [],
    watchedUntil: () => -1,
    ...told,
  };
  for await (const day of coverageDays(options)) found.push(day);
  return found;
}

const ticksOf = (...told: [minute: number, id: number][]): PlainTick[] =>
  told.map(([minute, tradeId], offset) => ({ offset, tradeId, eventTime: at(minute) }));

test("the venue's own word: a flat candle or what its answer left out is untraded, a candle that we lack is missing", async () => {
  await using ticks = await open(dataDir, table);
  const venue = [
    venueCandle(0, { offset: 0 }),
    venueCandle(1, { offset: 0, index: 1, open: 10, high: 10, low: 10, close: 10, volume: 0, tradeCount: 0 }),
    venueCandle(4, { offset: 0, index: 2 }),
    venueSpan(VenueRowKind.answered, { from: 3, to: 6, offset: 0 }),
  ];
  await ticks.append([], { appliedOffset: 1, receiveMicros: START, venue });
  // Two minutes of one date, eight of the next.
  const found = await days(ticks);
  expect(found.map(({ date, expected }) => [date, expected])).toEqual([
    ['2024-01-02', 2],
    ['2024-01-03', 8],
  ]);
  expect(found[0]).toMatchObject({ present: 1, untraded: 1 });
  expect(found[1]).toMatchObject({ untraded: 2, missing: 1, unwatched: 5 });
  expect(found[1].missingSpans).toMatchObject([{ from: at(4), to: at(5), cause: 'venue' }]);
});

test('ids that follow one another over midnight, and over the edges of what is asked, prove that nothing traded', async () => {
  await using ticks = await open(dataDir, table);
  const batch = batchOf(ticksOf([-3, 1], [0, 2], [0.5, 3], [5, 4], [12, 5]));
  await ticks.append([batch], { appliedOffset: 5, receiveMicros: START });
  const all = (found: InstrumentDay[]): Record<string, number> => ({
    untraded: found.reduce((sum, day) => sum + day.untraded, 0),
    quiet: found.reduce((sum, day) => sum + day.quiet, 0),
  });
  const present = { present: async () => new Map([[ALPHA, new Set([at(0), at(5)])]]) };
  expect(all(await days(ticks, { published: present }))).toEqual({ untraded: 8, quiet: 0 });
});

test('a skipped id, or a tick without one, proves nothing: such minutes are quiet, or in a gap that says so', async () => {
  await using ticks = await open(dataDir, table);
  const batch = batchOf(ticksOf([0, 1], [5, 3], [9, -1]));
  await ticks.append([batch], { appliedOffset: 3, receiveMicros: START });
  const counts = async (told: Partial<CoverageOptions>): Promise<number[]> => {
    const found = await days(ticks, told);
    return [found.reduce((sum, day) => sum + day.quiet, 0), found.reduce((sum, day) => sum + day.missing, 0)];
  };
  expect(await counts({ watchedUntil: () => at(10) })).toEqual([9, 0]);
  const gap = {
    instrument: ALPHA,
    fromMicros: at(0),
    toMicros: at(5),
    cause: 'sequence',
    state: 'unfillable',
  } as const;
  expect(await counts({ gaps: [gap], watchedUntil: () => at(10) })).toEqual([4, 5]);
});
