import type { Gap } from '@tickwright/market';
import { expect } from 'vitest';
import { systemClock } from '@tickwright/runtime';
import type { Process } from '../system/harness.ts';
import { faultTest } from './fault-test.ts';
import type { Round } from './fault-test.ts';
import type { Figures } from './figures.ts';
import { judge } from './judgement.ts';
import { isLong } from './rounds.ts';
import { Scene } from './scene.ts';

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

/** Waits until trades that were made after `sinceMs` are stored. */
async function caughtUp(scene: Scene, ingestor: Process, sinceMs: number): Promise<void> {
  const from = new Date(sinceMs).getTime() * 1_000;
  const instrument = encodeURIComponent('SIM|ALPHA');
  let count = 0;
  await scene.until(ingestor, 'it was ready and trades of now were stored', () => true);
  while (count === 0) {
    await scene.until(ingestor, 'it was ready', (status) => status.ready);
    const answer = await fetch(`${scene.url}/api/v1/ticks/count?instrument=${instrument}&from=${from}`);
    ({ count } = JSON.parse(await answer.text()));
  }
}

/** The gaps of the ledger, open or filled, that reach into a span of time. */
async function gapsWithin(scene: Scene, span: Pick<Gap, 'fromMicros' | 'toMicros'>): Promise<Gap[]> {
  const answer = await fetch(`${scene.url}/api/v1/gaps`);
  const gaps: Gap[] = JSON.parse(await answer.text());
  return gaps.filter(
    ({ fromMicros, toMicros }) => fromMicros < span.toMicros && (toMicros < 0 || toMicros > span.fromMicros),
  );
}

async function round({ kind }: Round): Promise<Figures> {
  const meanwhile = kind(Object.keys(MEANWHILE));
  const scene = await Scene.open();
  const { ingestor } = await scene.startReady();
  await scene.moreFrames(ingestor, 300);
  ingestor.kill('SIGSTOP');
  await MEANWHILE[meanwhile]?.(scene);
  const goMs = Date.now();
  const frozen = { fromMicros: (goMs - FROZEN_MS) * 1_000, toMicros: goMs * 1_000 };
  ingestor.kill('SIGCONT');
  await caughtUp(scene, ingestor, goMs + 500);
  const wholeMs = Date.now() - goMs;
  const named = await gapsWithin(scene, frozen);
  await scene.stop(ingestor);
  const judged = await judge(scene);
  // Recovery may have filled them since: the judgement counts what is missing still.
  if (meanwhile === 'the connection lives') expect(named, 'TCP delivers late what was missed').toEqual([]);
  else expect(named, 'what was lost with the connection is named').not.toEqual([]);
  return { [`rounds: ${meanwhile}`]: 1, ...judged, 'whole again after ms': [wholeMs] };
}

faultTest({
  name: 'frozen',
  title: `an ingestor that is stopped and goes on (SIGSTOP, SIGCONT; ${FROZEN_MS / 1_000} s) is whole again by itself: what was missed is delivered late or is a gap by name`,
  usual: 2,
  long: 20,
  roundLimitMs: 120_000 + FROZEN_MS,
  round,
});
