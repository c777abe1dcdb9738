import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { MemorySample, SoakSettings } from './settings.ts';
import { SoakProcess } from './soak-process.ts';

const HOUR_MS = 3_600_000;
/** The last part of a run has no kill, so that one process's memory can be watched over it. */
const UNDISTURBED = 0.4;

/** What was on disk at a moment. */
export interface DiskSample {
  readonly atMs: number;
  readonly walBytes: number;
  readonly journalBytes: number;
  readonly tickBytes: number;
  readonly sealedParts: number;
}

export interface SoakResult {
  readonly kills: number;
  readonly freezes: number;
  /** Of the last ingestor, which nobody killed. */
  readonly memory: readonly MemorySample[];
  readonly disk: readonly DiskSample[];
  readonly exit: number | string;
  readonly stderr: string;
}

export interface SoakPlan {
  readonly settings: SoakSettings;
  /** Of the fast clock. */
  readonly hours: number;
  readonly random: () => number;
}

/** Runs the venue and the ingestor for so many hours of their clock, with kills and freezes by chance. */
export async function soak({ settings, hours, random }: SoakPlan): Promise<SoakResult> {
  const { time } = settings;
  const nowMs = (): number => (Date.now() - time.originMs) * time.speed;
  const endMs = hours * HOUR_MS;
  const simulator = new SoakProcess('simulator-child.ts', settings);
  const running = { ingestor: new SoakProcess('ingestor-child.ts', settings) };
  const disk: DiskSample[] = [];
  const counts = { kills: 0, freezes: 0 };
  try {
    await simulator.up;
    await running.ingestor.up;
    let nextFaultMs = nowMs() + (0.5 + random()) * HOUR_MS;
    while (nowMs() < endMs) {
      await real(settings.sampleMs);
      disk.push(diskSample(settings, nowMs()));
      if (nowMs() < nextFaultMs || nowMs() > endMs * (1 - UNDISTURBED)) continue;
      nextFaultMs = nowMs() + (0.5 + 2 * random()) * HOUR_MS;
      if (random() < 0.6) {
        counts.kills += 1;
        running.ingestor.kill('SIGKILL');
        await running.ingestor.ended;
        running.ingestor = new SoakProcess('ingestor-child.ts', settings);
        await running.ingestor.up;
      } else {
        counts.freezes += 1;
        running.ingestor.kill('SIGSTOP');
        await real(200 + random() * 2_000);
        running.ingestor.kill('SIGCONT');
      }
    }
    running.ingestor.kill('SIGTERM');
    const exit = await running.ingestor.ended;
    const { samples, stderr } = running.ingestor;
    return { ...counts, memory: samples, disk, exit, stderr };
  } finally {
    running.ingestor.kill('SIGKILL');
    simulator.kill('SIGKILL');
    await Promise.all([running.ingestor.ended, simulator.ended]);
  }
}

function diskSample({ dataDir }: SoakSettings, atMs: number): DiskSample {
  const wals = ['live/ticks_today.duckdb.wal', 'state.duckdb.wal'];
  const sealed = filesIn(join(dataDir, 'ticks')).filter(({ path }) => path.endsWith('.parquet'));
  return {
    atMs,
    walBytes: wals.reduce((sum, name) => sum + sizeOf(join(dataDir, name)), 0),
    journalBytes: filesIn(join(dataDir, 'journal')).reduce((sum, { bytes }) => sum + bytes, 0),
    tickBytes:
      sizeOf(join(dataDir, 'live/ticks_today.duckdb')) + sealed.reduce((sum, { bytes }) => sum + bytes, 0),
    sealedParts: sealed.length,
  };
}

function filesIn(folder: string): { path: string; bytes: number }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ path: join(folder, name), bytes: sizeOf(join(folder, name)) }))
    .filter(({ path }) => /\.\w+$/.test(path));
}

/** 0 for a file that is not there: files are replaced while we look. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function real(ms: number): Promise<void> {
  return new Promise((go) => setTimeout(go, ms));
}
