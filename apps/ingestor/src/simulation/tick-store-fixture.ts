import { MINUTE_MICROS, TickBatch, candleColumns, candleStateColumns } from '@tickwright/market';
import type {
  CandleStateColumns,
  CoverageRow,
  InstrumentRow,
  InstrumentTable,
  VenueMinutes,
  VenueRow,
} from '@tickwright/market';
import { TickFileError } from '@tickwright/store';
import type { AppendState, LoadedState, MinutesQuery } from '@tickwright/store';
import { CommitInDoubtError } from '@tickwright/database';
import type { TickStore } from '../ticks/tick-store.ts';
import { FaultyStore } from './faulty-store-fixture.ts';
import type { World } from './world-fixture.ts';

const BATCH_ROWS = 64;

/** A tick as it stands in the store. */
export interface StoredTick {
  readonly instrument: string;
  readonly eventTime: number;
  readonly receiveTime: number;
  readonly price: number;
  readonly quantity: number;
  readonly volume: number;
  readonly side: number;
  readonly kind: number;
  readonly idSpace: number;
  readonly tradeId: number;
  readonly cumulativeVolume: number;
  readonly offset: number;
  readonly index: number;
}

/** What is stored of ticks, over all lives. `onCommit` is told of each append that is in. */
export class TickDisk {
  readonly store: FaultyStore;
  readonly ticks: StoredTick[] = [];
  readonly instruments: InstrumentRow[] = [];
  readonly coverage = new Map<string, { takenAt: number; row: CoverageRow }>();
  appliedOffset = 0;

  constructor(
    world: World,
    readonly onCommit: (added: readonly StoredTick[], span: { from: number; to: number }) => void,
  ) {
    this.store = new FaultyStore(world, 'ticks');
  }
}

/** The tick file as one life of the process has it open: transactions over what is stored. */
export class SimulatedTickStore implements TickStore {
  readonly #disk: TickDisk;
  readonly #table: InstrumentTable;
  #appliedOffset = 0;
  #isInDoubt = false;

  private constructor(disk: TickDisk, table: InstrumentTable) {
    this.#disk = disk;
    this.#table = table;
  }

  static async open(disk: TickDisk, table: InstrumentTable): Promise<SimulatedTickStore> {
    await disk.store.reopen();
    const opened = new SimulatedTickStore(disk, table);
    opened.#appliedOffset = disk.appliedOffset;
    return opened;
  }

  get appliedOffset(): number {
    return this.#appliedOffset;
  }

  async append(batches: readonly TickBatch[], state: AppendState): Promise<void> {
    if (this.#isInDoubt) throw new TickFileError('in doubt', { code: 'tick-file-unusable' });
    const added = batches.flatMap((batch) => this.#rowsOf(batch));
    const from = this.#appliedOffset;
    const to = state.appliedOffset;
    try {
      await this.#disk.store.transaction(`append ${added.length} ticks of [${from}, ${to})`, () => {
        const disk = this.#disk;
        for (const { key, venueSymbol, priceDecimals, quantityDecimals, calendar } of this.#table
          .list()
          .slice(disk.instruments.length))
          disk.instruments.push({ key, venueSymbol, priceDecimals, quantityDecimals, calendar });
        disk.ticks.push(...added);
        for (const row of state.coverage ?? []) disk.coverage.set(row.instrument, { takenAt: to, row });
        disk.appliedOffset = to;
        disk.onCommit(added, { from, to });
      });
    } catch (error) {
      this.#isInDoubt = error instanceof CommitInDoubtError;
      throw error;
    }
    this.#appliedOffset = to;
  }

  async reload(): Promise<number> {
    await this.#disk.store.reopen();
    this.#isInDoubt = false;
    this.#appliedOffset = this.#disk.appliedOffset;
    return this.#appliedOffset;
  }

