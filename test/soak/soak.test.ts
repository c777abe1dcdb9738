import { afterEach, expect, test } from 'vitest';
import { saveProgress } from '../faults/rounds/fault-test.ts';
import { told } from '../faults/rounds/figures.ts';
import { randomOf, rounds, seed } from '../faults/rounds/rounds.ts';
import { cleanUp, freePort, temporaryFolder, tickwright } from '../system/harness.ts';
import { compareWithScript } from '../system/venue-script.ts';
import type { MemorySample } from './settings.ts';
import { soak } from './soak-run.ts';

afterEach(cleanUp);

/** Hours of the fast clock: the rounds of `npm run test:soak -- --rounds 24`. Not part of `npm test`. */
const HOURS = rounds(0);
const SPEED = 60;
const HOUR_MS = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 2, 3);
const INSTRUMENTS = ['SIM|ALPHA', 'SIM|CHARLIE', 'SIM|DELTA'];
const MIB = 1_024 * 1_024;
/** Sealing is looked for every 30 s of the clock; the rest is the work itself, which does not get faster. */
const SEALED_WITHIN_MS = HOUR_MS;
/** Slopes of shorter runs are chance. */
const HOURS_FOR_SLOPES = 6;

const TITLE = `hours at ${SPEED} times speed over midnight, with kills, freezes and a rough venue, end with the venue's script; memory, handles and logs stay flat`;

/** What the venue does wrong all the while, in milliseconds of the fast clock. */
const FAULTS = {
  drop: { everyMs: 45 * 60_000 },
  mute: { everyMs: 3 * HOUR_MS, forMs: 3 * 60_000 },
  duplicate: 0.01,
  reorder: 0.01,
  skipIds: 0.0005,
  rubbish: 0.001,
};

test.skipIf(HOURS === 0)(
  `soak: ${HOURS} ${TITLE} (run by npm run test:soak)`,
  async () => {
    const dataDir = temporaryFolder();
    const market = { seed: 1, instruments: 5, ratePerSecond: 20 };
    const startMs = MIDNIGHT - (HOURS / 2) * HOUR_MS;
    const result = await soak({
      hours: HOURS,
      random: randomOf(seed),
      settings: {
        time: { startMicros: startMs * 1_000, originMs: Date.now(), speed: SPEED },
        market,
        faults: FAULTS,
        venuePort: await freePort(),
        httpPort: await freePort(),
        dataDir,
        instruments: INSTRUMENTS,
        sampleMs: 1_000,
      },
    });
    expect(result.exit, result.stderr).toBe(0);

    const report = await tickwright(['verify', '--json', '--data-dir', dataDir]);
    const { problems, openGaps }: { problems: unknown[]; openGaps: string[] } = JSON.parse(report.stdout);
    expect(problems).toEqual([]);
    expect(report.code).toBe(0);
    const sums = { stored: 0, missing: 0 };
    for (const instrument of INSTRUMENTS) {
      const found = await compareWithScript({ dataDir, instrument, market });
      expect(found).toMatchObject({ different: 0, twice: 0 });
      const unnamed = found.missing.filter((id) => !isNamed(id, instrument, openGaps));
      expect(unnamed, `missing and not named by verify, seed ${seed}`).toEqual([]);
      sums.stored += found.stored;
      sums.missing += found.missing.length;
    }

    const { memory, disk, kills, freezes } = result;
    const steady = memory.slice(Math.floor(memory.length / 4));
    const slope = (value: (sample: MemorySample) => number): number =>
      slopeOf(steady.map((sample) => ({ x: sample.atMs / HOUR_MS, y: value(sample) / MIB })));
    const sealedAtMs = disk.find(({ sealedParts }) => sealedParts > 0)?.atMs ?? Infinity;
    const wal = disk.map(({ walBytes }) => walBytes / MIB);
    const half = Math.floor(disk.length / 2);
    const handles = steady.map((sample) => sample.handles);
    const last = disk.at(-1);
    const slopes = {
      'heap MiB an hour': rounded(slope(({ heapBytes }) => heapBytes)),
      'RSS MiB an hour': rounded(slope(({ rssBytes }) => rssBytes)),
    };
    const figures = {
      'ticks stored': sums.stored,
      'unlike the script': 0,
      'stored twice': 0,
      'ids missing, each named as a gap': sums.missing,
      kills,
      freezes,
      'heap MiB': steady.map(({ heapBytes }) => heapBytes / MIB),
      'RSS MiB': steady.map(({ rssBytes }) => rssBytes / MIB),
      ...slopes,
      handles,
      'write-ahead logs MiB, first half': wal.slice(0, half),
      'second half': wal.slice(half),
      'journal bytes a tick': rounded((last?.journalBytes ?? 0) / sums.stored),
      'tick file bytes a tick': rounded((last?.tickBytes ?? 0) / sums.stored),
      'minutes from midnight to the sealing': rounded((sealedAtMs - (HOURS / 2) * HOUR_MS) / 60_000),
    };
    console.log(`soak (seed ${seed}): ${told(figures)}`);
    saveProgress({ name: 'soak', title: TITLE, rounds: HOURS, done: HOURS, figures });
    expect(sealedAtMs).toBeGreaterThanOrEqual((HOURS / 2) * HOUR_MS);
    expect(sealedAtMs).toBeLessThan((HOURS / 2) * HOUR_MS + SEALED_WITHIN_MS);
    // A log is moved into its file when it has 16 MiB, or at a checkpoint that was asked for.
    expect(Math.max(...wal)).toBeLessThan(100);
    expect(Math.max(...handles) - Math.min(...handles)).toBeLessThan(40);
    if (HOURS < HOURS_FOR_SLOPES) return;
    expect(slopes['heap MiB an hour']).toBeLessThan(2);
    expect(slopes['RSS MiB an hour']).toBeLessThan(15);
  },
  (HOURS * HOUR_MS) / SPEED + 600_000,
);

/** Whether verify names a missing id: `SIM|ALPHA: sequence, open, from … to …, ids from 5 to 7`. */
function isNamed(id: number, instrument: string, openGaps: readonly string[]): boolean {
  return openGaps.some((gap) => {
    const range = /, ids from (\d+)(?: to (\d+)| on)$/.exec(gap);
    return (
      range !== null &&
      gap.startsWith(`${instrument}: `) &&
      id >= Number(range[1]) &&
      id <= Number(range[2] ?? id)
    );
  });
}

/** Of the line that fits best, by least squares. */
function slopeOf(points: readonly { x: number; y: number }[]): number {
  const mean = (value: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + value(point), 0) / points.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  return mean((p) => (p.x - x) * (p.y - y)) / mean((p) => (p.x - x) ** 2);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
