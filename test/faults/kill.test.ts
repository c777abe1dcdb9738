import { join } from 'node:path';
import type { Process } from '../system/harness.ts';
import { killInBackup, unfinishedBackups } from './scene/backup-request.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Round } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';
import { judge } from './scene/judgement.ts';
import { candleFolders, killWhen } from './scene/moments.ts';
import { Scene } from './scene/scene.ts';
import { takeYesterdayIn } from './scene/yesterday.ts';

const BACK_MS_MAX = 5_000;
/** What a backup of so little takes. */
const BACKUP_MS = 200;
const LATE = 'back after more than 5 s';

/** Moments into which the kill falls, and how it is brought there. Each gives whether it fell there. */
const MOMENTS = {
  anytime: async (ingestor: Process, { scene, random }: At) => {
    const untilMs = Date.now() + random() * 1_500;
    // Asks again and again, so that the last answer is from just before the kill.
    while (Date.now() < untilMs) await scene.status();
    return kill(ingestor);
  },
  publish: (ingestor: Process, { scene, random }: At) =>
    isMet(
      killWhen(ingestor, { folders: candleFolders(scene.dataDir), name: /\.tmp$/, delayMs: random() * 4 }),
    ),
  seal: (ingestor: Process, { scene, random }: At) => {
    const folders = [join(scene.dataDir, 'live'), join(scene.dataDir, 'ticks')];
    return isMet(
      killWhen(ingestor, { folders, name: /sealing|\.new$|unfinished|segment/, delayMs: random() * 40 }),
    );
  },
  checkpoint: (ingestor: Process, { scene, random }: At) => {
    // The end of a run checkpoints; so does a start that finds a log.
    const folders = [scene.dataDir, join(scene.dataDir, 'live')];
    const killed = killWhen(ingestor, { folders, name: /checkpoint|\.wal$/, delayMs: random() * 10 });
    ingestor.kill('SIGTERM');
    return isMet(killed);
  },
  backup: async (ingestor: Process, { scene, random }: At) => {
    await killInBackup(ingestor, { dataDir: scene.dataDir, delayMs: random() * BACKUP_MS });
    return unfinishedBackups(scene.dataDir).length > 0;
  },
  start: async (ingestor: Process, { scene, random }: At) => {
    await kill(ingestor);
    const next = scene.start();
    await new Promise((go) => setTimeout(go, random() * 1_500));
    return kill(next);
  },
};

interface At {
  readonly scene: Scene;
  readonly random: () => number;
}

async function kill(ingestor: Process): Promise<boolean> {
  ingestor.kill('SIGKILL');
  await ingestor.ended;
  return true;
}

async function isMet(killed: Promise<string | undefined>): Promise<boolean> {
  return (await killed) !== undefined;
}

async function round({ random, kind }: Round): Promise<Figures> {
  const moment = kind(Object.keys(MOMENTS) as (keyof typeof MOMENTS)[]);
  const scene = await Scene.open();
  if (moment === 'seal') await takeYesterdayIn(scene);
  const ingestor = scene.start();
  // A sealing begins with the start.
  if (moment !== 'seal') await scene.moreFrames(ingestor, 200);
  const isWithin = await MOMENTS[moment](ingestor, { scene, random });

  const back = await scene.startReady();
  await scene.moreFrames(back.ingestor, 100);
  await scene.stop(back.ingestor);
  const judged = await judge(scene);
  return {
    kills: 1,
    [`within ${moment}`]: isWithin ? 1 : 0,
    ...judged,
    'back ms': [back.backMs],
    [LATE]: back.backMs > BACK_MS_MAX ? 1 : 0,
  };
}

faultTest({
  name: 'kill',
  title:
    'an ingestor killed (kill -9) at random moments, also inside start, checkpoint, publish, seal and backup, loses nothing that was durable, stores nothing twice, and is back within 5 s',
  usual: 6,
  long: 300,
  roundLimitMs: 120_000,
  noneOf: [LATE],
  round,
});
