import { loadConfig } from '@tickwright/config';
import { openOffline, readTicks } from '@tickwright/ingestor';
import type { TickJson } from '@tickwright/ingestor';
import { systemClock } from '@tickwright/runtime';
import { generateTrades } from '@tickwright/simulator';
import type { MarketOptions } from '@tickwright/simulator';

const log = { debug() {}, info() {}, warn() {}, error() {} };

export interface ScriptComparison {
  /** Stored ticks, and how many of them are not what the script says of their id. */
  readonly stored: number;
  readonly different: number;
  readonly twice: number;
  /** Ids between the first and the last stored one that are not stored. */
  readonly missing: readonly number[];
}

/**
 * Compares the stored ticks of an instrument with the venue's script, which is a function of the seed and needs no
 * connection. No ingestor runs on the data directory.
 */
export async function compareWithScript(options: {
  readonly dataDir: string;
  readonly instrument: string;
  readonly market: MarketOptions;
}): Promise<ScriptComparison> {
  const { dataDir, instrument, market } = options;
  const [ticks = []] = await storedTicks(dataDir, [instrument]);
  return comparison({ ticks, instrument, market });
}

/** The comparison of ticks that were read already; there is at least one. */
export function comparison(options: {
  readonly ticks: readonly TickJson[];
  readonly instrument: string;
  readonly market: MarketOptions;
}): ScriptComparison {
  const { ticks } = options;
  const times = extent(ticks.map((tick) => Date.parse(tick.eventTime)));
  const script = new Map<number, string>();
  for (const trade of generateTrades({
    ...options.market,
    instrument: options.instrument.slice(options.instrument.indexOf('|') + 1),
    fromMicros: times.least * 1_000,
    toMicros: (times.greatest + 1) * 1_000,
  })) {
    script.set(
      trade.id,
      told(Number(trade.price), Number(trade.quantity), trade.isBuyerMaker ? 'sell' : 'buy'),
    );
  }
  const ids = ticks.map((tick) => tick.tradeId ?? -1);
  const stored = new Set(ids);
  const { least: first, greatest: last } = extent(ids);
  return {
    stored: ticks.length,
    different: ticks.filter(
      (tick) => script.get(tick.tradeId ?? -1) !== told(tick.price, tick.quantity, tick.side),
    ).length,
    twice: ticks.length - stored.size,
    missing: [...script.keys()].filter((id) => id > first && id < last && !stored.has(id)),
  };
}

function told(price: number, quantity: number, side: string): string {
  return `${side} ${quantity} at ${price}`;
}

/** The stored ticks of instruments. No ingestor runs on the data directory; it is opened once. */
export async function storedTicks(dataDir: string, instruments: readonly string[]): Promise<TickJson[][]> {
  const { config } = await loadConfig({ flags: [`dataDir=${JSON.stringify(dataDir)}`], env: {} });
  await using owned = await openOffline({ config, version: 'test', clock: systemClock, log });
  const all: TickJson[][] = [];
  for (const instrument of instruments) {
    const ticks: TickJson[] = [];
    for await (const rows of readTicks(owned.core, { instrument })) ticks.push(...rows);
    all.push(ticks);
  }
  return all;
}

/** Whether verify names a missing id: `SIM|ALPHA: sequence, open, from … to …, ids from 5 to 7`. */
export function isNamed(id: number, instrument: string, openGaps: readonly string[]): boolean {
  return openGaps.some((gap) => {
    const range = /, ids from (\d+)(?: to (\d+)| on)$/.exec(gap);
    return (
      range !== null &&
      gap.startsWith(`${instrument}: `) &&
      id >= Number(range[1]) &&
      id <= Number(range[2] ?? id)
    );
  });
}

/** Of any number of numbers: a day of ticks is more than a function takes as arguments. */
function extent(numbers: readonly number[]): { least: number; greatest: number } {
  let [least, greatest] = [Infinity, -Infinity];
  for (const number of numbers) {
    least = Math.min(least, number);
    greatest = Math.max(greatest, number);
  }
  return { least, greatest };
}
