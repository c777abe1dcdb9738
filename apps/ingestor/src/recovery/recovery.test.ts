import { afterEach, expect, test } from 'vitest';
import { CommitInDoubtError, DatabaseFullError } from '@tickwright/database';
import { calendars } from '@tickwright/market';
import { RateLimitedError, VenueRefusedError, VenueUnreachableError, catalogue } from '@tickwright/venues';
import { HOUR, MINUTE, START, removeFolders } from '../core-fixture.ts';
import { foldJournal } from '../repair/journal-fold.ts';
import { KEY, RecoveryRig, candlesFrom, script } from './recovery-fixture.ts';

afterEach(removeFolders);

const instruments = [KEY];
const confirmed = [
  { type: 'requested', instruments },
  { type: 'acknowledged', instruments },
] as const;
const disconnected = { type: 'disconnected', reason: 'test', instruments } as const;

/** A rig whose instrument was confirmed before its first minute and has seen trade 1. */
async function seen(
  count: number,
  options: { hasTrades?: boolean; everyMicros?: number } = {},
): Promise<RecoveryRig> {
  const rig = await RecoveryRig.open();
  rig.history.script = script(count, options.everyMicros);
  rig.history.hasTrades = options.hasTrades ?? true;
  for (const event of confirmed) rig.control(event);
  await rig.live(1);
  return rig;
}

test('ids that jumped in the middle of a session are asked for after a while, and the gap is filled', async () => {
  await using rig = await seen(20);
  await rig.live(2, 3, 9);
  await rig.pass(1_500);
  expect(rig.history.asked).toEqual([]);
  await rig.until(() => rig.recovery.report().openGaps === 0 && rig.gaps()[0]?.state === 'filled');
  // From the id before, which is known.
  expect(rig.history.asked).toEqual([3]);
  expect(rig.rig.core.pipeline.deduplicator.holes(0)).toEqual([]);
  await rig.isIdle();
  expect(rig.runs()).toMatchObject([{ name: 'recovery', state: 'succeeded' }]);
});

test('what was merely reordered heals by itself and is not asked for', async () => {
  await using rig = await seen(20);
  await rig.live(2, 4);
  await rig.pass(1_000);
  await rig.live(3, 5);
  await rig.pass(5_000);
  expect(rig.history.counts.requests).toBe(0);
  expect(rig.runs()).toEqual([]);
});

test('a gap that lasts is filled to its end without a live tick once its line is confirmed, also when nothing was missed', async () => {
  await using rig = await seen(9);
  rig.control(disconnected);
  for (const event of confirmed) rig.control(event);
  await rig.until(() => rig.gaps()[0]?.state === 'filled');
  await rig.live(1, 2, 3, 4, 5, 6, 7, 8, 9);
  expect(rig.rig.core.pipeline.deduplicator.counts.duplicates).toBeGreaterThan(8);
  rig.control(disconnected);
  for (const event of confirmed) rig.control(event);
  await rig.until(() => rig.gaps().length === 2 && rig.gaps()[1]?.state === 'filled');
  expect(rig.reasons()[1]).toBe('the venue had no trade after id 9');
  expect(rig.rig.core.pipeline.gaps.overlaps(0, rig.rig.clock.nowMicros(), Number.MAX_SAFE_INTEGER)).toBe(
    false,
  );
});

test('a gap whose line stays down is fetched as far as the venue has, and stays open with its reason', async () => {
  await using rig = await seen(9);
  rig.control(disconnected);
  await rig.until(() => rig.reasons()[0]?.startsWith('fetched up to id 9') === true);
  expect(rig.gaps()).toMatchObject([{ cause: 'disconnect', state: 'open', fromId: 10, toId: -1 }]);
  expect(rig.rig.core.pipeline.deduplicator.lastTradeId(0)).toBe(9);
  // It is looked at again, and again.
  rig.history.script = script(12);
  await rig.until(() => rig.rig.core.pipeline.deduplicator.lastTradeId(0) === 12);
});

