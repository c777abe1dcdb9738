import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { cleanUp } from '../../system/harness.ts';
import { added, told } from './figures.ts';
import type { Figures } from './figures.ts';
import { isLong, randomOf, rounds, seed, share } from './rounds.ts';

export interface Round {
  /** Tells the whole round: the same seed makes the same choices, alone or among others. */
  readonly seed: number;
  readonly random: () => number;
  /** The fault's kinds follow each other, so that a few rounds show them all. */
  kind<T>(kinds: readonly T[]): T;
}

export interface FaultTest {
  /** The row of RESULTS.md, and the file's name without `.test.ts`. */
  readonly name: string;
  /** What is done and must hold, as a sentence. */
  readonly title: string;
  /** Rounds in `npm test`, and in `npm run test:faults` unless told. */
  readonly usual: number;
  readonly long: number;
  /** A round may take so long on a loaded machine. */
  readonly roundLimitMs: number;
  /** Why it cannot run here, by name; undefined where it can. */
  readonly skipped?: string | undefined;
  /** Rounds after which the long form tells how far it is; every one unless told. */
  readonly toldEvery?: number;
  /** Figures that must be 0 in the end, in the long form alone: what a loaded machine may miss. */
  readonly noneOf?: readonly string[];
  /** What must hold of so many rounds together, in either form. */
  readonly whole?: (figures: Figures, rounds: number) => void;
  /** One whole round: makes what it needs, does the fault, and expects what must hold. */
  readonly round: (round: Round) => Promise<Figures>;
}

/** What is known of an interrupted or finished run; scripts/faults.mjs reads it. */
interface Progress {
  readonly name: string;
  readonly title: string;
  readonly seed: number;
  /** Of all processes that share the run. */
  readonly rounds: number;
  /** By this one. */
  readonly done: number;
  readonly told: string;
  readonly figures: Figures;
}

/** Registers a fault test of independent rounds, each told by its own seed: the run's seed plus its number. */
export function faultTest(fault: FaultTest): void {
  const total = rounds(fault.usual, fault.long);
  const skipped = fault.skipped === undefined ? '' : ` (skipped: ${fault.skipped})`;
  test.skipIf(fault.skipped !== undefined)(
    `${fault.name}: ${fault.title}${skipped}`,
    async () => {
      const before = progressBefore(fault.name, total);
      let { done, figures } = before;
      for (; ; done += 1) {
        const number = share.number + done * share.of;
        if (number >= total) break;
        figures = added(figures, await oneRound(fault, seed + number));
        saveProgress({ name: fault.name, title: fault.title, rounds: total, done: done + 1, figures });
        if (isLong && (number + 1) % (fault.toldEvery ?? 1) === 0)
          console.log(`${fault.name} ${number + 1} of ${total}, seed ${seed + number}: ${told(figures)}`);
      }
      console.log(`${fault.name}: ${total} rounds from seed ${seed}: ${told(figures)}`);
      fault.whole?.(figures, done);
      if (isLong && share.number < total)
        expect((fault.noneOf ?? []).filter((name) => figures[name] !== 0)).toEqual([]);
    },
    30_000 + total * fault.roundLimitMs,
  );
}

async function oneRound(fault: FaultTest, roundSeed: number): Promise<Figures> {
  let isKept = isLong;
  try {
    const kind = <T>(kinds: readonly T[]): T => kinds[roundSeed % kinds.length] as T;
    const figures = await fault.round({ seed: roundSeed, random: randomOf(roundSeed), kind });
    isKept = false;
    return figures;
  } catch (cause) {
    const again = `npm run test:faults -- --only ${fault.name} --seed ${roundSeed} --rounds 1`;
    const found = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    throw new Error(`the round of seed ${roundSeed} failed; run it again alone: ${again}\n${found}`, {
      cause,
    });
  } finally {
    await cleanUp({ isKept });
  }
}

function progressBefore(name: string, total: number): Pick<Progress, 'done' | 'figures'> {
  const path = process.env['TICKWRIGHT_FAULT_STATE'];
  if (path === undefined || process.env['TICKWRIGHT_FAULT_CONTINUE'] !== '1') return { done: 0, figures: {} };
  const before = JSON.parse(readFileSync(path, 'utf8')) as Progress;
  const isSame = before.name === name && before.rounds === total && before.seed === seed;
  return isSame ? before : { done: 0, figures: {} };
}

/** Keeps what this process has found, for the row of RESULTS.md and to go on with. */
export function saveProgress(progress: Omit<Progress, 'seed' | 'told'>): void {
  const path = process.env['TICKWRIGHT_FAULT_STATE'];
  if (path === undefined) return;
  mkdirSync(dirname(path), { recursive: true });
  const whole: Progress = { ...progress, seed, told: told(progress.figures) };
  writeFileSync(path, `${JSON.stringify(whole)}\n`);
}