  async loadState(): Promise<LoadedState> {
    await this.#disk.store.read('load the state');
    const rows = [...this.#disk.coverage.values()];
    return {
      appliedOffset: this.#appliedOffset,
      instruments: [...this.#disk.instruments],
      coverage: rows.map(({ row }) => row),
      coverageOffset: rows.reduce((newest, { takenAt }) => Math.max(newest, takenAt), 0),
    };
  }

  async *ticksFrom(offset: number): AsyncGenerator<TickBatch> {
    await this.#disk.store.read(`ticks from ${offset}`);
    const batch = new TickBatch(BATCH_ROWS);
    for (const tick of this.#disk.ticks) {
      if (tick.offset < offset) continue;
      this.#put(batch, tick);
      if (!batch.isFull) continue;
      yield batch;
      batch.clear();
    }
    if (batch.count > 0) yield batch;
  }

  /** No day is ever removed here. */
  keptFromMicros(): number {
    return 0;
  }

  /** No venue tells candles of its own here. */
  async venueMinutes(): Promise<VenueMinutes> {
    return { ...candleColumns(0), isTraded: new Uint8Array(0) };
  }

  async venueSpans(): Promise<VenueRow[]> {
    return [];
  }

  async newestVenueMicros(): Promise<number> {
    return 0;
  }

  async minutes(query: MinutesQuery): Promise<CandleStateColumns> {
    await this.#disk.store.read('minutes');
    const minutes = new Map<string, StoredTick[]>();
    for (const tick of this.#disk.ticks) {
      const openTime = openTimeOf(tick);
      if (query.instruments?.includes(tick.instrument) === false) continue;
      if (openTime < (query.fromMicros ?? 0) || openTime >= (query.toMicros ?? Infinity)) continue;
      const name = `${tick.instrument} ${openTime}`;
      const members = minutes.get(name);
      if (members === undefined) minutes.set(name, [tick]);
      else members.push(tick);
    }
    const since = query.changedSince ?? 0;
    const wanted = [...minutes.values()].filter((ticks) => ticks.some(({ offset }) => offset >= since));
    const states = candleStateColumns(wanted.length);
    for (const ticks of wanted) this.#fold(states, ticks);
    return states;
  }

  #fold(states: CandleStateColumns, ticks: StoredTick[]): void {
    const row = states.count++;
    const inOrder = ticks.toSorted(byKey);
    const [first, last] = [inOrder[0], inOrder[inOrder.length - 1]];
    const number = this.#table.indexOf(first.instrument);
    const scale = 10 ** this.#table.at(number).quantityDecimals;
    states.instrument[row] = number;
    states.openTime[row] = openTimeOf(first);
    states.open[row] = first.price;
    states.close[row] = last.price;
    states.high[row] = Math.max(...ticks.map(({ price }) => price));
    states.low[row] = Math.min(...ticks.map(({ price }) => price));
    states.volumeLow[row] = ticks.reduce((sum, { volume }) => sum + Math.round(volume * scale), 0);
    states.tradeCount[row] = ticks.length;
    states.version[row] = Math.max(...ticks.map(({ offset }) => offset));
    states.firstEventTime[row] = first.eventTime;
    states.firstTradeId[row] = first.tradeId;
    states.firstOffset[row] = first.offset;
    states.firstIndex[row] = first.index;
    states.lastEventTime[row] = last.eventTime;
    states.lastTradeId[row] = last.tradeId;
    states.lastOffset[row] = last.offset;
    states.lastIndex[row] = last.index;
  }

  #rowsOf(batch: TickBatch): StoredTick[] {
    return Array.from({ length: batch.count }, (_, row) => ({
      instrument: this.#table.at(batch.instrument[row]).key,
      eventTime: batch.eventTime[row],
      receiveTime: batch.receiveTime[row],
      price: batch.price[row],
      quantity: batch.quantity[row],
      volume: batch.volume[row],
      side: batch.side[row],
      kind: batch.kind[row],
      idSpace: batch.idSpace[row],
      tradeId: batch.tradeId[row],
      cumulativeVolume: batch.cumulativeVolume[row],
      offset: batch.offset[row],
      index: batch.index[row],
    }));
  }

  #put(batch: TickBatch, tick: StoredTick): void {
    const row = batch.count++;
    batch.instrument[row] = this.#table.indexOf(tick.instrument);
    batch.eventTime[row] = tick.eventTime;
    batch.receiveTime[row] = tick.receiveTime;
    batch.price[row] = tick.price;
    batch.quantity[row] = tick.quantity;
    batch.volume[row] = tick.volume;
    batch.side[row] = tick.side;
    batch.kind[row] = tick.kind;
    batch.idSpace[row] = tick.idSpace;
    batch.tradeId[row] = tick.tradeId;
    batch.cumulativeVolume[row] = tick.cumulativeVolume;
    batch.offset[row] = tick.offset;
    batch.index[row] = tick.index;
  }
}

function openTimeOf({ eventTime }: StoredTick): number {
  return eventTime - (eventTime % MINUTE_MICROS);
}

function byKey(a: StoredTick, b: StoredTick): number {
  return a.eventTime - b.eventTime || a.tradeId - b.tradeId || a.offset - b.offset || a.index - b.index;
}