test('an empty page is no success: the gap stays open with the reason, and is filled when the venue tells', async () => {
  await using rig = await seen(20);
  rig.history.next = Array.from({ length: 6 }, () => []);
  await rig.live(2, 9);
  await rig.until(() => rig.runs()[0]?.state === 'failed', 400_000);
  await rig.until(() => rig.gaps()[0]?.state === 'open');
  expect(rig.reasons()).toEqual([expect.stringContaining("the venue's history told no trade from id 2 on")]);
  await rig.until(() => rig.gaps()[0]?.state === 'filled', 60_000);
});

test('a page that begins behind what was asked for proves nothing', async () => {
  await using rig = await seen(20);
  const behind = script(20).slice(5);
  rig.history.next = Array.from({ length: 4 * 6 }, () => behind);
  await rig.live(2, 9);
  await rig.until(() => rig.runs()[0]?.state === 'failed', 400_000);
  await rig.until(() => rig.gaps()[0]?.state === 'open');
  expect(rig.reasons()).toContainEqual(expect.stringContaining("the venue's history begins with 6"));
  expect(rig.rig.core.pipeline.deduplicator.holes(0)).toEqual([[3, 5]]);
});

test('a venue that wants silence gets it, which is no failure; one that cannot be reached is asked again', async () => {
  await using rig = await seen(20);
  rig.history.next = [
    new RateLimitedError('too many requests', { retryAfterMs: 30_000 }),
    new VenueUnreachableError('HTTP 502'),
  ];
  await rig.live(2, 9);
  await rig.until(() => rig.history.asked.length === 1);
  await rig.pass(25_000);
  expect(rig.history.asked.length).toBe(1);
  expect(rig.gaps()).toMatchObject([{ state: 'filling' }]);
  await rig.until(() => rig.gaps()[0]?.state === 'filled');
  await rig.isIdle();
  const chunks = rig.jobs.queue.view.jobs().filter(({ kind }) => kind.startsWith('recovery.chunk'));
  expect(chunks).toMatchObject([{ failures: 1, tries: 3, state: 'succeeded' }]);
});

test('a refusal leaves the gap open with what the venue said', async () => {
  await using rig = await seen(20);
  rig.history.next = [
    new VenueRefusedError('the venue refused: {"code":-1}', { venueCode: -1, status: 200 }),
  ];
  await rig.live(2, 9);
  await rig.until(() => rig.reasons()[0]?.includes('code') === true);
  expect(rig.gaps()).toMatchObject([{ state: 'open' }]);
});

test('ids that the history passes over, twice, are unfillable and named; the others are stored', async () => {
  await using rig = await seen(20);
  await rig.live(2, 9);
  rig.history.script = script(20).filter(({ id }) => id !== 5);
  await rig.until(() => rig.gaps().some(({ state }) => state === 'unfillable'));
  expect(rig.rig.core.pipeline.gaps.open()).toEqual([]);
  expect(rig.rig.core.pipeline.deduplicator.holes(0)).toEqual([[5, 5]]);
  expect(rig.reasons()).toContain("the venue's history has no ids 5");
});

test('a history that is behind its stream is asked again until it has caught up', async () => {
  await using rig = await seen(20);
  await rig.live(2, 9);
  rig.history.script = script(5);
  await rig.until(() => rig.history.asked.length >= 2);
  expect(rig.rig.core.pipeline.deduplicator.holes(0)).toEqual([[6, 8]]);
  rig.history.script = script(20);
  await rig.until(() => rig.gaps().every(({ state }) => state === 'filled'));
});

test("the rest of an instrument's first minute is fetched by id, and the minute in which that begins is not called whole", async () => {
  await using rig = await RecoveryRig.open();
  // From 40 s before the minute on.
  rig.history.script = script(100).map((trade) => ({ ...trade, timeMicros: trade.timeMicros - 40_000_000 }));
  for (const event of confirmed) rig.control(event);
  await rig.live(70);
  const { gaps } = rig.rig.core.pipeline;
  expect(rig.gaps()).toMatchObject([{ cause: 'start', state: 'open', fromId: -1, toId: 69 }]);
  await rig.until(() => gaps.open().length === 0);
  expect(gaps.overlaps(0, START, START + MINUTE)).toBe(false);
  expect(gaps.overlaps(0, START - MINUTE, START)).toBe(true);
});

