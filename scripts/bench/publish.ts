import { stat } from 'node:fs/promises';
import { candleColumns } from '@tickwright/market';
import type { CandleColumns } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { openCandleFiles } from '@tickwright/store';
import type { CandleFiles } from '@tickwright/store';
import { hourOf, quiet, tableOf } from './candle-files.ts';
import { figureOf } from './figures.ts';
import type { BenchOptions, Figure } from './figures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const INSTRUMENTS = 2000;
const DATE = '2026-01-05';
const HOUR_MICROS = 3_600_000_000;
const DAY_MICROS = Date.parse(DATE) * 1000;
/** How full an hour is when it is published, evenly through the hour. */
const FILLS_MINUTES = [6, 18, 30, 42, 54];
const CYCLES_A_DAY = 86_400 / 1.5;

/**
 * An hour file holds all of the hour so far and is replaced at every cycle: how long that takes as the hour fills, what
 * it writes in a day on which every instrument trades every minute, and what is left of the day in the end.
 */
export async function run(options: BenchOptions): Promise<Figure[]> {
  const { rounds = 5 } = options;
  await using folder = await temporaryFolder('publish');
  const instruments = tableOf(INSTRUMENTS);
  await using files = await openCandleFiles({
    dataDir: folder.path,
    instruments,
    log: quiet,
    clock: systemClock,
  });
  const hour = hourOf(DAY_MICROS, INSTRUMENTS);
  await files.publishHour('SIM', DAY_MICROS, hour);
  const figures: Figure[] = [];
  const sizes: number[] = [];
  for (const minutes of FILLS_MINUTES) {
    const rows = beginOf(hour, minutes);
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const startMs = performance.now();
      await files.publishHour('SIM', DAY_MICROS, rows);
      times.push(performance.now() - startMs);
    }
    sizes.push(await sizeOf(files));
    figures.push(
      figureOf(`publish ${INSTRUMENTS} instruments, minute ${minutes} of the hour`, times, { unit: 'ms' }),
    );
  }
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  const kept = await finishedDay(files);
  return [
    ...figures,
    { name: 'size of an hour file, mean through the hour', value: mean / 1e6, unit: 'MB' },
    {
      name: 'written in 24 h, every instrument, a cycle every 1.5 s',
      value: (mean * CYCLES_A_DAY) / 1e9,
      unit: 'GB/day',
    },
    { name: 'kept of a day, 2.88 M candles', value: kept.bytes / 1e6, unit: 'MB/day' },
    { name: 'finish the day: 24 hour files into one', value: kept.ms, unit: 'ms' },
  ];
}

/** The rows of the hour's first minutes. */
function beginOf(hour: CandleColumns, minutes: number): CandleColumns {
  const kept = Array.from({ length: hour.count }, (_, row) => row).filter(
    (row) => hour.openTime[row] < DAY_MICROS + minutes * 60_000_000,
  );
  const rows = candleColumns(kept.length);
  for (const [name, column] of Object.entries(rows)) {
    if (typeof column === 'number') continue;
    const from = hour[name as keyof CandleColumns];
    if (typeof from !== 'number') kept.forEach((row, at) => (column[at] = from[row]));
  }
  rows.count = kept.length;
  return rows;
}

async function sizeOf(files: CandleFiles): Promise<number> {
  const sizes = await Promise.all((await files.list()).map(async ({ path }) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function finishedDay(files: CandleFiles): Promise<{ bytes: number; ms: number }> {
  for (let hour = 0; hour < 24; hour += 1) {
    const hourMicros = DAY_MICROS + hour * HOUR_MICROS;
    await files.publishHour('SIM', hourMicros, hourOf(hourMicros, INSTRUMENTS));
  }
  const startMs = performance.now();
  await files.finishDay('SIM', DATE);
  return { ms: performance.now() - startMs, bytes: await sizeOf(files) };
}
