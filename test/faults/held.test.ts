import { join } from 'node:path';
import { systemClock } from '@tickwright/runtime';
import { expect } from 'vitest';
import { eventually } from '../system/harness.ts';
import type { Process } from '../system/harness.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Round } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';
import { Grabber } from './scene/grabbing.ts';
import { judge } from './scene/judgement.ts';
import { isLong } from './rounds/rounds.ts';
import { LIMIT_MS, Scene } from './scene/scene.ts';
import type { IngestorStatus } from './scene/scene.ts';
import { takeYesterdayIn } from './scene/yesterday.ts';

/** How long another process has the file: the fault itself. */
const HELD_MS = isLong ? 60_000 : 4_000;

function isJournalOnly({ tickFile, ready }: IngestorStatus): boolean {
  return tickFile.state === 'journal-only' && !ready;
}

/** Another process has the file before the ingestor starts. */
async function heldAtStart({ random }: Round): Promise<Figures> {
  const scene = await Scene.open();
  const { ingestor: first } = await scene.startReady();
  await scene.moreFrames(first, 200 + Math.floor(random() * 600));
  await scene.stop(first);
  const holder = await Grabber.start(liveFile(scene));
  holder.go();
  await eventually(() => (holder.isHolding ? true : undefined), {
    what: 'the other process to have the file',
  });
  const ingestor = scene.start();
  const drained = await drain({ scene, ingestor, release: () => holder.release() });
  return { 'held at a start': 1, ...drained };
}

/**
 * Another process takes the file while the ingestor runs. It holds the lock at every moment but those of a sealing, in
 * which it closes the file and opens the next.
 */
async function grabbedInSealing(): Promise<Figures> {
  const scene = await Scene.open();
  await takeYesterdayIn(scene);
  const grabber = await Grabber.start(liveFile(scene));
  const ingestor = scene.start();
  await ingestor.until(/ingesting/, LIMIT_MS);
  grabber.go();
  const isSealed = (): boolean => /sealed the ticks of finished days/.test(ingestor.stderr);
  await eventually(() => (grabber.isHolding || isSealed() ? true : undefined), {
    limitMs: LIMIT_MS,
    what: () => `a sealing; the ingestor said:\n${ingestor.stderr}`,
  });
  const caught = grabber.isHolding ? 1 : 0;
  if (caught === 1) await systemClock.sleep(HELD_MS);
  await scene.status();
  const from = scene.durableOffset;
  await grabber.release();
  await scene.until(ingestor, 'it was ready and had caught up', ({ ready, tickFile }) => {
    return ready && tickFile.appliedOffset >= from;
  });
  await scene.moreFrames(ingestor, 300);
  await scene.stop(ingestor);
  return { 'tried in a sealing': 1, 'caught there': caught, ...(await judge(scene)) };
}

function liveFile({ dataDir }: Scene): string {
  return join(dataDir, 'live', 'ticks_today.duckdb');
}

/** Journal-only while it is held, then whole; the ingestor is stopped and judged. */
async function drain(held: {
  scene: Scene;
  ingestor: Process;
  release: () => Promise<void>;
}): Promise<Figures> {
  const { scene, ingestor } = held;
  const begun = await scene.until(ingestor, 'it went on with the journal alone', isJournalOnly);
  await systemClock.sleep(HELD_MS);
  const grown = await scene.until(ingestor, 'frames were journaled meanwhile', ({ journal }) => {
    return journal.durableOffset >= begun.journal.durableOffset + 500;
  });
  expect(grown.tickFile.state).toBe('journal-only');
  await held.release();
  const releasedMs = Date.now();
  await scene.until(ingestor, 'it was ready and had caught up', ({ ready, tickFile }) => {
    return ready && tickFile.appliedOffset >= grown.journal.durableOffset;
  });
  const drainedMs = Date.now() - releasedMs;
  await scene.stop(ingestor);
  return {
    'frames journaled meanwhile': grown.journal.durableOffset - begun.journal.durableOffset,
    ...(await judge(scene)),
    'caught up after ms': [drainedMs],
  };
}

const KINDS = [heldAtStart, grabbedInSealing];

faultTest({
  name: 'held',
  title: `while another process has the tick file (${HELD_MS / 1_000} s, at a start, or taken in the moment of a sealing) frames are journaled; then all of it is stored, once`,
  usual: 2,
  long: 10,
  roundLimitMs: 180_000 + HELD_MS,
  round: (round) => round.kind(KINDS)(round),
});
