import { calendars, parseInterval } from '@tickwright/market';
import type { InstrumentKey, Interval } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { openCandleQuery, readInstruments } from '@tickwright/store';
import type { Candle } from '@tickwright/store';
import { requireData } from '../data-directory.ts';
import { csv, isoTime, jsonRows, readableTime, table } from '../formats.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { unlessStopped } from '../stopped-error.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { timeRange } from '../times.ts';
import { UnknownInstrumentError, keyArgument } from '../unknown-instrument.ts';
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
  const { fromMicros = Number.NEGATIVE_INFINITY, toMicros = Number.POSITIVE_INFINITY } = timeRange(
    flags,
    systemClock.nowMicros(),
  );
  const interval = intervalArgument(flags.interval);
  const config = await settings(terminal, flags);
  const instrument = await knownKey(flags.instrument, config.dataDir);
  await using query = await openCandleQuery({
    dataDir: config.dataDir,
    log: logOf(terminal, config, 'candles'),
    clock: systemClock,
    calendars,
  });
  const hasRange = flags.from !== undefined || flags.to !== undefined;
  const last = flags.last ?? (hasRange ? undefined : DEFAULT_LAST);
  const request = { instrument, interval, from: fromMicros, to: toMicros, fill: flags.fill ?? false };
  const reading = query.getCandles({ ...request, ...(last === undefined ? {} : { last }) });
  const { candles } = await unlessStopped(terminal.signal, reading);
  await print(terminal.stdout, render(candles, flags));
  if (candles.length === 0) {
    await print(terminal.stderr, `no candles of ${instrument} in ${config.dataDir} ${inRange(hasRange)}\n`);
  }
  return 0;
}

function inRange(hasRange: boolean): string {
  return hasRange ? 'in this range' : 'yet';
}

/** The key, if anything of it was ever published there. */
async function knownKey(text: string, dataDir: string): Promise<InstrumentKey> {
  const known = (await readInstruments(dataDir)).map((row) => row.key);
  const key = keyArgument(text, known);
  if (known.length === 0) requireData(dataDir);
  // Nothing is published in the first moments of a new data directory: no candles then, and no mistake.
  else if (!known.includes(key)) throw new UnknownInstrumentError({ key, known, dataDir });
  return key;
}

function intervalArgument(text: string): Interval {
  try {
    return parseInterval(text);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function render(candles: readonly Candle[], flags: CandlesFlags): string {
  if (flags.json === true) return jsonRows(candles.map(row));
  if (flags.csv !== true && candles.length === 0) return '';
  const rows = candles.map((candle) => {
    const values: Record<string, string | number | boolean> = row(candle);
    return COLUMNS.map((column) => values[column] ?? '');
  });
  if (flags.csv === true) return csv(COLUMNS, rows);
  const cells = candles.map((candle) => [
    readableTime(candle.openTime),
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
