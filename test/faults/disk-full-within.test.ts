import { join } from 'node:path';
import { systemClock } from '@tickwright/runtime';
import { expect } from 'vitest';
import { temporaryFolder } from '../system/harness.ts';
import type { Process } from '../system/harness.ts';
import { openProbe, probedEnvironment } from '../system/probed-process.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Round } from './rounds/fault-test.ts';
import { added } from './rounds/figures.ts';
import type { Figures } from './rounds/figures.ts';
import { judge } from './scene/judgement.ts';
import { ENDS, SIGNS, WRITE_NAMES, metFigures, metIn } from './scene/no-room.ts';
import type { WriteName } from './scene/no-room.ts';
import { isLong } from './rounds/rounds.ts';
import { Scene } from './scene/scene.ts';
import { SmallDisk } from './scene/small-disk.ts';

const DISK_BYTES = 64 * 1_024 * 1_024;
/** Without a reserve nothing pauses before a write has failed. */
const NO_RESERVE = ['ingestor.disk.reserveBytes=0', 'ingestor.disk.reservePercent=0'];
const FULL_MS_MAX = 4_000;
/** Who meets the end of the disk first follows from what is left, so that it is tried again with another rest. */
const TRIES_MAX = 40;
const NOTICED_WITHIN_MS = 20_000;
/** Three tries of a publication take 2.2 s at most, on a machine with nothing else to do. */
const LAST_TRY_MS = 4_000;
/** A checkpoint every other flush. */
const CHECKPOINT_AT = '200KB';

interface Write {
  /** Of the venue: the more it sends, the more of the disk goes to journal and ticks. */
  readonly rate: number;
  readonly leftBytesMax: number;
}

const WRITES: Readonly<Record<WriteName, Write>> = {
  'journal write': { rate: 2_000, leftBytesMax: 8_192 },
  flush: { rate: 4_000, leftBytesMax: 600_000 },
  checkpoint: { rate: 2_000, leftBytesMax: 1_000_000 },
  // Most of what is written is the journal: with few ticks it fits into the page that it has.
  publication: { rate: 8, leftBytesMax: 12_288 },
};

/** Fills the disk until this kind of write has met its end; gives how often each kind did. */
async function filled(parts: {
  scene: Scene;
  disk: SmallDisk;
  ingestor: Process;
  random: () => number;
  name: WriteName;
}): Promise<Figures> {
  const { scene, disk, ingestor, random, name } = parts;
  let met: Figures = {};
  for (let tries = 1; ; tries += 1) {
    const from = ingestor.stderr.length;
    const said = (): string => ingestor.stderr.slice(from);
    disk.fill(Math.floor(random() * WRITES[name].leftBytesMax));
    // A log that is cut or a journal file that is compressed in this moment makes room again: then it is filled anew.
    const noticedByMs = Date.now() + NOTICED_WITHIN_MS;
    while (metIn(said()).length === 0 && Date.now() < noticedByMs) await systemClock.sleep(25);
    // What is under way at the same time may meet it as well, and says so when its tries are used up.
    const isAwaited = (): boolean => !isLong || !SIGNS[name].test(said());
    const endMs = Date.now() + (isLong ? LAST_TRY_MS : random() * 1_000);
    while (Date.now() < endMs && isAwaited()) await systemClock.sleep(25);
    met = added(met, metFigures(said()));
    // A few rounds take what comes.
    if (isLong ? SIGNS[name].test(said()) : metIn(said()).length > 0) return met;
    expect(tries, `no ${name} has met it; the ingestor said:\n${ingestor.stderr}`).toBeLessThan(TRIES_MAX);
    disk.free();
    await scene.until(ingestor, 'it was ready again', (status) => status.ready);
    await scene.moreFrames(ingestor, 20);
  }
}

async function round({ seed, random, kind }: Round): Promise<Figures> {
  const name = kind(WRITE_NAMES);
  const ends = Object.keys(ENDS);
  const end = ends[Math.floor(seed / WRITE_NAMES.length) % ends.length] ?? '';
  await using disk = await SmallDisk.open(DISK_BYTES);
  const { dataDir, under } = disk;
  const scene = await Scene.open({ dataDir, under, set: NO_RESERVE, rate: WRITES[name].rate });
  const address = join(temporaryFolder(), 'probe.sock');
  const ingestor = scene.start({ env: name === 'checkpoint' ? probedEnvironment(address) : {} });
  await scene.moreFrames(ingestor, 50);
  if (name === 'checkpoint') {
    const probe = await openProbe(address);
    await probe.ask('checkpointAt', { owner: 'tick file', size: CHECKPOINT_AT });
    probe.close();
  }
  const met = await filled({ scene, disk, ingestor, random, name });
  const left = await ENDS[end]?.({ scene, ingestor, fullMs: random() * FULL_MS_MAX });
  disk.free();
  const freedMs = Date.now();
  const last = left ?? (await scene.startReady()).ingestor;
  await scene.until(last, 'it was ready again', (status) => status.ready);
  await scene.moreFrames(last, 50);
  const backMs = Date.now() - freedMs;
  await scene.stop(last);
  const judged = await judge({
    dataDir: disk.copyOut(),
    rate: scene.rate,
    durableOffset: scene.durableOffset,
  });
  return { [`rounds: ${name}, ${end}`]: 1, ...met, ...judged, 'stored again after ms': [backMs] };
}

faultTest({
  name: 'disk-full-within',
  title:
    'when the disk is full (ENOSPC) within a journal write, a flush, a checkpoint or a publication nothing durable is lost, and all goes on by itself when there is room again',
  usual: 1,
  long: 60,
  roundLimitMs: 300_000,
  skipped: SmallDisk.missing,
  round,
});
