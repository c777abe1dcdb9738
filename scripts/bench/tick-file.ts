import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openDatabase } from '@tickwright/database';
import { InstrumentTable, TickBatch, instrumentKey } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { openTickFile } from '@tickwright/store';
import type { TickFile } from '@tickwright/store';

const INSTRUMENTS = 200;
const ROWS = 10_000;
const FLUSHES = 200;
const START_MICROS = Date.UTC(2026, 0, 5, 10) * 1000;

const ignore = (): void => {
  // A benchmark prints its own figures.
};
const log: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export interface TickFileFigures {
  /** Ticks a second through `append`, commits included. */
  readonly appendRate: number;
  /** Ticks a second of filling chunks alone, in a database in memory. */
  readonly fillRate: number;
  /** Longest and 99th percentile hold of the event loop while appending, milliseconds. */
  readonly holdMaxMs: number;
  readonly holdP99Ms: number;
  /** Ticks a second through `ticksFrom`. */
  readonly loadRate: number;
  /** Ticks a second of folding all ticks into minutes, before and after they are sealed. */
  readonly minutesRate: number;
  readonly sealedMinutesRate: number;
  readonly sealMs: number;
}

function instrumentTable(): InstrumentTable {
  const table = new InstrumentTable();
  for (let number = 0; number < INSTRUMENTS; number++) {
    const venueSymbol = `S${number}USDT`;
    const key = instrumentKey(`BINANCE|${venueSymbol}`);
    const decimals = { priceDecimals: 2, quantityDecimals: 8 };
    table.add({ key, segment: 'BINANCE', id: venueSymbol, venueSymbol, ...decimals, calendar: 'always' });
  }
  return table;
}

/** Trades 1 ms apart, each of another instrument. */
function fill(batch: TickBatch, firstRow: number): void {
  batch.count = ROWS;
  for (let row = 0; row < ROWS; row++) {
    const tick = firstRow + row;
    batch.instrument[row] = (tick * 7919) % INSTRUMENTS;
    batch.eventTime[row] = START_MICROS + tick * 1000;
    batch.receiveTime[row] = batch.eventTime[row] + 700;
    batch.price[row] = 100 + ((tick * 31) % 1000) / 100;
    batch.quantity[row] = batch.volume[row] = ((tick * 17) % 100_000) / 1e5;
    batch.side[row] = 1 + (tick % 2);
    batch.idSpace[row] = 1;
    batch.tradeId[row] = tick;
    batch.cumulativeVolume[row] = -1;
    batch.offset[row] = tick;
  }
}

/** Seconds that work takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

async function appendAll(
  file: TickFile,
): Promise<Pick<TickFileFigures, 'appendRate' | 'holdMaxMs' | 'holdP99Ms'>> {
  const batch = new TickBatch(ROWS);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let seconds = 0;
  for (let flush = 0; flush < FLUSHES; flush++) {
    fill(batch, flush * ROWS);
    const to = (flush + 1) * ROWS;
    const state = { appliedOffset: to, receiveMicros: START_MICROS + to * 1000 };
    // Only while it appends: filling the batch is the benchmark's own work.
    delay.enable();
    seconds += await timed(() => file.append([batch], state));
    delay.disable();
  }
  const appendRate = (ROWS * FLUSHES) / seconds;
  return { appendRate, holdMaxMs: delay.max / 1e6, holdP99Ms: delay.percentile(99) / 1e6 };
}

async function fillRate(): Promise<number> {
  await using database = await openDatabase({ path: ':memory:', log });
  await database.write((tx) =>
    tx.run(`CREATE TABLE t(instrument INTEGER, event_time TIMESTAMP, receive_time TIMESTAMP, price DOUBLE,
      quantity DOUBLE, volume DOUBLE, side UTINYINT, kind UTINYINT, id_space UTINYINT, trade_id BIGINT,
      cumulative_volume DOUBLE, frame_offset BIGINT, frame_index INTEGER)`),
  );
  const batch = new TickBatch(ROWS);
  fill(batch, 0);
  let seconds = 0;
  await database.write(async (tx) => {
    for (let flush = 0; flush < FLUSHES; flush++) {
      seconds += await timed(() =>
        tx.append(
          't',
          [
            { type: 'int32', values: batch.instrument },
            { type: 'timestamp', values: batch.eventTime },
            { type: 'timestamp', values: batch.receiveTime },
            { type: 'float64', values: batch.price },
            { type: 'float64', values: batch.quantity },
            { type: 'float64', values: batch.volume },
            { type: 'uint8', values: batch.side },
            { type: 'uint8', values: batch.kind },
            { type: 'uint8', values: batch.idSpace },
            { type: 'int64', values: batch.tradeId },
            { type: 'float64', values: batch.cumulativeVolume },
            { type: 'int64', values: batch.offset },
            { type: 'int32', values: batch.index },
          ],
          ROWS,
        ),
      );
    }
  });
  return (ROWS * FLUSHES) / seconds;
}

async function loadAll(file: TickFile): Promise<void> {
  let count = 0;
  for await (const batch of file.ticksFrom(0)) count += batch.count;
  if (count !== ROWS * FLUSHES) throw new Error(`${count} ticks were read of ${ROWS * FLUSHES}`);
}

/** Appends 2 M ticks of 200 instruments in flushes of 10,000, loads, folds and seals them; prints and returns figures. */
export async function run(): Promise<TickFileFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-ticks-'));
  const total = ROWS * FLUSHES;
  try {
    await using file = await openTickFile({
      dataDir,
      instruments: instrumentTable(),
      log,
      clock: systemClock,
    });
    const appended = await appendAll(file);
    const figures = {
      ...appended,
      fillRate: await fillRate(),
      loadRate: total / (await timed(() => loadAll(file))),
      minutesRate: total / (await timed(() => file.minutes({}))),
      sealMs: 1000 * (await timed(() => file.seal())),
      sealedMinutesRate: total / (await timed(() => file.minutes({}))),
    };
    print(figures);
    return figures;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function print(figures: TickFileFigures): void {
  const millions = (rate: number): string => `${(rate / 1e6).toFixed(2)} M/s`;
  console.log(
    `tick file: append ${millions(figures.appendRate)} in flushes of ${ROWS} (chunks alone ${millions(figures.fillRate)}), ` +
      `event loop held p99 ${figures.holdP99Ms.toFixed(1)} ms, max ${figures.holdMaxMs.toFixed(1)} ms; ` +
      `load ${millions(figures.loadRate)}; minutes ${millions(figures.minutesRate)}, sealed ${millions(figures.sealedMinutesRate)}; ` +
      `sealing ${(ROWS * FLUSHES) / 1e6} M ticks ${figures.sealMs.toFixed(0)} ms`,
  );
}
