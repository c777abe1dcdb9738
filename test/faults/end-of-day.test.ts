import { join } from 'node:path';
import { createLog, readInstance } from '@tickwright/runtime';
import { checkBackup, listBackups } from '@tickwright/upkeep';
import { expect } from 'vitest';
import { eventually } from '../system/harness.ts';
import type { Process } from '../system/harness.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Round } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';
import { judge } from './scene/judgement.ts';
import { LIMIT_MS as SCENE_LIMIT_MS, Scene, hasEnded } from './scene/scene.ts';
import { takeYesterdayIn } from './scene/yesterday.ts';

/** Its steps open and close databases: a machine that is busy needs longer than for a start. */
const LIMIT_MS = 4 * SCENE_LIMIT_MS;
/** The simulated venue folds its candles from its script: a quiet market, so that it answers at once. */
const RATE = 20;
const KILLS = 3;
/** The kill falls so long after a step was seen to run, at most. */
const WITHIN_MS = 30;
const STEPS = ['seal', 'compare', 'ask', 'report', 'compact', 'back-up', 'prune'] as const;
const log = createLog({ name: 'test', level: 'silent' });

interface Job {
  readonly id: string;
  readonly key: string;
  readonly kind: string;
  readonly state: string;
  readonly runs?: readonly Run[];
}

interface Run {
  readonly id: string;
  readonly state: string;
  readonly jobs: readonly Job[];
}

async function asked<T>(scene: Scene, path: string): Promise<T | undefined> {
  try {
    const answer = await fetch(`${scene.url}${path}`, { signal: AbortSignal.timeout(5_000) });
    return answer.ok ? ((await answer.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}

/** Yesterday's run with all below it. */
async function treeOf(scene: Scene): Promise<Run | undefined> {
  const tree = await asked<{ runs: Run[] }>(scene, '/api/v1/jobs/tree');
  return tree?.runs.find(({ id }) => id.startsWith('end-of-day/always/'));
}

/** Kills the ingestor a moment after a step was seen to run or to have ended, or when the whole run has. */
async function killWithin(
  scene: Scene,
  { ingestor, step, delayMs }: { ingestor: Process; step: string; delayMs: number },
): Promise<boolean> {
  const hasBegun = (run: Run | undefined): boolean =>
    run?.state === 'succeeded' ||
    flat(run).some(
      ({ kind, state }) => kind === `end-of-day.${step}` && state !== 'waiting' && state !== 'ready',
    );
  let run: Run | undefined;
  await eventually(
    async () => {
      if (hasEnded(ingestor)) throw new Error(`the ingestor ended by itself:\n${ingestor.stderr}`);
      run = await treeOf(scene);
      return hasBegun(run) ? true : undefined;
    },
    {
      limitMs: LIMIT_MS,
      what: () => `${step}; there is ${JSON.stringify(run)}; it said\n${ingestor.stderr}`,
    },
  );
  await new Promise((go) => setTimeout(go, delayMs));
  ingestor.kill('SIGKILL');
  await ingestor.ended;
  return run?.state !== 'succeeded';
}

function flat(run: Run | undefined): Job[] {
  return (run?.jobs ?? []).flatMap((job) => [job, ...(job.runs ?? []).flatMap((below) => flat(below))]);
}

async function round({ random, seed }: Round): Promise<Figures> {
  const scene = await Scene.open({ rate: RATE, set: ['ingestor.recovery.enabled=false'] });
  await takeYesterdayIn(scene);
  let within = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const step = STEPS[Math.floor(random() * STEPS.length)] ?? STEPS[(seed + kill) % STEPS.length];
    const at = { ingestor: scene.start(), step: step ?? 'seal', delayMs: random() * WITHIN_MS };
    if (await killWithin(scene, at)) within += 1;
  }
  const ingestor = scene.start();
  const run = await eventually(
    async () => {
      const found = await treeOf(scene);
      return found?.state === 'running' || found === undefined ? undefined : found;
    },
    { limitMs: LIMIT_MS, what: () => `the end of the run; the ingestor said\n${ingestor.stderr}` },
  );
  expect(run.state).toBe('succeeded');
  // The hierarchy is whole: each step once, the comparison with each instrument and its report below it.
  const jobs = flat(run);
  expect(jobs.map(({ state }) => state).filter((state) => state !== 'succeeded')).toEqual([]);
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  const top = run.jobs.map(({ key }) => key).sort();
  expect(top).toEqual(['back-up', 'compact', 'compare', 'prune', 'seal']);
  const below = jobs.filter(({ kind }) => kind === 'end-of-day.report');
  expect(below).toHaveLength(1);
  await scene.moreFrames(ingestor, 10);
  await scene.stop(ingestor);
  expect(await readInstance(join(scene.dataDir, 'ingestor'))).toBeUndefined();

  // Done once with effect: one backup of that close, and it is whole.
  const backups = (await listBackups(join(scene.dataDir, 'backups'))).filter(
    ({ manifest }) => manifest?.reason === 'session closed',
  );
  expect(backups).toHaveLength(1);
  for (const { folder } of backups) await checkBackup(folder, log);
  return { kills: KILLS, 'within the workflow': within, ...(await judge(scene)) };
}

faultTest({
  name: 'end-of-day',
  title:
    'an ingestor killed (kill -9) in the middle of its end of day completes it, each step once with effect, and the hierarchy of jobs is whole',
  usual: 1,
  long: 17,
  roundLimitMs: 1_800_000,
  round,
});
