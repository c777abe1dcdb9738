import { CANDLE_SOURCE_NAMES, HOUR_MICROS, candleColumns } from '@tickwright/market';
import type { CandleColumns, InstrumentTable } from '@tickwright/market';
import type { CandleFiles, CandleName, CandlePiece } from '@tickwright/store';
import { FaultyStore } from './faulty-store-fixture.ts';
import type { World } from './world-fixture.ts';

/** A published candle. */
export interface PublishedCandle {
  readonly instrument: string;
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly tradeCount: number;
  readonly isClosed: number;
  readonly isComplete: number;
  readonly revision: number;
  readonly version: number;
  readonly source: number;
}

const VALUES = ['open', 'high', 'low', 'close', 'volume', 'tradeCount'] as const;
const NUMBERS = [...VALUES, 'openTime', 'isClosed', 'isComplete', 'revision', 'version', 'source'] as const;

interface Hour {
  readonly segment: string;
  readonly hourMicros: number;
  readonly candles: Map<string, PublishedCandle>;
}

/** The candle files over all lives. `onPublish` is told of each hour that was put in place. */
export class CandleDisk {
  readonly store: FaultyStore;
  readonly hours = new Map<string, Hour>();

  constructor(
    world: World,
    readonly onPublish: (candles: Iterable<PublishedCandle>) => void,
  ) {
    this.store = new FaultyStore(world, 'candles');
  }

  *candles(): Generator<PublishedCandle> {
    for (const hour of this.hours.values()) yield* hour.candles.values();
  }
}

/** The candle files as one life has them open: each call puts a whole hour in place, or leaves the old one. */
export class SimulatedCandleFiles implements Pick<
  CandleFiles,
  'publishHour' | 'mergeHour' | 'list' | 'read'
> {
  readonly #disk: CandleDisk;
  readonly #table: InstrumentTable;

  constructor(disk: CandleDisk, table: InstrumentTable) {
    this.#disk = disk;
    this.#table = table;
  }

  async publishHour(segment: string, hourMicros: number, rows: CandleColumns): Promise<void> {
    const candles = new Map(this.#candlesOf(rows).map((candle) => [nameOf(candle), candle]));
    await this.#put({ segment, hourMicros, candles }, 'publish');
  }

  async mergeHour(
    segment: string,
    hourMicros: number,
    rows: CandleColumns,
    gone: readonly CandleName[] = [],
  ): Promise<void> {
    if (rows.count === 0 && gone.length === 0) return;
    const candles = new Map(this.#disk.hours.get(`${segment} ${hourMicros}`)?.candles);
    for (const { instrument, openTime } of gone)
      candles.delete(nameOf({ instrument: this.#table.at(instrument).key, openTime }));
    for (const candle of this.#candlesOf(rows)) {
      const old = candles.get(nameOf(candle));
      if (old === undefined) candles.set(nameOf(candle), candle);
      else if (candle.version >= old.version) candles.set(nameOf(candle), revised(old, candle));
    }
    await this.#put({ segment, hourMicros, candles }, 'merge');
  }

  async list(): Promise<readonly CandlePiece[]> {
    await this.#disk.store.read('list');
    return [...this.#disk.hours.values()].map(({ segment, hourMicros }) => ({
      kind: 'hour',
      segment,
      date: new Date(hourMicros / 1_000).toISOString().slice(0, 10),
      path: `${segment} ${hourMicros}`,
      from: hourMicros,
      to: hourMicros + HOUR_MICROS,
    }));
  }

  async read(segment: string, hourMicros: number): Promise<CandleColumns> {
    await this.#disk.store.read('read');
    const found = [...(this.#disk.hours.get(`${segment} ${hourMicros}`)?.candles.values() ?? [])];
    const rows = candleColumns(found.length);
    for (const candle of found) {
      const row = rows.count++;
      rows.instrument[row] = this.#table.indexOf(candle.instrument);
      for (const name of NUMBERS) rows[name][row] = candle[name];
    }
    return rows;
  }

  #put(hour: Hour, how: string): Promise<void> {
    const name = `${hour.segment} ${hour.hourMicros}`;
    return this.#disk.store.transaction(`${how} ${hour.candles.size} of ${name}`, () => {
      this.#disk.hours.set(name, hour);
      this.#disk.onPublish(hour.candles.values());
    });
  }

  #candlesOf(rows: CandleColumns): PublishedCandle[] {
    return Array.from({ length: rows.count }, (_, row) => ({
      instrument: this.#table.at(rows.instrument[row]).key,
      openTime: rows.openTime[row],
      open: rows.open[row],
      high: rows.high[row],
      low: rows.low[row],
      close: rows.close[row],
      volume: rows.volume[row],
      tradeCount: rows.tradeCount[row],
      isClosed: rows.isClosed[row],
      isComplete: rows.isComplete[row],
      revision: rows.revision[row],
      version: rows.version[row],
      source: rows.source[row],
    }));
  }
}

export function nameOf({ instrument, openTime }: { instrument: string; openTime: number }): string {
  return `${instrument} ${openTime}`;
}

export function candleText(candle: PublishedCandle): string {
  const source = CANDLE_SOURCE_NAMES[candle.source];
  return `${nameOf(candle)} ${VALUES.map((name) => `${name} ${candle[name]}`).join(' ')} ${source}`;
}

/** Of two of the same candle the newer version; it counts one revision more when a closed candle's values change. */
function revised(old: PublishedCandle, candle: PublishedCandle): PublishedCandle {
  const isRevision = old.isClosed === 1 && VALUES.some((name) => old[name] !== candle[name]);
  return { ...candle, revision: Math.max(candle.revision, old.revision + (isRevision ? 1 : 0)) };
}
