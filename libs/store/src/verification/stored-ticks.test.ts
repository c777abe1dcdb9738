import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CandleBuilder, IdSpace, InstrumentTable, TickBatch, calendars } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCandleFiles } from '../candles/candle-files.ts';
import type { CandleFiles } from '../candles/candle-files.ts';
import { MINUTE, quietLog, tableOf } from '../candles/candle-fixture.ts';
import { HOUR_MICROS, dateMicros, utcDate } from '../candles/candle-paths.ts';
import { openCandleScan } from '../query/candle-scan.ts';
import type { CandleScan } from '../query/candle-scan.ts';
import { publishedCandles } from './published-candles.ts';
import { storedTicks } from './stored-ticks.ts';
import { openTickFile } from '../ticks/tick-file.ts';
import type { TickFile } from '../ticks/tick-file.ts';
import { verify } from './verification.ts';
import type { VerificationReport } from './verification.ts';

const START = dateMicros('2025-11-20') + 23.5 * HOUR_MICROS;
const SPAN = { from: START, to: START + HOUR_MICROS };
const TICKS = 3000;
const BATCH = 500;
const LATE_EVERY = 17;

let dataDir: string;
let instruments: InstrumentTable;
let files: CandleFiles;
let ticks: TickFile;
let scan: CandleScan;
let builder: CandleBuilder;
let tradeIds: number[];

beforeEach(async () => {
  tradeIds = [1, 1];
  dataDir = await mkdtemp(join(tmpdir(), 'stored-ticks-'));
  instruments = tableOf(['SIM|ALPHA', 'BINANCE|BTCUSDT']);
  const opened = { dataDir, instruments, log: quietLog, clock: systemClock };
  files = await openCandleFiles(opened);
  ticks = await openTickFile(opened);
  scan = await openCandleScan({ log: quietLog });
  builder = new CandleBuilder({ instruments, calendars, memoryHours: 24 });
});

afterEach(async () => {
  await scan[Symbol.asyncDispose]();
  await ticks.close();
  await files[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true });
});

/** Trades of an hour over midnight, some late by up to two minutes, with quantities whose float sums drift. */
function batchFrom(first: number): TickBatch {
  const batch = new TickBatch(BATCH);
  batch.count = BATCH;
  for (let row = 0; row < BATCH; row++) {
    const number = first + row;
    const instrument = number % 3 === 0 ? 1 : 0;
    const time = START + Math.floor((number / TICKS) * HOUR_MICROS);
    const late = number % LATE_EVERY === 0 && number > TICKS / 2 ? (number % 3) * MINUTE : 0;
    batch.instrument[row] = instrument;
    batch.eventTime[row] = time - late;
    batch.receiveTime[row] = time + 1000;
    batch.price[row] = 100 + ((number * 37) % 211) / 100;
    batch.quantity[row] = batch.volume[row] = ((number * 13) % 997) / 1000;
    batch.idSpace[row] = IdSpace.trade;
    batch.tradeId[row] = tradeIds[instrument]++;
    batch.cumulativeVolume[row] = -1;
    batch.offset[row] = number;
  }
  return batch;
}

async function publishChanged(): Promise<void> {
  for (const { segment, hourMicros } of builder.takeChangedHours()) {
    await files.publishHour(
      segment,
      hourMicros,
      builder.hourRows(segment, hourMicros, () => true),
    );
  }
}

async function ingest(from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += BATCH) {
    const batch = batchFrom(first);
    builder.fold(batch);
    await ticks.append([batch], {
      appliedOffset: first + BATCH,
      receiveMicros: batch.receiveTime[BATCH - 1],
    });
    await publishChanged();
  }
}

function verified(): Promise<VerificationReport> {
  return verify({
    span: SPAN,
    instruments,
    calendars,
    ...storedTicks(ticks, instruments),
    published: publishedCandles({ dataDir, scan, instruments, clock: systemClock }),
    gaps: { gaps: async () => [] },
  });
}

test('what was published from the stream agrees with what is stored of it, live, sealed and with the day finished', async () => {
  await ingest(0, TICKS / 2);
  expect(await verified()).toMatchObject({ problems: [], checked: { instruments: 2, ticks: TICKS / 2 } });

  await ticks.seal();
  await ingest(TICKS / 2, TICKS);
  await files.finishDay('SIM', utcDate(START));

  const report = await verified();
  expect(report).toMatchObject({
    problems: [],
    knownGaps: [],
    checked: { instruments: 2, ticks: TICKS, days: 2 },
  });
  expect(report.checked.candles).toBeGreaterThan(100);
});

test('a tick that was folded but not stored shows as a candle that differs and an id that is missing', async () => {
  const batch = batchFrom(0);
  builder.fold(batch);
  const stored = new TickBatch(BATCH);
  stored.append(batch, 0, 250);
  stored.append(batch, 251);
  await ticks.append([stored], { appliedOffset: BATCH, receiveMicros: START + MINUTE });
  await publishChanged();

  const report = await verified();

  expect(report.counts).toEqual({ 'candle differs': 1, 'ids missing': 1 });
  const id = batch.tradeId[250];
  expect(report.problems[1]).toMatchObject({ instrument: 'SIM|ALPHA', expected: `1 ticks, trade id ${id}` });
});
