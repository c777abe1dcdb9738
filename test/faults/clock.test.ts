import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { eventually, tickwright } from '../system/harness.ts';
import type { Process } from '../system/harness.ts';
import type { CandleJson } from '../system/decimal-fold.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Round } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';
import { judge } from './scene/judgement.ts';
import { isLong } from './rounds/rounds.ts';
import { LIMIT_MS, Scene } from './scene/scene.ts';

const CHILD = fileURLToPath(new URL('./processes/clock-child.ts', import.meta.url));
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
  readonly streams: readonly {
    readonly counts: { readonly reconnects: object; readonly handovers: number };
    readonly subscriptions: readonly { readonly instrument: string; readonly lastTickMicros: number }[];
  }[];
}

/**
 * Where the steps begin, and what had ticked by then. What is recovered of the minute in which an instrument's ticks begin
 * revises its candle, and a quiet one may begin only now.
 */
interface Before {
  readonly openTime: string;
  readonly instruments: readonly string[];
}

async function statusOf({ url }: Scene): Promise<ClockStatus> {
  return (await (await fetch(`${url}/api/v1/status`)).json()) as ClockStatus;
}

/** Waits until what this ingestor missed before its start has been recovered: it adds to a minute that may have ended. */
async function recovered(scene: Scene): Promise<Before> {
  return eventually(
    async () => {
      const openTime = new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();
      const { recovery, gaps, streams } = await statusOf(scene);
      const isWhole = recovery?.state === 'idle' && gaps.every(({ state }) => state === 'unfillable');
      const ticked = streams
        .flatMap(({ subscriptions }) => subscriptions)
        .filter(({ lastTickMicros }) => lastTickMicros > 0);
      return isWhole ? { openTime, instruments: ticked.map(({ instrument }) => instrument) } : undefined;
    },
    { limitMs: LIMIT_MS, what: () => 'the recovery of the minute in which it started' },
  );
}

/** Nothing that the step could have misled has acted: no tick rejected, no connection cut. */
async function expectUnmoved(scene: Scene, ingestor: Process): Promise<void> {
  const status = await statusOf(scene);
  expect(status.ticks.futureEvents, 'ticks rejected as of the future').toBe(0);
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
  await expectUnmoved(scene, ingestor);
  await scene.stop(ingestor);
  const judged = await judge(scene);
  expect(judged['ids missing, each named as a gap']).toBe(0);
  return { [`steps: ${how}`]: 1, ...judged, 'candles, none revised': await unrevised(scene, before) };
}

/** A candle that was closed early is revised by the ticks that come after. */
async function unrevised({ dataDir }: Scene, { openTime: begin, instruments }: Before): Promise<number> {
  let count = 0;
  for (const instrument of instruments) {
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
    const revised = candles.filter(({ revision, openTime }) => revision > 0 && openTime >= begin);
    expect(revised, 'candles closed early').toEqual([]);
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
