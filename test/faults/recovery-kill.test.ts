import { performance } from 'node:perf_hooks';
import { expect } from 'vitest';
import type { RunTree, RunView } from '@tickwright/jobs';
import { eventually, tickwright } from '../system/harness.ts';
import type { Process } from '../system/harness.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Round } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';
import { judge } from './scene/judgement.ts';
import { isLong } from './rounds/rounds.ts';
import { LIMIT_MS as SCENE_LIMIT_MS, Scene, hasEnded } from './scene/scene.ts';

/** Many processes are started here, one after the other: a machine that is busy needs longer than for one. */
const LIMIT_MS = 4 * SCENE_LIMIT_MS;
/** The venue trades on for so long while nobody listens. */
const AWAY_MS = 500;
/** A recovery takes no longer here; a kill falls somewhere into it. */
const WITHIN_MS = 3_000;
/** What the process before had left may be done by then: the recovery of what came while nobody listened begins within this. */
const NEXT_MS = 2_000;
/** In the middle of the recovery of one data directory, one after the other; the first one, while it trades, is not counted. */
const KILLS = isLong ? 10 : 3;

interface RecoveryStatus {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly gaps: readonly { readonly instrument: string; readonly state: string; readonly reason?: string }[];
  readonly recovery: { readonly state: string } | null;
}

async function recoveryOf(scene: Scene): Promise<RecoveryStatus | undefined> {
  return (await scene.status()) as unknown as RecoveryStatus | undefined;
}

async function kill(ingestor: Process): Promise<void> {
  ingestor.kill('SIGKILL');
  await ingestor.ended;
}

function pause(ms: number): Promise<void> {
  return new Promise((go) => setTimeout(go, ms));
}

/** Every run has ended well, every job below it too, and each names the one above. */
function expectWhole(runs: readonly RunTree[]): number {
  let jobs = 0;
  for (const run of runs) {
    for (const job of run.jobs) {
      jobs += 1;
      expect(job.run).toBe(run.id);
      for (const below of job.runs) expect(below).toMatchObject({ parentJob: job.id, parentRun: run.id });
      // What is below comes first: a job that waits for one of these is not the one to be named.
      jobs += expectWhole(job.runs);
      expect(job.state, `${job.id}: ${job.reason}`).toBe('succeeded');
    }
  }
  return jobs;
}

/** What is not done yet, as sentences; where nothing is left, the runs that there are. */
async function progressOf(scene: Scene): Promise<{ left: string[]; runs: readonly RunView[] }> {
  const status = await recoveryOf(scene);
  if (status === undefined) return { left: ['it does not answer'], runs: [] };
  // What came while nobody listened is a gap from the time on at which the line of its instrument is asked for.
  if (!status.ready) return { left: ['it is not ready', ...status.reasons], runs: [] };
  const open = status.gaps.filter(({ state }) => state !== 'unfillable');
  const left = open.map(({ instrument, state, reason }) => `a gap of ${instrument} is ${state}: ${reason}`);
  if (status.recovery?.state !== 'idle') left.push('recovery is under way');
  if (left.length > 0) return { left, runs: [] };
  const runs = await runsOf(scene);
  const running = runs?.filter(({ state }) => state === 'running').map(({ id }) => `the run ${id} goes on`);
  return { left: running ?? ['it does not tell its jobs'], runs: runs ?? [] };
}

async function runsOf(scene: Scene): Promise<readonly RunView[] | undefined> {
  try {
    const answer = await fetch(`${scene.url}/api/v1/jobs`, { signal: AbortSignal.timeout(5_000) });
    return answer.ok ? ((await answer.json()) as { runs: RunView[] }).runs : undefined;
  } catch {
    return undefined;
  }
}

/** Waits until all that was missed is there and every run has ended; resolves to these runs' ids. */
async function allDone(scene: Scene, ingestor: Process): Promise<string[]> {
  let left: string[] = [];
  return eventually(
    async () => {
      if (hasEnded(ingestor)) throw new Error(`the last ingestor ended by itself:\n${ingestor.stderr}`);
      const now = await progressOf(scene);
      ({ left } = now);
      return left.length === 0 ? now.runs.map(({ id }) => id) : undefined;
    },
    {
      limitMs: LIMIT_MS,
      what: () =>
        `the end of recovery; what is left: ${left.join('; ')}; the ingestor said:\n${ingestor.stderr}`,
    },
  );
}

/** Starts an ingestor and kills it a moment after its recovery was seen to run; whether one then ran. */
async function killWithin(scene: Scene, delayMs: number): Promise<boolean> {
  const ingestor = scene.start();
  const isRunning = async (): Promise<boolean> => (await recoveryOf(scene))?.recovery?.state === 'running';
  await eventually(async () => ((await isRunning()) ? true : undefined), {
    limitMs: LIMIT_MS,
    what: () => `a recovery; the ingestor said:\n${ingestor.stderr}`,
  });
  await pause(delayMs);
  const endMs = performance.now() + NEXT_MS;
  let wasRunning = await isRunning();
  while (!wasRunning && performance.now() < endMs) {
    await pause(10);
    wasRunning = await isRunning();
  }
  await kill(ingestor);
  return wasRunning;
}

async function round({ random }: Round): Promise<Figures> {
  // As fast as a venue's limits let history be fetched while the market goes on. A warm-up waits for the end of a minute.
  const warmUpHours = isLong ? 1 : 0;
  const scene = await Scene.open({
    rate: 50,
    set: ['ingestor.recovery.settleMs=200', `ingestor.recovery.warmUpHours=${warmUpHours}`],
  });
  let ingestor = scene.start();
  await scene.moreFrames(ingestor, 50);
  await kill(ingestor);
  let within = 0;
  for (let n = 0; n < KILLS; n += 1) {
    await pause(AWAY_MS);
    // Most of them soon, some late.
    if (await killWithin(scene, random() * random() * WITHIN_MS)) within += 1;
  }
  await pause(AWAY_MS);

  ingestor = scene.start();
  const done = await allDone(scene, ingestor);
  await scene.stop(ingestor);
  const judged = await judge(scene);
  expect(judged['ids missing, each named as a gap']).toBe(0);
  const listed = await tickwright(['jobs', '--tree', '--json', '--data-dir', scene.dataDir]);
  expect(listed.code, listed.stderr).toBe(0);
  const { runs } = JSON.parse(listed.stdout) as { runs: RunTree[] };
  // One that the market gave cause for after the last look, and that the orderly end cut short, was killed by nobody.
  const killed = runs.filter(({ id }) => done.includes(id));
  expect(killed.map(({ id }) => id)).toEqual(done);
  return { kills: KILLS, 'within a recovery': within, 'jobs done': expectWhole(killed), ...judged };
}

faultTest({
  name: 'recovery-kill',
  title:
    'an ingestor killed (kill -9) in the middle of a recovery goes on with it at its next start: every job is done, the tree is whole, no id is missing and none is stored twice',
  usual: 1,
  long: 5,
  roundLimitMs: 1_800_000,
  round,
});
