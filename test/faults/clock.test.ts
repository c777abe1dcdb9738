import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { eventually, tickwright } from '../system/harness.ts';
import type { Process } from '../system/harness.ts';
import type { CandleJson } from '../system/decimal-fold.ts';
import { faultTest } from './fault-test.ts';
import type { Round } from './fault-test.ts';
import type { Figures } from './figures.ts';
import { judge } from './judgement.ts';
import { isLong } from './rounds.ts';
import { INSTRUMENTS, LIMIT_MS, Scene } from './scene.ts';

const CHILD = fileURLToPath(new URL('./clock-child.ts', import.meta.url));
const SCRIPT = ['--conditions', '@tickwright/source', '--import', import.meta.resolve('tsx'), CHILD];
/** Frames between the steps. In the long form each stretch holds the end of a minute. */
const FRAMES = isLong ? 32_500 : 750;
/** Slow enough for the minute of the start to be recovered within a moment. */
const RATE = 500;

const STEPS: Record<string, readonly NodeJS.Signals[]> = {
  'an hour forward': ['SIGUSR2'],
  'an hour back': ['SIGHUP'],
  'an hour forward, then back': ['SIGUSR2', 'SIGHUP'],
  'an hour back, then forward': ['SIGHUP', 'SIGUSR2'],
};

interface ClockStatus {
  readonly recovery?: { readonly state: string };
  readonly gaps: readonly { readonly state: string }[];
  readonly ticks: { readonly futureEvents: number };
  readonly candles: { readonly revisions: number; readonly publishedOffset: number };
  readonly journal: { readonly nextOffset: number };
  readonly streams: readonly {
    readonly counts: { readonly reconnects: object; readonly handovers: number };
  }[];
}

/** Where the steps begin. What was recovered of the time before the start may have revised a candle of then. */
interface Before {
  readonly revisions: number;
  readonly openTime: string;
}

async function statusOf({ url }: Scene): Promise<ClockStatus> {
  return (await (await fetch(`${url}/api/v1/status`)).json()) as ClockStatus;
}

/** Waits until what this ingestor missed before its start has been recovered: it adds to a minute that may have ended. */
async function recovered(scene: Scene): Promise<Before> {
  let wholeOffset: number | undefined;
  return eventually(
    async () => {
      const openTime = new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();
      const { recovery, gaps, candles, journal } = await statusOf(scene);
      const isWhole = recovery?.state === 'idle' && gaps.every(({ state }) => state === 'unfillable');
      if (!isWhole) wholeOffset = undefined;
      else wholeOffset ??= journal.nextOffset;
      // Revisions are counted when they are published.
      const isCounted = wholeOffset !== undefined && candles.publishedOffset >= wholeOffset;
      return isCounted ? { revisions: candles.revisions, openTime } : undefined;
    },
    { limitMs: LIMIT_MS, what: () => 'the recovery of the minute in which it started' },
  );
}

/** Nothing that the step could have misled has acted: no tick rejected, no candle closed early, no connection cut. */
async function expectUnmoved(scene: Scene, ingestor: Process, before: Before): Promise<void> {
  const status = await statusOf(scene);
  expect(status.ticks.futureEvents, 'ticks rejected as of the future').toBe(0);
  expect(status.candles.revisions, 'candles closed early').toBe(before.revisions);
  expect(
    status.streams.map(({ counts }) => counts),
    ingestor.stderr,
  ).toMatchObject([{ reconnects: {}, handovers: 0 }]);
}

async function round({ kind }: Round): Promise<Figures> {
  const how = kind(Object.keys(STEPS));
  const scene = await Scene.open({ rate: RATE });
  const ingestor = scene.start({ script: SCRIPT });
  await scene.until(ingestor, 'it was ready', ({ ready }) => ready);
  await scene.moreFrames(ingestor, 500);
  const before = await recovered(scene);
  for (const signal of STEPS[how] ?? []) {
    ingestor.kill(signal);
    await scene.moreFrames(ingestor, FRAMES);
    await scene.until(ingestor, 'it was ready', ({ ready }) => ready);
  }
  await expectUnmoved(scene, ingestor, before);
  await scene.stop(ingestor);
  const judged = await judge(scene);
  expect(judged['ids missing, each named as a gap']).toBe(0);
  return { [`steps: ${how}`]: 1, ...judged, 'candles, none revised': await unrevised(scene, before) };
}

async function unrevised({ dataDir }: Scene, { openTime: begin }: Before): Promise<number> {
  let count = 0;
  for (const instrument of INSTRUMENTS) {
    const asked = [
      'candles',
      instrument,
      '--from',
      '2020-01-01',
      '--to',
      '2030-01-01',
      '--json',
      '--data-dir',
      dataDir,
    ];
    const done = await tickwright(asked);
    const candles: CandleJson[] = done.code === 0 ? JSON.parse(done.stdout) : [];
    expect(candles.filter(({ revision, openTime }) => revision > 0 && openTime >= begin)).toEqual([]);
    count += candles.length;
  }
  expect(count).toBeGreaterThan(0);
  return count;
}

faultTest({
  name: 'clock',
  title:
    'steps of the wall clock by an hour, both ways, change no candle, reject no tick and cut no connection',
  usual: 2,
  long: 12,
  roundLimitMs: 240_000 + FRAMES * 6,
  round,
});
