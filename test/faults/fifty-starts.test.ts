import { expect } from 'vitest';
import { eventually } from '../system/harness.ts';
import type { Ended, Process } from '../system/harness.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';
import { judge } from './scene/judgement.ts';
import { isLong } from './rounds/rounds.ts';
import { LIMIT_MS, Scene, hasEnded } from './scene/scene.ts';

const STARTS = isLong ? 50 : 8;

/** Waits until all but one have ended. */
async function survivor(ingestors: readonly Process[]): Promise<{ winner: Process; refused: Ended[] }> {
  const isRunning = (each: Process): boolean => !hasEnded(each);
  await eventually(() => (ingestors.filter(isRunning).length <= 1 ? true : undefined), {
    limitMs: 2 * LIMIT_MS,
    what: 'all but one to end',
  });
  const [winner] = ingestors.filter(isRunning);
  const refused = await Promise.all(ingestors.filter((each) => each !== winner).map((each) => each.ended));
  if (winner === undefined)
    throw new Error(`all have ended: ${refused.map(({ stderr }) => stderr).join('')}`);
  return { winner, refused };
}

async function round(): Promise<Figures> {
  const scene = await Scene.open();
  const { winner, refused } = await survivor(Array.from({ length: STARTS }, () => scene.start()));
  const status = await scene.until(winner, 'the one that runs was ready', ({ ready }) => ready);
  expect(status.pid).toBe(winner.child.pid);
  for (const { code, stderr } of refused) {
    expect(code, stderr).toBe(4);
    expect(stderr).toContain(`process ${winner.child.pid} has held it since`);
  }
  await scene.moreFrames(winner, 200);
  await scene.stop(winner);
  return {
    started: STARTS,
    ran: 1,
    'refused with exit 4, naming it': refused.length,
    ...(await judge(scene)),
  };
}

faultTest({
  name: 'fifty-starts',
  title:
    'of many ingestors started at once on one data directory exactly one runs, and the others exit 4 and name it',
  usual: 1,
  long: 5,
  roundLimitMs: 240_000,
  round,
});
