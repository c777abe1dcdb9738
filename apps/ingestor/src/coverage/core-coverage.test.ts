import { afterEach, expect, test } from 'vitest';
import { KEYS, MINUTE, Rig, START, removeFolders, trade, trades, whileTimePasses } from '../core-fixture.ts';
import type { Trade } from '../core-fixture.ts';
import { coreCoverage } from './core-coverage.ts';
import type { CoverageJson, CoverageQuery } from './core-coverage.ts';

afterEach(removeFolders);
const [BTC = ''] = KEYS;
const { signal } = new AbortController();

async function coverage(rig: Rig, query: CoverageQuery = { instruments: [BTC] }): Promise<CoverageJson[]> {
  const found: CoverageJson[] = [];
  const read = async (): Promise<void> => {
    for await (const rows of coreCoverage(rig.core, query, signal)) found.push(...rows);
  };
  await rig.settle();
  await whileTimePasses(rig.clock, read());
  return found;
}

/** The clock follows the trades, as in life. */
async function live(rig: Rig, frames: readonly Trade[]): Promise<void> {
  await rig.live(frames);
  await rig.clock.advance(((frames.at(-1)?.timeMicros ?? 0) - rig.clock.nowMicros()) / 1_000);
}

/** From START, as if all of the day before it were not asked for. */
const asked = { instruments: [BTC], fromMicros: START };

test('minutes without a trade between ids that follow one another are no gap; those of skipped ids are missing', async () => {
  await using rig = await Rig.open();
  await rig.core.begin();
  rig.control({ type: 'requested', instruments: [BTC] });
  rig.control({ type: 'acknowledged', instruments: [BTC] });
  await live(rig, trades(1, 60));
  // Four minutes without a trade: the ids go on.
  await live(rig, trades(61, 30, { timeMicros: START + 5 * MINUTE }));
  // Ten ids are skipped, in three minutes of which nothing is known.
  await live(rig, trades(101, 30, { timeMicros: START + 9 * MINUTE }));
  // Nothing comes any more, and nothing says that it should have.
  await rig.clock.advance(2 * 60_000);
  const [day] = await coverage(rig, asked);
  expect(day).toMatchObject({
    expected: 11,
    present: 3,
    untraded: 4,
    missing: 3,
    quiet: 1,
    unwatched: 0,
    partial: 2,
  });
  expect(day.missingSpans).toEqual([
    { from: '2024-08-08T10:06:00.000Z', to: '2024-08-08T10:09:00.000Z', cause: 'sequence', state: 'open' },
  ]);
  expect(day.completeness).toBe(8 / 11);
  // What was missing comes from the venue's history: the gap is filled, and its minutes are known.
  await rig.live([
    trade({ id: 91, timeMicros: START + 6.5 * MINUTE }),
    ...trades(92, 9, { timeMicros: START + 8.5 * MINUTE }),
  ]);
  const [whole] = await coverage(rig, asked);
  expect(whole).toMatchObject({ missing: 0, present: 5, untraded: 5, completeness: 1, missingSpans: [] });
});

test('before its first tick and after it was unsubscribed nothing was to be expected', async () => {
  await using rig = await Rig.open();
  await rig.clock.advance(10 * 60_000);
  rig.control({ type: 'requested', instruments: [BTC] });
  rig.control({ type: 'acknowledged', instruments: [BTC] });
  await live(rig, trades(1, 120, { timeMicros: START + 10 * MINUTE }));
  await rig.clock.advance(2_000);
  rig.control({ type: 'removed', instruments: [BTC] });
  await rig.clock.advance(10 * 60_000);
  const [day] = await coverage(rig, asked);
  expect(day).toMatchObject({ present: 2, missing: 0, quiet: 0, unwatched: 19, completeness: 1 });
});

test('while a connection is lost the minutes are missing, to the minute of now', async () => {
  await using rig = await Rig.open();
  rig.control({ type: 'requested', instruments: [BTC] });
  rig.control({ type: 'acknowledged', instruments: [BTC] });
  await live(rig, trades(1, 60));
  rig.control({ type: 'disconnected', reason: 'test', instruments: [BTC] });
  await rig.clock.advance(6 * 60_000);
  const [day] = await coverage(rig, asked);
  expect(day).toMatchObject({ present: 1, missing: 5 });
  expect(day.missingSpans).toMatchObject([{ cause: 'disconnect', state: 'open' }]);
});

test('every instrument and every day has its row; a range of nothing has none', async () => {
  await using rig = await Rig.open();
  await live(rig, trades(1, 10));
  await live(rig, trades(11, 10, { timeMicros: START + 24 * 60 * MINUTE }));
  const rows = await coverage(rig, { fromMicros: START });
  expect(rows.map(({ instrument, date }) => `${instrument} ${date}`).sort()).toEqual(
    KEYS.flatMap((key) => [`${key} 2024-08-08`, `${key} 2024-08-09`]).sort(),
  );
  expect(await coverage(rig, { fromMicros: START + MINUTE, toMicros: START + MINUTE })).toEqual([]);
});