test('of a quiet instrument no more history is asked for than its first minute is likely to hold', async () => {
  await using rig = await RecoveryRig.open();
  rig.history.script = script(2_000).map((trade) => ({
    ...trade,
    timeMicros: trade.timeMicros - 1_970_000_000,
  }));
  for (const event of confirmed) rig.control(event);
  // Thirty seconds into its minute; one a second.
  await rig.live(1_991, 1_992, 1_993, 1_994);
  const { gaps } = rig.rig.core.pipeline;
  await rig.until(() => gaps.list().some(({ reason }) => reason === 'every missing id arrived'));
  const [first = 0] = rig.history.asked;
  expect(first).toBeGreaterThan(1_850);
  expect(first).toBeLessThanOrEqual(1_971);
});

test('a venue whose history does not reach back to the first minute leaves it, with the reason', async () => {
  await using rig = await RecoveryRig.open();
  rig.history.script = script(100).filter(({ id }) => id >= 30);
  for (const event of confirmed) rig.control(event);
  await rig.live(30);
  await rig.until(() => rig.gaps()[0]?.state === 'unfillable');
  expect(rig.reasons()).toEqual(["the venue's history begins with id 30"]);
});

test('ids that were lost after they were stored are fetched again', async () => {
  await using rig = await seen(20);
  await rig.live(2, 3, 4, 5);
  rig.history.script = script(5);
  const span = { instrument: KEY, fromMicros: START, toMicros: START + 4_000_000, fromId: 2, toId: 4 };
  rig.rig.core.stateLoss('a damaged part', [span]);
  await rig.until(() => rig.gaps()[0]?.state === 'filled');
  expect(rig.rig.core.pipeline.deduplicator.counts.accepted).toBe(5 + 3);
});

test('while the disk takes no more nothing is asked for', async () => {
  await using rig = await seen(20);
  rig.isPaused = true;
  await rig.live(2, 9);
  await rig.pass(10_000);
  expect(rig.history.asked).toEqual([]);
  rig.isPaused = false;
  await rig.until(() => rig.gaps()[0]?.state === 'filled');
});

test('a queue that finds no room for a while ends nothing: gaps are filled when there is room again', async () => {
  await using rig = await seen(20);
  const { stateDatabase } = rig.rig.core;
  const write = stateDatabase.write.bind(stateDatabase);
  let refused = 0;
  stateDatabase.write = (work) => {
    if (refused === 8) return write(work);
    refused += 1;
    const full = new DatabaseFullError({
      path: stateDatabase.path,
      found: 'File too large',
      cause: undefined,
    });
    throw new CommitInDoubtError({ path: stateDatabase.path, found: full.message, cause: full });
  };
  await rig.live(2, 9);
  await rig.until(() => rig.gaps()[0]?.state === 'filled', 300_000);
  expect(refused).toBe(8);
});

test('where a venue tells no trades its candles fill the gap, after its last minute has closed and lagged', async () => {
  await using rig = await seen(1, { hasTrades: false });
  rig.control(disconnected);
  await rig.pass(90_000);
  for (const event of confirmed) rig.control(event);
  const { gaps } = rig.rig.core.pipeline;
  // The venue lags: its newest minute is missing.
  rig.history.candleScript = candlesFrom(START, 1);
  await rig.pass(40_000);
  expect(gaps.open()).toHaveLength(1);
  await rig.pass(60_000);
  // What was told stands at once; the last minute is waited for.
  expect(gaps.open()).toMatchObject([{ state: 'filling', fromMicros: START + MINUTE }]);
  rig.history.candleScript = candlesFrom(START, 3);
  // The venue is asked again after a while, and databases take their own time.
  await rig.until(() => gaps.open().length === 0, 300_000);
  expect(rig.reasons()).toEqual(["the venue's candles cover it"]);
});

