import { calendars, parseInterval } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { openCandleQuery } from '@tickwright/store';
import type { Candle } from '@tickwright/store';
import { csv, isoTime, jsonRows, table } from '../formats.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { timeArgument } from '../times.ts';
import { UsageError } from '../usage-error.ts';

const DEFAULT_LAST = 20;
const COLUMNS = [
  'openTime',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'tradeCount',
  'isClosed',
  'isComplete',
  'revision',
  'source',
] as const;

export interface CandlesFlags extends CommonFlags {
  readonly instrument: string;
  readonly interval: string;
  readonly from?: string;
  readonly to?: string;
  readonly last?: number;
  readonly fill?: boolean;
  readonly csv?: boolean;
}

/** Reads the published files: needs no running ingestor and never disturbs one. */
export async function candlesCommand(terminal: Terminal, flags: CandlesFlags): Promise<number> {
  if (flags.json === true && flags.csv === true) throw new UsageError('--json and --csv exclude each other');
  const config = await settings(terminal, flags);
  const now = systemClock.nowMicros();
  await using query = await openCandleQuery({
    dataDir: config.dataDir,
    log: logOf(terminal, config, 'candles'),
    clock: systemClock,
    calendars,
  });
  const hasRange = flags.from !== undefined || flags.to !== undefined;
  const last = flags.last ?? (hasRange ? undefined : DEFAULT_LAST);
  const { candles } = await query.getCandles({
    instrument: flags.instrument,
    interval: interval(flags.interval),
    from: flags.from === undefined ? Number.NEGATIVE_INFINITY : timeArgument(flags.from, now),
    to: flags.to === undefined ? Number.POSITIVE_INFINITY : timeArgument(flags.to, now),
    ...(last === undefined ? {} : { last }),
    fill: flags.fill ?? false,
  });
  await print(terminal.stdout, render(candles, flags));
  if (candles.length === 0) {
    await print(terminal.stderr, `no candles of ${flags.instrument} in ${config.dataDir} in this range\n`);
  }
  return 0;
}

function interval(text: string): ReturnType<typeof parseInterval> {
  try {
    return parseInterval(text);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function render(candles: readonly Candle[], flags: CandlesFlags): string {
  if (flags.json === true) return jsonRows(candles.map(row));
  const rows = candles.map((candle) => {
    const values: Record<string, string | number | boolean> = row(candle);
    return COLUMNS.map((column) => values[column] ?? '');
  });
  if (flags.csv === true) return csv(COLUMNS, rows);
  const cells = candles.map((candle) => [
    isoTime(candle.openTime).replace('T', ' ').replace('.000Z', 'Z'),
    candle.open,
    candle.high,
    candle.low,
    candle.close,
    candle.volume,
    candle.tradeCount,
    state(candle),
    candle.isComplete ? 'whole' : 'gap',
    candle.source,
  ]);
  return table(
    ['open time (UTC)', 'open', 'high', 'low', 'close', 'volume', 'trades', 'state', 'data', 'source'],
    cells,
  );
}

function state(candle: Candle): string {
  if (!candle.isClosed) return 'forming';
  return candle.revision > 0 ? `revised ${candle.revision}` : 'closed';
}

function row(candle: Candle): Record<(typeof COLUMNS)[number], string | number | boolean> {
  const { open, high, low, close, volume, tradeCount, isClosed, isComplete, revision, source } = candle;
  return {
    openTime: isoTime(candle.openTime),
    open,
    high,
    low,
    close,
    volume,
    tradeCount,
    isClosed,
    isComplete,
    revision,
    source,
  };
}
