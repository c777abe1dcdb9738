import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { InstrumentTable, calendars, candleColumns, instrumentKey } from '@tickwright/market';
import type { CandleColumns, Interval } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { openCandleFiles, openCandleQuery } from '@tickwright/store';
import type { CandleFiles, CandleQuery } from '@tickwright/store';
import type { Figure } from './figures.ts';

const MINUTE_MICROS = 60_000_000;
const MINUTES_AN_HOUR = 60;
const HOUR_MICROS = MINUTES_AN_HOUR * MINUTE_MICROS;
const DATE = '2026-01-05';
const DAY_MICROS = Date.parse(DATE) * 1000;
/** As many hours as an exchange's day touches. */
const HOURS = 7;
const ROUNDS = 15;
const QUERIES = 200;
const QUERY_AIM_MS = 20;
const PUBLISH_AIM_MS: Readonly<Record<number, number>> = { 200: 20, 2000: 150 };

const ignore = (): void => {
  // A benchmark prints its own lines.
};
export const quiet: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export function tableOf(count: number): InstrumentTable {
  const table = new InstrumentTable();
  for (let number = 0; number < count; number++) {
    const id = `I${String((number * 7919) % 100_000).padStart(6, '0')}`;
    const key = instrumentKey(`SIM|${id}`);
    const decimals = { priceDecimals: 2, quantityDecimals: 3 };
    table.add({ key, segment: 'SIM', id, venueSymbol: id, ...decimals, calendar: 'always' });
  }
  return table;
}

export function hourOf(hour: number, instruments: number): CandleColumns {
  const rows = candleColumns(instruments * MINUTES_AN_HOUR);
  rows.count = instruments * MINUTES_AN_HOUR;
  for (let row = 0; row < rows.count; row++) {
    // In hundredths, which a venue's prices are exact multiples of: a sum of decimals is not.
    const price = 10_000 + ((row * 31) % 1000);
    rows.instrument[row] = Math.floor(row / MINUTES_AN_HOUR);
    rows.openTime[row] = hour + (row % MINUTES_AN_HOUR) * MINUTE_MICROS;
    rows.open[row] = price / 100;
    rows.high[row] = (price + 25) / 100;
    rows.low[row] = (price - 25) / 100;
    rows.close[row] = (price + 1) / 100;
    rows.volume[row] = ((row * 17) % 100_000) / 1000;
    rows.tradeCount[row] = row % 500;
    rows.isClosed[row] = 1;
    rows.isComplete[row] = 1;
    rows.version[row] = row;
  }
  return rows;
}

async function timesOf(count: number, work: (round: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < count; round++) {
    const start = performance.now();
    await work(round);
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b);
}

function figuresOf(name: string, times: readonly number[], aimMs?: number): Figure[] {
  const at = (share: number): number => times[Math.floor((times.length - 1) * share)];
  return [
    {
      name: `${name}, p50`,
      value: at(0.5),
      unit: 'ms',
      ...(aimMs !== undefined && { aim: { atMost: aimMs } }),
    },
    { name: `${name}, p99`, value: at(0.99), unit: 'ms' },
  ];
}

async function publishing(files: CandleFiles, instruments: number): Promise<Figure[]> {
  const hour = DAY_MICROS + 9 * HOUR_MICROS;
  const rows = hourOf(hour, instruments);
  await files.publishHour('SIM', hour, rows);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const times = await timesOf(ROUNDS, () => files.publishHour('SIM', hour, rows));
  delays.disable();
  const [piece] = await files.list();
  const name = `publish an hour of ${instruments}`;
  return [
    ...figuresOf(name, times, PUBLISH_AIM_MS[instruments]),
    { name: `${name}, event loop held at most`, value: delays.max / 1e6, unit: 'ms' },
    { name: `${name}, size of the file`, value: (await stat(piece.path)).size / 1024, unit: 'kB' },
  ];
}

async function querying(query: CandleQuery, from: string, instruments: InstrumentTable): Promise<Figure[]> {
  const span = { from: DAY_MICROS, to: DAY_MICROS + 24 * HOUR_MICROS };
  const one = (round: number): string => instruments.at((round * 37) % instruments.size).key;
  const day = (interval: Interval): Promise<number[]> =>
    timesOf(QUERIES, (round) => query.getCandles({ instrument: one(round), interval, ...span }));
  const latest = await timesOf(QUERIES, (round) =>
    query.latestCandles({ instruments: [one(round)], interval: '1m', count: 5 }),
  );
  const name = `one of ${instruments.size} from ${from}`;
  return [
    ...figuresOf(`${name}: its day in 1m`, await day('1m'), QUERY_AIM_MS),
    ...figuresOf(`${name}: its day in 15m`, await day('15m')),
    ...figuresOf(`${name}: latest 5 of 1m`, latest),
  ];
}

async function measure(count: number): Promise<Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-candle-files-'));
  try {
    const instruments = tableOf(count);
    await using files = await openCandleFiles({ dataDir, instruments, log: quiet, clock: systemClock });
    const figures = await publishing(files, count);
    for (let hour = 3; hour < 3 + HOURS; hour++) {
      const hourMicros = DAY_MICROS + hour * HOUR_MICROS;
      await files.publishHour('SIM', hourMicros, hourOf(hourMicros, count));
    }
    await using query = await openCandleQuery({ dataDir, log: quiet, clock: systemClock, calendars });
    figures.push(...(await querying(query, 'hours', instruments)));
    const [finished] = await timesOf(1, () => files.finishDay('SIM', DATE));
    const nine = DAY_MICROS + 9 * HOUR_MICROS;
    const [merged] = await timesOf(1, () => files.mergeHour('SIM', nine, hourOf(nine, 1)));
    figures.push({ name: `finish a day of ${count}`, value: finished, unit: 'ms' });
    figures.push({ name: `merge an instrument's hour into a day of ${count}`, value: merged, unit: 'ms' });
    return [...figures, ...(await querying(query, 'a finished day', instruments))];
  } finally {
    await rm(dataDir, { recursive: true });
  }
}

/** Publishing hours, finishing a day and querying it, with 200 and with 2,000 instruments. */
export async function run(): Promise<Figure[]> {
  return [...(await measure(200)), ...(await measure(2000))];
}
