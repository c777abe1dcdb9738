// A reader process of candle-files-readers.test.ts: asks without a pause until told to stop, then reports what it saw.
import { calendars } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Candle } from '../query/candle-answer.ts';
import { quietLog } from './candle-fixture.ts';
import { HOUR_MICROS } from './candle-paths.ts';
import { openCandleQuery } from '../query/candle-query.ts';

export interface ReaderTask {
  readonly dataDir: string;
  readonly instruments: readonly string[];
  readonly from: number;
  /** Candles that every answer must have of each instrument. */
  readonly candles: number;
}

export interface ReaderReport {
  readonly answers: number;
  readonly failures: readonly string[];
  readonly versions: number;
}

const FAILURES_MAX = 5;

async function readUntil(signal: AbortSignal, task: ReaderTask): Promise<ReaderReport> {
  await using query = await openCandleQuery({
    dataDir: task.dataDir,
    log: quietLog,
    clock: systemClock,
    calendars,
  });
  const newest = new Map<number, number>();
  const seen = new Set<number>();
  const failures: string[] = [];
  let answers = 0;
  while (!signal.aborted && failures.length < FAILURES_MAX) {
    const instrument = task.instruments[answers % task.instruments.length];
    try {
      const { candles } = await query.getCandles({
        instrument,
        interval: '1m',
        from: task.from,
        to: Infinity,
      });
      answers += 1;
      if (candles.length !== task.candles) failures.push(`${candles.length} candles of ${instrument}`);
      for (const candle of candles) {
        seen.add(candle.version);
        const problem = problemOf(candle, newest);
        if (problem !== undefined) failures.push(problem);
      }
    } catch (error) {
      failures.push(String(error));
    }
  }
  return { answers, failures, versions: seen.size };
}

/** The writer makes every number of a candle from its version: a mixture of two versions shows. */
function problemOf(candle: Candle, newest: Map<number, number>): string | undefined {
  const { version, openTime, open, high, low, close, volume } = candle;
  const isWhole = open === version && high === version + 2 && low === version - 1 && close === version + 1;
  if (!isWhole || volume !== version * 3) return `a mixture: ${JSON.stringify(candle)}`;
  const hour = Math.floor(openTime / HOUR_MICROS);
  const before = newest.get(hour) ?? 0;
  if (version < before) return `version ${version} after ${before}`;
  newest.set(hour, version);
  return undefined;
}

const stop = new AbortController();
process.once('message', (task: ReaderTask) => {
  process.once('message', () => {
    stop.abort();
  });
  void readUntil(stop.signal, task).then((report) => process.send?.(report, () => process.disconnect()));
});
process.send?.('ready');
