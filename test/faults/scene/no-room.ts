import { systemClock } from '@tickwright/runtime';
import { expect } from 'vitest';
import { eventually } from '../../system/harness.ts';
import type { Process } from '../../system/harness.ts';
import type { Figures } from '../rounds/figures.ts';
import { LIMIT_MS, hasEnded } from './scene.ts';
import type { Scene } from './scene.ts';

/** What the log says of each kind of write that found no room. */
export const SIGNS = {
  'journal write': /journal could not be written/,
  flush: /tick file takes no ticks/,
  checkpoint: /engine of the tick file has stopped/,
  publication: /candles could not be published/,
} as const;

export type WriteName = keyof typeof SIGNS;

export const WRITE_NAMES = Object.keys(SIGNS) as WriteName[];

/** Kinds of write that a log tells of. */
export function metIn(log: string): WriteName[] {
  return WRITE_NAMES.filter((name) => SIGNS[name].test(log));
}

/** As figures: `met in a flush 1`. */
export function metFigures(log: string): Figures {
  const met = new Set<string>(metIn(log));
  return Object.fromEntries(WRITE_NAMES.map((name) => [`met in a ${name}`, met.has(name) ? 1 : 0]));
}

export interface Full {
  readonly scene: Scene;
  readonly ingestor: Process;
  readonly fullMs: number;
}

/** What is done while the disk is full; gives the ingestor that is to go on by itself, if one is left. */
export const ENDS: Readonly<Record<string, (full: Full) => Promise<Process | undefined>>> = {
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
