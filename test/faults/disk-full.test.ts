import { expect } from 'vitest';
import { systemClock } from '@tickwright/runtime';
import { eventually } from '../system/harness.ts';
import type { Process } from '../system/harness.ts';
import { faultTest } from './fault-test.ts';
import type { Round } from './fault-test.ts';
import type { Figures } from './figures.ts';
import { judge } from './judgement.ts';
import { LIMIT_MS, Scene, hasEnded } from './scene.ts';
import { SmallDisk } from './small-disk.ts';

const DISK_BYTES = 64 * 1_024 * 1_024;
/** What fails first, journal, tick file or candles, follows from how much is left. */
const LEFT_BYTES_MAX = 1_024 * 1_024;
/** How long the disk stays full: the fault itself. */
const FULL_MS_MAX = 4_000;

/** What the log says of each kind of write that found no room. */
const SIGNS = {
  'journal writes met': /journal could not be written/,
  'flushes met': /tick file takes no ticks/,
  'publications met': /candles could not be published/,
  'pauses met': /paus/,
};

interface Full {
  readonly scene: Scene;
  readonly disk: SmallDisk;
  readonly ingestor: Process;
  readonly fullMs: number;
}

/** What is done while the disk is full; gives the ingestor that is to go on by itself, if one is left. */
const KINDS: Record<string, (full: Full) => Promise<Process | undefined>> = {
  'space came back': async ({ ingestor, fullMs }) => {
    await systemClock.sleep(fullMs);
    return ingestor;
  },
  'killed while full, started while full': async ({ scene, ingestor, fullMs }) => {
    ingestor.kill('SIGKILL');
    await ingestor.ended;
    return startedFull(scene, fullMs);
  },
  'stopped while full': async ({ scene, ingestor }) => {
    ingestor.kill('SIGTERM');
    const { code, stderr } = await scene.ended(ingestor);
    // It ends in time and in order: 0, or 1 where frames that came last could not be made durable.
    expect([0, 1, 4], stderr).toContain(code);
    expect(stderr).not.toMatch(/\n {4}at /);
    return undefined;
  },
};

/** A start on a full disk runs, or refuses in an error of ours. */
async function startedFull(scene: Scene, fullMs: number): Promise<Process | undefined> {
  const ingestor = scene.start();
  await eventually(() => (hasEnded(ingestor) || /ingesting/.test(ingestor.stderr) ? true : undefined), {
    limitMs: LIMIT_MS,
    what: () => `a start on a full disk to run or to end; it said:\n${ingestor.stderr}`,
  });
  if (!hasEnded(ingestor)) {
    await systemClock.sleep(fullMs);
    return ingestor;
  }
  const { code, stderr } = await ingestor.ended;
  expect([1, 4], stderr).toContain(code);
  expect(stderr).not.toMatch(/\n {4}at /);
  return undefined;
}

async function round({ random, kind }: Round): Promise<Figures> {
  const how = kind(Object.keys(KINDS));
  await using disk = await SmallDisk.open(DISK_BYTES);
  const scene = await Scene.open({ dataDir: disk.dataDir, under: disk.under });
  const { ingestor } = await scene.startReady();
  await scene.moreFrames(ingestor, 300);
  disk.fill(Math.floor(random() * LEFT_BYTES_MAX));
  const inTrouble = (): boolean => Object.values(SIGNS).some((sign) => sign.test(ingestor.stderr));
  await scene.until(ingestor, 'the full disk was noticed', inTrouble);
  const left = await KINDS[how]?.({ scene, disk, ingestor, fullMs: random() * FULL_MS_MAX });
  disk.free();
  const freedMs = Date.now();
  const last = left ?? (await scene.startReady()).ingestor;
  await scene.until(last, 'it was ready again', (status) => status.ready);
  await scene.moreFrames(last, 300);
  const backMs = Date.now() - freedMs;
  await scene.stop(last);
  const judged = await judge({
    dataDir: disk.copyOut(),
    rate: scene.rate,
    durableOffset: scene.durableOffset,
  });
  const met = Object.entries(SIGNS).map(([name, sign]) => [name, sign.test(ingestor.stderr) ? 1 : 0]);
  return { [`rounds: ${how}`]: 1, ...Object.fromEntries(met), ...judged, 'stored again after ms': [backMs] };
}

faultTest({
  name: 'disk-full',
  title:
    'when the disk is full (ENOSPC) nothing durable is lost, whatever is being written, and all goes on by itself when there is room again',
  usual: 3,
  long: 60,
  roundLimitMs: 180_000,
  skipped: SmallDisk.missing,
  round,
});
