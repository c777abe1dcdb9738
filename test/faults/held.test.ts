import { join } from 'node:path';
import { systemClock } from '@tickwright/runtime';
import { expect } from 'vitest';
import { holdElsewhere } from '../../apps/ingestor/src/ticks/held-file-fixture.ts';
import { faultTest } from './fault-test.ts';
import type { Round } from './fault-test.ts';
import type { Figures } from './figures.ts';
import { judge } from './judgement.ts';
import { isLong } from './rounds.ts';
import { Scene } from './scene.ts';
import type { IngestorStatus } from './scene.ts';

/** How long another process has the file: the fault itself. */
const HELD_MS = isLong ? 60_000 : 4_000;

function isJournalOnly({ tickFile, ready }: IngestorStatus): boolean {
  return tickFile.state === 'journal-only' && !ready;
}

/** Another process has the file before the ingestor starts. */
async function round({ random }: Round): Promise<Figures> {
  const scene = await Scene.open();
  const { ingestor: first } = await scene.startReady();
  await scene.moreFrames(first, 200 + Math.floor(random() * 600));
  await scene.stop(first);

  const holder = await holdElsewhere(join(scene.dataDir, 'live', 'ticks_today.duckdb'));
  const ingestor = scene.start();
  const begun = await scene.until(ingestor, 'it went on with the journal alone', isJournalOnly);
  await systemClock.sleep(HELD_MS);
  const grown = await scene.until(ingestor, 'frames were journaled meanwhile', ({ journal }) => {
    return journal.durableOffset >= begun.journal.durableOffset + 500;
  });
  expect(grown.tickFile.state).toBe('journal-only');
  await holder.release();
  const releasedMs = Date.now();
  await scene.until(ingestor, 'it was ready and had caught up', ({ ready, tickFile }) => {
    return ready && tickFile.appliedOffset >= grown.journal.durableOffset;
  });
  const drainedMs = Date.now() - releasedMs;
  await scene.stop(ingestor);
  const held = grown.journal.durableOffset - begun.journal.durableOffset;
  return {
    'times held': 1,
    'frames journaled meanwhile': held,
    ...(await judge(scene)),
    'caught up after ms': [drainedMs],
  };
}

faultTest({
  name: 'held',
  title: `while another process has the tick file (${HELD_MS / 1_000} s, at a start) frames are journaled; then all of it is stored, once`,
  usual: 1,
  long: 10,
  roundLimitMs: 180_000 + HELD_MS,
  round,
});
