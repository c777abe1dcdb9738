import { join } from 'node:path';
import { createLog } from '@tickwright/runtime';
import { checkBackup, listBackups } from '@tickwright/upkeep';
import { expect } from 'vitest';
import { Process, temporaryFolder, tickwright } from '../system/harness.ts';
import { storedTicks } from '../system/venue-script.ts';
import { askForBackup, killInBackup, unfinishedBackups } from './scene/backup-request.ts';
import type { BackupMade } from './scene/backup-request.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Round } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';
import { judge } from './scene/judgement.ts';
import { INSTRUMENTS, Scene } from './scene/scene.ts';

/** Within a backup and within a restore, each. */
const KILLS = 2;
const log = createLog({ name: 'test', level: 'silent' });

/** A life of backups and kills, then one of restores and kills; each finds whole backups alone, and all of their ticks. */
async function round({ random }: Round): Promise<Figures> {
  // Each one made is looked for again in the end: none may be pruned for its age or number.
  const scene = await Scene.open({ set: ['backups.keep.count=10000'] });
  const ingestor = scene.start();
  await scene.moreFrames(ingestor, 200);
  const { ingestor: last, made, within } = await killedInBackups(scene, ingestor, random);
  await expectRefused(scene, last, made);

  // The journal goes on behind the backup; then the process dies.
  await scene.moreFrames(last, 300);
  last.kill('SIGKILL');
  await last.ended;
  const before = await stored(scene.dataDir);
  const withinRestores = await killedInRestores(scene, made, random);
  const restored = await tickwright(['restore', made.name, '--data-dir', scene.dataDir]);
  expect(restored.stderr).toBe('');
  expect(restored.stdout).toMatch(/the journal has [\d,]+ frames behind it/);
  expect(await stored(scene.dataDir)).toEqual(before);
  const judged = await judge(scene);
  return {
    'kills within a backup': within,
    'kills within a restore': withinRestores,
    ...judged,
    'restored elsewhere, without the journal': await restoredElsewhere(scene, made, before),
  };
}

/** Killed within a backup: nothing that looks finished is not, none that was is gone, and the next one is made. */
async function killedInBackups(
  scene: Scene,
  first: Process,
  random: () => number,
): Promise<{ ingestor: Process; made: BackupMade; within: number }> {
  const directory = join(scene.dataDir, 'backups');
  let ingestor = first;
  let within = 0;
  const whole = [(await askForBackup(scene.dataDir)).name];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const made = await killInBackup(ingestor, { dataDir: scene.dataDir, delayMs: random() * 250 });
    if (made !== undefined) whole.push(made.name);
    if (unfinishedBackups(scene.dataDir).length > 0) within += 1;
    const listed = await listBackups(directory);
    for (const each of listed) await checkBackup(each.folder, log);
    expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(whole));
    ({ ingestor } = await scene.startReady());
  }
  const made = await askForBackup(scene.dataDir);
  expect(unfinishedBackups(scene.dataDir)).toEqual([]);
  return { ingestor, made, within };
}

/** Over a running instance a restore is refused, by name. */
async function expectRefused(scene: Scene, ingestor: Process, { name }: BackupMade): Promise<void> {
  const refused = await tickwright(['restore', name, '--data-dir', scene.dataDir]);
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain(`${ingestor.child.pid}`);
}

async function killedInRestores(scene: Scene, made: BackupMade, random: () => number): Promise<number> {
  let within = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const restore = new Process(['restore', made.name, '--data-dir', scene.dataDir]);
    await new Promise((go) => setTimeout(go, 300 + random() * 1_000));
    restore.kill('SIGKILL');
    if ((await restore.ended).signal === 'SIGKILL') within += 1;
    // What a user does next: the same again, or a start; both finish what was begun.
    const next = ['ticks', INSTRUMENTS[0] ?? '', '--count', '--data-dir', scene.dataDir];
    if (random() < 0.5) await tickwright(next);
  }
  return within;
}

/** Without the journal: what the backup told, and whole. Gives how many ticks it has. */
async function restoredElsewhere(scene: Scene, made: BackupMade, before: Set<string>): Promise<number> {
  const elsewhere = temporaryFolder();
  const folder = join(scene.dataDir, 'backups', made.name);
  const moved = await tickwright(['restore', folder, '--data-dir', elsewhere]);
  expect(moved.stdout).toContain('the journal has nothing behind it');
  const there = await stored(elsewhere);
  expect(there.size).toBe(made.ticks);
  expect([...there].filter((tick) => !before.has(tick))).toEqual([]);
  const verified = await tickwright(['verify', '--data-dir', elsewhere]);
  expect(`${verified.stdout}${verified.stderr}`).toContain('everything agrees');
  return there.size;
}

async function stored(dataDir: string): Promise<Set<string>> {
  const ticks = await storedTicks(dataDir, INSTRUMENTS);
  const all = ticks.flatMap((of, at) => of.map((tick) => `${INSTRUMENTS[at]} ${JSON.stringify(tick)}`));
  const once = new Set(all);
  expect(once.size, 'ticks stored twice').toBe(all.length);
  return once;
}

faultTest({
  name: 'backup',
  title:
    'kills within a backup and within a restore leave whole backups alone, and a restore with its journal loses and doubles nothing',
  usual: 1,
  long: 25,
  roundLimitMs: 300_000,
  round,
});
