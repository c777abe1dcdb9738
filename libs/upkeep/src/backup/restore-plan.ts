import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory, writeFileAtomic } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { RestoreError } from './backup-errors.ts';
import { kindOf } from './file-tree.ts';

/** Where the files wait that are about to be put in place, and the plan that says so. Both lie in the restore's home. */
export const STAGE = '.restore';
const PLAN = 'restore.json';

/**
 * What a restore is about to do. Once it is written, the restore is finished by whoever comes next, the same command or
 * the next start: every step of it can be done again.
 */
export interface RestorePlan {
  readonly backup: string;
  readonly time: string;
  /** Relative to the data directory. */
  readonly quarantine: string;
  readonly roots: readonly { readonly path: string; readonly isStaged: boolean }[];
}

export type RestoreStep = 'staged' | 'planned' | 'set-aside' | 'placed' | 'finished';
export type OnRestoreStep = (step: RestoreStep) => void | Promise<void>;

export async function writePlan(home: string, plan: RestorePlan): Promise<void> {
  await writeFileAtomic(join(home, PLAN), `${JSON.stringify(plan, null, 1)}\n`);
}

/** What is restored, and where its owner keeps the plan: owners must not finish each other's. */
export interface RestorePlace {
  readonly dataDir: string;
  /** The data directory itself, or the folder in it whose lock its owner holds. */
  readonly home: string;
}

/** Sets aside what is there and puts what is staged in its place. Gives the roots that were set aside in all. */
export async function carryOut(
  { dataDir, home }: RestorePlace,
  plan: RestorePlan,
  onStep: OnRestoreStep = () => undefined,
): Promise<string[]> {
  const setAside: string[] = [];
  for (const { path, isStaged } of plan.roots) {
    const [place, staged, old] = [dataDir, join(home, STAGE), join(dataDir, plan.quarantine)].map((folder) =>
      join(folder, path),
    ) as [string, string, string];
    const isPlaced = isStaged && (await kindOf(staged)) === undefined;
    if (!isPlaced && (await kindOf(place)) !== undefined) {
      await move(place, old);
      await onStep('set-aside');
    }
    if ((await kindOf(old)) !== undefined) setAside.push(path);
    if (isStaged && !isPlaced) {
      await move(staged, place);
      await onStep('placed');
    }
  }
  await rm(join(home, STAGE), { recursive: true, force: true });
  await rm(join(home, PLAN), { force: true });
  await syncDirectory(home);
  await onStep('finished');
  return setAside;
}

/**
 * Finishes a restore that was interrupted after its plan was written; what was interrupted before has changed nothing
 * and is removed. For every start, under the instance lock, before anything is opened.
 */
export async function finishRestore(dataDir: string, log: Log, home = dataDir): Promise<void> {
  const plan = await readPlan(home);
  if (plan === undefined) {
    await rm(join(home, STAGE), { recursive: true, force: true });
    return;
  }
  const setAside = await carryOut({ dataDir, home }, plan);
  log.warn({ backup: plan.backup, quarantine: plan.quarantine, setAside }, 'finished an interrupted restore');
}

export async function readPlan(home: string): Promise<RestorePlan | undefined> {
  const path = join(home, PLAN);
  if ((await kindOf(path)) === undefined) return undefined;
  // Written whole by `writePlan` alone.
  return JSON.parse(await readFile(path, 'utf8')) as RestorePlan;
}

/** Both names are durable before the next step. */
async function move(from: string, to: string): Promise<void> {
  if ((await kindOf(to)) !== undefined)
    throw new RestoreError(`cannot move ${from}: ${to} is there already; move that away and restore again`);
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  await syncDirectory(dirname(to));
  await syncDirectory(dirname(from));
}
