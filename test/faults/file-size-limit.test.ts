import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@tickwright/runtime';
import { expect } from 'vitest';
import { eventually, temporaryFolder } from '../system/harness.ts';
import type { Process } from '../system/harness.ts';
import { openProbe, probedEnvironment } from '../system/probed-process.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Round } from './rounds/fault-test.ts';
import { added } from './rounds/figures.ts';
import type { Figures } from './rounds/figures.ts';
import { judge } from './scene/judgement.ts';
import { SIGNS, WRITE_NAMES, metFigures, metIn } from './scene/no-room.ts';
import type { WriteName } from './scene/no-room.ts';
import { isLong } from './rounds/rounds.ts';
import { LIMIT_MS, Scene } from './scene/scene.ts';

const KIB = 1_024;
const MIB = KIB * KIB;
const LIMITED_MS_MAX = 4_000;
/** Who meets the limit follows from which file is the longest just then, so that it is tried again. */
const MEETS_WITHIN_MS = 4_000;
const TRIES_MAX = 40;

/** Bytes of the longest file of each kind that is still written. */
interface Sizes {
  readonly journal: number;
  readonly log: number;
  readonly ticks: number;
  readonly candles: number;
}

interface Write {
  /** Of the venue. */
  readonly rate: number;
  /** A journal file is followed by the next at this size: only where it is long can it meet the limit first. */
  readonly journalFileBytes: number;
  /** The engine checkpoints by itself at this size of its log. */
  readonly checkpointAt: string;
  /** The limit in bytes at which this kind of write alone fails; undefined while the files are not such. */
  readonly limit: (sizes: Sizes) => number | undefined;
}

const WRITES: Readonly<Record<WriteName, Write>> = {
  'journal write': {
    rate: 8_000,
    journalFileBytes: 64 * MIB,
    checkpointAt: '16MB',
    limit: ({ journal, log }) => (journal > log ? journal : undefined),
  },
  flush: {
    rate: 8_000,
    journalFileBytes: MIB,
    checkpointAt: '16MB',
    limit: ({ log }) => (log > MIB + 64 * KIB ? log : undefined),
  },
  checkpoint: {
    rate: 8_000,
    journalFileBytes: MIB,
    checkpointAt: '400KB',
    limit: ({ ticks }) => (ticks > 2 * MIB ? ticks : undefined),
  },
  // Candle files are the shortest: whatever is written in the same second meets it, too. Nothing is published that is not
  // durable: so little comes that a new journal file takes it before it is as long as that.
  publication: {
    rate: 50,
    journalFileBytes: MIB,
    checkpointAt: '16MB',
    limit: ({ candles }) => (candles > 0 ? Math.floor(candles / 2) : undefined),
  },
};

/** Limits the files of a process until this kind of write has failed; gives how often each kind did. */
async function limited(parts: {
  scene: Scene;
  ingestor: Process;
  name: WriteName;
  random: () => number;
}): Promise<Figures> {
  const { scene, ingestor, name, random } = parts;
  let met: Figures = {};
  for (let tries = 1; ; tries += 1) {
    const bytes = await eventually(() => WRITES[name].limit(sizesIn(scene.dataDir)), {
      limitMs: LIMIT_MS,
      what: () => `files for a limit of a ${name}; they are ${JSON.stringify(sizesIn(scene.dataDir))}`,
    });
    const from = ingestor.stderr.length;
    const said = (): string => ingestor.stderr.slice(from);
    setLimit(ingestor, String(Math.floor(bytes * (1 + random() / 100))));
    const endMs = Date.now() + MEETS_WITHIN_MS;
    while (Date.now() < endMs && !SIGNS[name].test(said())) await systemClock.sleep(25);
    met = added(met, metFigures(said()));
    // A few rounds take what comes.
    const isMet = isLong ? SIGNS[name].test(said()) : metIn(said()).length > 0;
    if (isMet) return met;
    expect(tries, `no ${name} has met it; the ingestor said:\n${ingestor.stderr}`).toBeLessThan(TRIES_MAX);
    setLimit(ingestor, 'unlimited');
    await scene.until(ingestor, 'it was ready again', (status) => status.ready);
    await scene.moreFrames(ingestor, 100);
  }
}

/** The soft limit alone, so that it can be lifted. */
function setLimit({ child }: Process, bytes: string): void {
  const done = spawnSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`], { encoding: 'utf8' });
  expect(done.status, done.stderr).toBe(0);
}

function sizesIn(dataDir: string): Sizes {
  const ticks = join(dataDir, 'live', 'ticks_today.duckdb');
  return {
    // Finished files are not written any more: the last is.
    journal: bytesOf(join(dataDir, 'journal', namesIn(join(dataDir, 'journal'), /\.tj$/).at(-1) ?? '')),
    log: bytesOf(`${ticks}.wal`),
    ticks: bytesOf(ticks),
    candles: Math.max(
      0,
      ...namesIn(join(dataDir, 'live', 'candles'), /\.parquet$/).map((name) =>
        bytesOf(join(dataDir, 'live', 'candles', name)),
      ),
    ),
  };
}

function namesIn(folder: string, name: RegExp): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((each) => name.test(each))
    .toSorted();
}

/** 0 for a file that is not there: files are replaced while we look. */
function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function round({ random, kind }: Round): Promise<Figures> {
  const name = kind(WRITE_NAMES);
  const { rate, journalFileBytes, checkpointAt } = WRITES[name];
  // Beyond the limit a write fails; without this the process would be killed.
  const under = ['bash', '-c', `trap '' XFSZ; exec "$@"`, 'bash'];
  const scene = await Scene.open({ rate, under, set: [`ingestor.journal.fileBytes=${journalFileBytes}`] });
  const address = join(temporaryFolder(), 'probe.sock');
  const ingestor = scene.start({ env: probedEnvironment(address) });
  await scene.moreFrames(ingestor, 100);
  const probe = await openProbe(address);
  await probe.ask('checkpointAt', { owner: 'tick file', size: checkpointAt });
  probe.close();
  const met = await limited({ scene, ingestor, name, random });
  await systemClock.sleep(random() * LIMITED_MS_MAX);
  setLimit(ingestor, 'unlimited');
  const liftedMs = Date.now();
  await scene.status();
  await scene.until(ingestor, 'it was ready', (status) => status.ready);
  await scene.moreFrames(ingestor, Math.min(rate, 300));
  const backMs = Date.now() - liftedMs;
  await scene.stop(ingestor);
  return { [`rounds: ${name}`]: 1, ...met, ...(await judge(scene)), 'stored again after ms': [backMs] };
}

const hasTools = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

faultTest({
  name: 'file-size-limit',
  title:
    'when no file may grow further (EFBIG) within a journal write, a flush, a checkpoint or a publication nothing durable is lost, and all goes on by itself when it may',
  usual: 1,
  long: 40,
  roundLimitMs: 300_000,
  skipped: hasTools ? undefined : 'prlimit of Linux is needed',
  round,
});
