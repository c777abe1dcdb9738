import { afterEach, expect, test } from 'vitest';
import { quietLog, HOUR, MINUTE, START, removeFolders } from '../core-fixture.ts';
import { BackfillImpossibleError, enqueueBackfill } from './backfill.ts';
import type { BackfillAnswer } from './backfill.ts';
import { KEY, RecoveryRig, candlesFrom, script } from './recovery-fixture.ts';

afterEach(removeFolders);

const instruments = [KEY];

async function seen(count: number): Promise<RecoveryRig> {
  const rig = await RecoveryRig.open();
  rig.history.script = script(count);
  for (const type of ['requested', 'acknowledged'] as const) rig.control({ type, instruments });
  await rig.live(1);
  return rig;
}

function backfill(
  { rig, jobs, history }: RecoveryRig,
  span: { fromMicros: number; toMicros: number },
): Promise<BackfillAnswer> {
  const { core, clock } = rig;
  const venue = { venue: 'binance', history, hasTrades: true, refused: () => 0 };
  return enqueueBackfill(
    { core, jobs, histories: { of: () => venue }, clock, log: quietLog },
    { instrument: KEY, ...span },
  );
}

const state = (rig: RecoveryRig, run: string): string | undefined =>
  rig.jobs.queue.view.runs().find(({ id }) => id === run)?.state;

test('a range is asked for by jobs of whole minutes, which end; minutes to come are not asked for', async () => {
  await using rig = await seen(20);
  await rig.pass(70_000);
  const now = rig.rig.clock.nowMicros();
  rig.history.candleScript = candlesFrom(START - 20 * HOUR, 20 * 60);
  const { run, jobs } = await backfill(rig, { fromMicros: START - 20 * HOUR + 1, toMicros: now + HOUR });
  expect(jobs).toBe(2);
  await rig.until(() => state(rig, run) === 'succeeded');
  expect(rig.history.candlesAsked).toEqual([
    { key: KEY, fromMicros: START - 20 * HOUR, toMicros: START - 8 * HOUR },
    { key: KEY, fromMicros: START - 8 * HOUR, toMicros: Math.floor(now / MINUTE) * MINUTE },
  ]);
});

test('a gap that was given up is asked for again, and filled when the venue tells by now', async () => {
  await using rig = await seen(20);
  await rig.live(2, 9);
  rig.history.script = script(20).filter(({ id }) => id !== 5);
  await rig.until(() => rig.gaps().some((gap) => gap.state === 'unfillable'));
  await rig.isIdle();
  rig.history.script = script(20);
  await rig.pass(1_000);
  const { run, gaps } = await backfill(rig, { fromMicros: START, toMicros: START + MINUTE });
  expect(gaps).toHaveLength(1);
  await rig.until(() => rig.gaps().every((gap) => gap.state === 'filled'));
  await rig.until(() => state(rig, run) === 'succeeded');
  expect(rig.rig.core.pipeline.deduplicator.holes(0)).toEqual([]);
});

test('asked for twice it is done once; what nobody can be asked for is refused with the reason', async () => {
  await using rig = await seen(20);
  await rig.pass(65_000);
  const span = { fromMicros: START, toMicros: START + MINUTE };
  const first = await backfill(rig, span);
  const second = await backfill(rig, span);
  expect(second).toMatchObject({ run: first.run, isKnown: true });
  await rig.until(() => state(rig, first.run) === 'succeeded');
  expect(rig.history.candlesAsked).toHaveLength(1);
  await expect(backfill(rig, { fromMicros: START + HOUR, toMicros: START + 2 * HOUR })).rejects.toThrow(
    BackfillImpossibleError,
  );
  await expect(backfill(rig, { fromMicros: 0, toMicros: START })).rejects.toThrow('366 days at a time');
});
