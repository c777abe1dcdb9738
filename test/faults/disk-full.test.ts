import { faultTest } from './rounds/fault-test.ts';
import type { Round } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';
import { judge } from './scene/judgement.ts';
import { ENDS, metFigures, metIn } from './scene/no-room.ts';
import { Scene } from './scene/scene.ts';
import { SmallDisk } from './scene/small-disk.ts';

const DISK_BYTES = 64 * 1_024 * 1_024;
/** What fails first, journal, tick file or candles, follows from how much is left. */
const LEFT_BYTES_MAX = 1_024 * 1_024;
/** How long the disk stays full: the fault itself. */
const FULL_MS_MAX = 4_000;

const PAUSED = /streams are paused/;

async function round({ random, kind }: Round): Promise<Figures> {
  const how = kind(Object.keys(ENDS));
  await using disk = await SmallDisk.open(DISK_BYTES);
  const scene = await Scene.open({ dataDir: disk.dataDir, under: disk.under });
  const { ingestor } = await scene.startReady();
  await scene.moreFrames(ingestor, 300);
  disk.fill(Math.floor(random() * LEFT_BYTES_MAX));
  const inTrouble = (): boolean => PAUSED.test(ingestor.stderr) || metIn(ingestor.stderr).length > 0;
  await scene.until(ingestor, 'the full disk was noticed', inTrouble);
  const left = await ENDS[how]?.({ scene, ingestor, fullMs: random() * FULL_MS_MAX });
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
  const met = { ...metFigures(ingestor.stderr), 'pauses met': PAUSED.test(ingestor.stderr) ? 1 : 0 };
  return { [`rounds: ${how}`]: 1, ...met, ...judged, 'stored again after ms': [backMs] };
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
