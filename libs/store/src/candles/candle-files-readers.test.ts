import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { candleColumns } from '@tickwright/market';
import type { CandleColumns } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { openCandleFiles } from './candle-files.ts';
import { MINUTE, quietLog, tableOf } from './candle-fixture.ts';
import { DAY_MICROS, HOUR_MICROS, dateMicros } from './candle-paths.ts';
import type { ReaderReport, ReaderTask } from './candle-reader-fixture.ts';

const READERS = 3;
const REPLACE_EVERY_MS = 50;
const CYCLES = 20;
const FINISH_DAY_AT = 8;
const MINUTES_AN_HOUR = 60;
const HOURS = [0, 1, 2];
const KEYS = Array.from({ length: 60 }, (_, at) => `SIM|I${String(at).padStart(3, '0')}`);
const DATE = '2025-11-20';
// The three hours lie on either side of midnight, so that a day is finished beneath the readers.
const FIRST_HOUR = dateMicros(DATE) + DAY_MICROS - 2 * HOUR_MICROS;

function hourOf(hour: number, version: number): CandleColumns {
  const rows = candleColumns(KEYS.length * MINUTES_AN_HOUR);
  rows.count = KEYS.length * MINUTES_AN_HOUR;
  for (let row = 0; row < rows.count; row++) {
    rows.instrument[row] = Math.floor(row / MINUTES_AN_HOUR);
    rows.openTime[row] = hour + (row % MINUTES_AN_HOUR) * MINUTE;
    rows.version[row] = version;
    rows.open[row] = version;
    rows.high[row] = version + 2;
    rows.low[row] = version - 1;
    rows.close[row] = version + 1;
    rows.volume[row] = version * 3;
    rows.isClosed[row] = 1;
  }
  return rows;
}

async function startReader(task: ReaderTask): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('./candle-reader-fixture.ts', import.meta.url));
  const reader = fork(program, { execArgv: ['--import', 'tsx', '--conditions', '@tickwright/source'] });
  await once(reader, 'message');
  reader.send(task);
  return reader;
}

async function stopReader(reader: ChildProcess): Promise<ReaderReport> {
  const report = once(reader, 'message') as Promise<[ReaderReport]>;
  reader.send('stop');
  return (await report)[0];
}

test('readers in other processes never fail, never see a mixture and never miss a row while files are replaced', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'candle-readers-'));
  const files = await openCandleFiles({
    dataDir,
    instruments: tableOf(KEYS),
    log: quietLog,
    clock: systemClock,
  });
  const hours = HOURS.map((hour) => FIRST_HOUR + hour * HOUR_MICROS);
  const publishAll = async (version: number): Promise<void> => {
    for (const hour of hours) await files.publishHour('SIM', hour, hourOf(hour, version));
  };
  await publishAll(1);
  const task = { dataDir, instruments: KEYS, from: FIRST_HOUR, candles: HOURS.length * MINUTES_AN_HOUR };
  const readers = await Promise.all(Array.from({ length: READERS }, () => startReader(task)));
  try {
    for (let cycle = 2; cycle <= CYCLES; cycle++) {
      const next = systemClock.sleep(REPLACE_EVERY_MS);
      if (cycle === FINISH_DAY_AT) await files.finishDay('SIM', DATE);
      await publishAll(cycle);
      await next;
    }
    const reports = await Promise.all(readers.map(stopReader));
    for (const report of reports) {
      expect(report.failures).toEqual([]);
      expect(report.answers).toBeGreaterThan(CYCLES / 2);
      expect(report.versions).toBeGreaterThan(CYCLES / 5);
    }
  } finally {
    for (const reader of readers) reader.kill();
    await files[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true });
  }
});