test('a gap of a minute that goes on is not asked for before anybody can know, nor one that the stream has told', async () => {
  await using rig = await seen(1, { hasTrades: false });
  rig.history.candleScript = candlesFrom(START, 3);
  rig.control(disconnected);
  for (const event of confirmed) rig.control(event);
  await rig.pass(50_000);
  expect(rig.history.candlesAsked).toEqual([]);
  // As the candle that Upstox sends along with its ticks.
  rig.history.toldMinutes.add(START);
  await rig.until(() => rig.rig.core.pipeline.gaps.open().length === 0);
  expect(rig.reasons()).toEqual(["the venue's candles cover it"]);
  expect(rig.history.candlesAsked).toEqual([]);
});

test('a venue that tells no candle at all has filled nothing, and neither have candles that are not stored', async () => {
  await using rig = await seen(1, { hasTrades: false });
  rig.control(disconnected);
  for (const event of confirmed) rig.control(event);
  await rig.pass(120_000);
  expect(rig.rig.core.pipeline.gaps.open()).toHaveLength(1);
  rig.uncovered = 2;
  rig.history.candleScript = candlesFrom(START, 4);
  await rig.until(() => rig.reasons()[0]?.includes('2 of its minutes are not stored') === true);
  rig.uncovered = 0;
  await rig.until(() => rig.rig.core.pipeline.gaps.open().length === 0, 120_000);
});

test('an instrument that is new is warmed up with the trading hours before it, once', async () => {
  await using rig = await RecoveryRig.open({ warmUpHours: 8 });
  rig.history.script = script(5);
  rig.history.candleScript = candlesFrom(START - 8 * HOUR, 8 * 60 + 1);
  for (const event of confirmed) rig.control(event);
  await rig.live(1, 2);
  await rig.until(() => rig.history.candlesAsked.length > 0, 120_000);
  await rig.pass(100_000);
  expect(rig.history.candlesAsked.filter(({ key }) => key === KEY)).toEqual([
    { key: KEY, fromMicros: START + MINUTE - 8 * HOUR, toMicros: START + MINUTE },
  ]);
  // The others have not ticked: what was before is fetched all the same.
  expect(rig.history.candlesAsked).toHaveLength(3);
});

test("once it was warmed up, the venue's candle stands for the partial minute in which an instrument's ticks begin", async () => {
  await using rig = await RecoveryRig.open({ warmUpHours: 8 });
  rig.history.script = script(100).map((trade) => ({ ...trade, timeMicros: trade.timeMicros - 40_000_000 }));
  rig.history.candleScript = candlesFrom(START - 8 * HOUR, 8 * 60 + 1);
  for (const event of confirmed) rig.control(event);
  await rig.live(70);
  await rig.until(() => rig.rig.core.pipeline.gaps.unfilledList().length === 0, 120_000);
  // Its minute is filled by trades, as far as there are any; the one in which those begin by the venue's candle.
  expect(rig.reasons().toSorted()).toEqual(['every missing id arrived', "the venue's candles cover it"]);
});

test('a venue without trades is asked for the first minute once, by the candles of the hours before', async () => {
  await using rig = await RecoveryRig.open({ warmUpHours: 8 });
  rig.history.hasTrades = false;
  rig.history.script = script(100);
  rig.history.candleScript = candlesFrom(START - 8 * HOUR, 8 * 60 + 1);
  for (const event of confirmed) rig.control(event);
  await rig.live(30);
  await rig.until(() => rig.rig.core.pipeline.gaps.unfilledList().length === 0, 120_000);
  expect(rig.reasons()).toEqual(["the venue's candles cover it"]);
  expect(rig.history.candlesAsked).toHaveLength(1);
});

test('a first minute whose candle is not stored stays open, and is asked for again', async () => {
  await using rig = await RecoveryRig.open({ warmUpHours: 8 });
  rig.history.hasTrades = false;
  rig.uncovered = 1;
  rig.history.script = script(100);
  rig.history.candleScript = candlesFrom(START - 8 * HOUR, 8 * 60);
  for (const event of confirmed) rig.control(event);
  await rig.live(30);
  await rig.until(() => rig.history.candlesAsked.length > 0, 120_000);
  await rig.pass(2_000);
  expect(rig.gaps()).toMatchObject([{ cause: 'start', state: 'open' }]);
  rig.uncovered = 0;
  rig.history.candleScript = candlesFrom(START - 8 * HOUR, 8 * 60 + 1);
  await rig.until(() => rig.gaps()[0]?.state === 'filled', 300_000);
});

