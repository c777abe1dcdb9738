import type { Gap } from '@tickwright/market';
import { expect } from 'vitest';
import { systemClock } from '@tickwright/runtime';
import type { Process } from '../system/harness.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Round } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';
import { judge } from './scene/judgement.ts';
import { isLong } from './rounds/rounds.ts';
import { Scene } from './scene/scene.ts';

/** How long the process is stopped: this is the fault itself, not a wait for something. */
const FROZEN_MS = isLong ? 30_000 : 6_000;

/** What happens to the venue meanwhile. With a connection that lives TCP delivers all of it late. */
const MEANWHILE: Record<string, (scene: Scene) => Promise<void>> = {
  'the connection lives': () => systemClock.sleep(FROZEN_MS),
  'the connection is lost': async (scene) => {
    await scene.closeVenue();
    await systemClock.sleep(FROZEN_MS);
    await scene.openVenue();
  },
};

/** A flush takes half a second, on a machine that may have other things to do. */
const STORED_MAX_MS = 10_000;

const INSTRUMENT = 'SIM|ALPHA';

interface Span {
  readonly fromMicros: number;
  readonly toMicros: number;
}

async function ask<T>(scene: Scene, path: string): Promise<T> {
  const answer = await fetch(`${scene.url}/api/v1/${path}`);
  return JSON.parse(await answer.text());
}

async function storedWithin(scene: Scene, { fromMicros, toMicros }: Partial<Span>): Promise<number> {
  const to = toMicros === undefined ? '' : `&to=${toMicros}`;
  const path = `ticks/count?instrument=${encodeURIComponent(INSTRUMENT)}&from=${fromMicros}${to}`;
  return (await ask<{ count: number }>(scene, path)).count;
}

/** Whether a gap of the ledger reaches over a whole span. */
async function isNamed(scene: Scene, span: Span): Promise<boolean> {
  const gaps = await ask<Gap[]>(scene, 'gaps');
  return gaps.some(
    ({ instrument, fromMicros, toMicros }) =>
      instrument === INSTRUMENT &&
      fromMicros <= span.fromMicros &&
      (toMicros < 0 || toMicros >= span.toMicros),
  );
}

/**
 * Whether a span is named as a gap, or of its ticks some are stored; within a time. A gap counts as filled as soon as its
 * ticks are journaled, and they are stored with the next flush: for that long neither may be seen.
 */
async function isAccountedFor(scene: Scene, ingestor: Process, span: Span): Promise<boolean> {
  const lastMs = systemClock.monotonicMs() + STORED_MAX_MS;
  while (!(await isNamed(scene, span)) && (await storedWithin(scene, span)) === 0) {
    if (systemClock.monotonicMs() > lastMs) return false;
    await scene.until(ingestor, 'it was ready', (status) => status.ready);
  }
  return true;
}

/** Waits until trades that were made after `sinceMs` are stored. */
async function caughtUp(scene: Scene, ingestor: Process, sinceMs: number): Promise<void> {
  await scene.until(ingestor, 'it was ready and trades of now were stored', () => true);
  while ((await storedWithin(scene, { fromMicros: sinceMs * 1_000 })) === 0)
    await scene.until(ingestor, 'it was ready', (status) => status.ready);
}

async function round({ kind }: Round): Promise<Figures> {
  const meanwhile = kind(Object.keys(MEANWHILE));
  const scene = await Scene.open();
  const { ingestor } = await scene.startReady();
  await scene.moreFrames(ingestor, 300);
  ingestor.kill('SIGSTOP');
  const stoppedMs = Date.now();
  await MEANWHILE[meanwhile]?.(scene);
  const goMs = Date.now();
  ingestor.kill('SIGCONT');
  await caughtUp(scene, ingestor, goMs + 500);
  const wholeMs = Date.now() - goMs;
  // Its middle: what was under way when the connection was lost may have come with it.
  const missed = {
    fromMicros: (stoppedMs + FROZEN_MS / 3) * 1_000,
    toMicros: (goMs - FROZEN_MS / 3) * 1_000,
  };
  const isKnown = meanwhile === 'the connection lives' || (await isAccountedFor(scene, ingestor, missed));
  expect(isKnown, 'what was lost with the connection is fetched or named').toBe(true);
  await scene.stop(ingestor);
  const judged = await judge(scene);
  const missing = judged['ids missing, each named as a gap'];
  if (meanwhile === 'the connection lives') expect(missing, 'TCP delivers late what was missed').toBe(0);
  return { [`rounds: ${meanwhile}`]: 1, ...judged, 'whole again after ms': [wholeMs] };
}

faultTest({
  name: 'frozen',
  title: `an ingestor that is stopped and goes on (SIGSTOP, SIGCONT; ${FROZEN_MS / 1_000} s) is whole again by itself: what was missed is delivered late, fetched from the history, or a gap by name`,
  usual: 2,
  long: 20,
  roundLimitMs: 120_000 + FROZEN_MS,
  round,
});
