import { stat } from 'node:fs/promises';
import { candleColumns } from '@tickwright/market';
import type { CandleColumns } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { openCandleFiles } from '@tickwright/store';
import type { CandleFiles } from '@tickwright/store';
import { quiet, tableOf } from './candle-files.ts';
import { figureOf } from './figures.ts';
import type { BenchOptions, Figure } from './figures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const INSTRUMENTS = 2000;
const DATE = '2026-01-05';
const MINUTE_MICROS = 60_000_000;
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
  await files.publishHour('SIM', DAY_MICROS, rowsOf(DAY_MICROS, 1));
  const figures: Figure[] = [];
  const sizes: number[] = [];
  for (const minutes of FILLS_MINUTES) {
    const rows = rowsOf(DAY_MICROS, minutes);
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

/**
 * Candles of an hour's first minutes. Prices walk at random and volumes have five decimals: what is regular would be
 * compressed to a size that no market has.
 */
function rowsOf(hourMicros: number, minutes: number): CandleColumns {
  const rows = candleColumns(INSTRUMENTS * minutes);
  const random = randomOf(hourMicros / HOUR_MICROS);
  for (let instrument = 0; instrument < INSTRUMENTS; instrument += 1) {
    let cents = 5_000 + 37 * instrument;
    for (let minute = 0; minute < minutes; minute += 1) {
      const row = rows.count++;
      const close = cents + Math.round((random() - 0.5) * 20);
      rows.instrument[row] = instrument;
      rows.openTime[row] = hourMicros + minute * MINUTE_MICROS;
      rows.open[row] = cents / 100;
      rows.high[row] = (Math.max(cents, close) + Math.floor(random() * 8)) / 100;
      rows.low[row] = (Math.min(cents, close) - Math.floor(random() * 8)) / 100;
      rows.close[row] = close / 100;
      rows.volume[row] = Math.round(random() * 1e9) / 1e5;
      rows.tradeCount[row] = 1 + Math.floor(random() * 500);
      rows.isClosed[row] = minute < minutes - 1 ? 1 : 0;
      rows.isComplete[row] = 1;
      rows.version[row] = hourMicros / HOUR_MICROS + minute * 10_000_000 + Math.floor(random() * 1e7);
      cents = close;
    }
  }
  return rows;
}

/** Numbers from 0 to 1, the same for the same seed. Marsaglia's xorshift. */
function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

async function sizeOf(files: CandleFiles): Promise<number> {
  const sizes = await Promise.all((await files.list()).map(async ({ path }) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function finishedDay(files: CandleFiles): Promise<{ bytes: number; ms: number }> {
  for (let hour = 0; hour < 24; hour += 1) {
    const hourMicros = DAY_MICROS + hour * HOUR_MICROS;
    await files.publishHour('SIM', hourMicros, rowsOf(hourMicros, 60));
  }
  const startMs = performance.now();
  await files.finishDay('SIM', DATE);
  return { ms: performance.now() - startMs, bytes: await sizeOf(files) };
}