test('what a run had in hand goes on in the next, and what it had done is not done again', async () => {
  let rig = await seen(9_000, { everyMicros: 1_000 });
  await rig.live(2, 8_999);
  await rig.until(() => rig.history.asked.length >= 3);
  const { history } = rig;
  await rig.stop();
  const asked = history.asked.length;
  const core = await rig.rig.crash();
  rig = await RecoveryRig.open({ rig: core, history });
  await using last = rig;
  for (const event of [{ type: 'started', instance: 'b', previous: 'crashed' } as const, ...confirmed])
    rig.control(event);
  await last.until(() => last.rig.core.pipeline.deduplicator.holes(0).length === 0);
  await last.until(() => last.rig.core.pipeline.gaps.open().length === 0);
  // Pages that were durable before the crash are not asked for again.
  expect(history.asked.slice(asked)[0]).toBeGreaterThan(1_000);
  await last.isIdle();
  expect(last.runs().every(({ state }) => state === 'succeeded')).toBe(true);
});

test('what the run before had in hand is under way from the start on, though its gaps were filled meanwhile', async () => {
  let rig = await seen(20);
  rig.history.next = [new RateLimitedError('too many requests', { retryAfterMs: 30_000 })];
  await rig.live(2, 9);
  await rig.until(() => rig.history.asked.length === 1);
  await rig.live(3, 4, 5, 6, 7, 8);
  const { history } = rig;
  await rig.stop();
  rig = await RecoveryRig.open({ rig: await rig.rig.crash(), history });
  await using last = rig;
  expect(last.rig.core.pipeline.gaps.open()).toEqual([]);
  expect(last.recovery.report()).toMatchObject({ state: 'running', instruments: 1 });
  await last.isIdle();
  expect(last.runs()).toMatchObject([{ state: 'succeeded', jobs: [{ state: 'succeeded' }] }]);
});

test('a run is under way from the moment on at which it is decided, while it is being stored too', async () => {
  await using rig = await seen(20);
  const decided = rig.jobs.queue.changed().then(() => [rig.runs()[0]?.state, rig.recovery.report().state]);
  await rig.live(2, 9);
  await rig.until(() => rig.runs().length > 0);
  expect(await decided).toEqual(['running', 'running']);
});

test('what nobody here can ask for any more is given up, and its gap is open again with the reason', async () => {
  let rig = await seen(20);
  rig.history.next = [new RateLimitedError('too many requests', { retryAfterMs: 30_000 })];
  await rig.live(2, 9);
  await rig.until(() => rig.history.asked.length === 1);
  const { history } = rig;
  await rig.stop();
  rig = await RecoveryRig.open({ rig: await rig.rig.crash(), history, hasHistory: false });
  await using last = rig;
  await last.isIdle();
  expect(last.runs()).toMatchObject([{ state: 'failed', jobs: [{ runs: [{ state: 'cancelled' }] }] }]);
  expect(last.gaps()).toMatchObject([{ state: 'open' }]);
  expect(last.reasons()).toEqual([`${KEY} has no history here any more`]);
});

test('folding the journal again gives the ledger with all verdicts', async () => {
  await using rig = await seen(20);
  await rig.live(2, 9);
  rig.history.script = script(20).filter(({ id }) => id !== 5);
  await rig.until(() => rig.gaps().some(({ state }) => state === 'unfillable'));
  rig.control(disconnected);
  for (const event of confirmed) rig.control(event);
  await rig.until(() => rig.rig.core.pipeline.gaps.open().length === 0);
  await rig.stop();
  const { core } = rig.rig;
  await rig.rig.flush();
  const { ledger } = await foldJournal({
    dataDir: core.dataDir,
    tickFile: core.tickFile,
    venues: [catalogue.venue('binance')],
    calendars,
    to: core.journal.durableOffset,
  });
  expect(ledger.list()).toEqual(core.pipeline.gaps.list());
});
