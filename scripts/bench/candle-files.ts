import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { InstrumentTable, calendars, candleColumns, instrumentKey } from '@tickwright/market';
import type { CandleColumns } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { openCandleFiles, openCandleQuery } from '@tickwright/store';
import type { CandleFiles, CandleQuery } from '@tickwright/store';

const MINUTE_MICROS = 60_000_000;
const MINUTES_AN_HOUR = 60;
const HOUR_MICROS = MINUTES_AN_HOUR * MINUTE_MICROS;
const DATE = '2026-01-05';
const DAY_MICROS = Date.parse(DATE) * 1000;
/** As many hours as an exchange's day touches. */
const HOURS = 7;
const ROUNDS = 15;
const QUERIES = 200;

const ignore = (): void => {
  // A benchmark prints its own lines.
};
const quiet: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function tableOf(count: number): InstrumentTable {
  const table = new InstrumentTable();
  for (let number = 0; number < count; number++) {
    const id = `I${String((number * 7919) % 100_000).padStart(6, '0')}`;
    const key = instrumentKey(`SIM|${id}`);
    const decimals = { priceDecimals: 2, quantityDecimals: 3 };
    table.add({ key, segment: 'SIM', id, venueSymbol: id, ...decimals, calendar: 'always' });
  }
  return table;
}

function hourOf(hour: number, instruments: number): CandleColumns {
  const rows = candleColumns(instruments * MINUTES_AN_HOUR);
  rows.count = instruments * MINUTES_AN_HOUR;
  for (let row = 0; row < rows.count; row++) {
    const price = 100 + ((row * 31) % 1000) / 100;
    rows.instrument[row] = Math.floor(row / MINUTES_AN_HOUR);
    rows.openTime[row] = hour + (row % MINUTES_AN_HOUR) * MINUTE_MICROS;
    rows.open[row] = price;
    rows.high[row] = price + 0.25;
    rows.low[row] = price - 0.25;
    rows.close[row] = price + 0.01;
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

function told(times: readonly number[]): string {
  const at = (share: number): string => times[Math.floor((times.length - 1) * share)].toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

async function publishing(files: CandleFiles, instruments: number): Promise<void> {
  const hour = DAY_MICROS + 9 * HOUR_MICROS;
  const rows = hourOf(hour, instruments);
  await files.publishHour('SIM', hour, rows);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const times = await timesOf(ROUNDS, () => files.publishHour('SIM', hour, rows));
  delays.disable();
  const [piece] = await files.list();
  const kilobytes = Math.round((await stat(piece.path)).size / 1024);
  console.log(
    `candle-files: publish an hour of ${instruments} instruments: ${told(times)}, ${kilobytes} kB, event loop held ${(delays.max / 1e6).toFixed(1)} ms at most`,
  );
}

async function querying(
  query: CandleQuery,
  from: 'hours' | 'a day',
  instruments: InstrumentTable,
): Promise<number> {
  const to = DAY_MICROS + 24 * HOUR_MICROS;
  const one = (round: number): string => instruments.at((round * 37) % instruments.size).key;
  const span = { from: DAY_MICROS, to };
  const minutes = await timesOf(QUERIES, (round) =>
    query.getCandles({ instrument: one(round), interval: '1m', ...span }),
  );
  const rolled = await timesOf(QUERIES, (round) =>
    query.getCandles({ instrument: one(round), interval: '15m', ...span }),
  );
  const latest = await timesOf(QUERIES, (round) =>
    query.latestCandles({ instruments: [one(round)], interval: '1m', count: 5 }),
  );
  console.log(
    `candle-files: one instrument of ${instruments.size} from ${from}: 1m ${told(minutes)}; 15m ${told(rolled)}; latest 5 ${told(latest)}`,
  );
  return minutes[Math.floor(minutes.length / 2)];
}

async function measure(count: number): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-candle-files-'));
  try {
    const instruments = tableOf(count);
    await using files = await openCandleFiles({ dataDir, instruments, log: quiet, clock: systemClock });
    await publishing(files, count);
    for (let hour = 3; hour < 3 + HOURS; hour++) {
      const hourMicros = DAY_MICROS + hour * HOUR_MICROS;
      await files.publishHour('SIM', hourMicros, hourOf(hourMicros, count));
    }
    await using query = await openCandleQuery({ dataDir, log: quiet, clock: systemClock, calendars });
    await querying(query, 'hours', instruments);
    const [finished] = await timesOf(1, () => files.finishDay('SIM', DATE));
    const [merged] = await timesOf(1, () =>
      files.mergeHour('SIM', DAY_MICROS + 9 * HOUR_MICROS, hourOf(DAY_MICROS + 9 * HOUR_MICROS, 1)),
    );
    console.log(
      `candle-files: ${count} instruments: finish the day ${finished.toFixed(0)} ms, merge into it ${merged.toFixed(0)} ms`,
    );
    return await querying(query, 'a day', instruments);
  } finally {
    await rm(dataDir, { recursive: true });
  }
}

/** Publishing and querying, 200 and 2,000 instruments; prints, and returns the p50 in ms of a day's query among 2,000. */
export async function run(): Promise<number> {
  await measure(200);
  return measure(2000);
}
