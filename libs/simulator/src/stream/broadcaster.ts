import { fraction, hashPair, hashWide } from '../market/hash.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import { OrderColumns } from '../market/order-columns.ts';
import { sliceAt } from '../market/slices.ts';
import type { FaultControl } from '../faults/fault-control.ts';
import type { SimulatorStats } from '../stats.ts';
import type { Connection } from './connection.ts';
import type { StreamKind, StreamName } from './stream-name.ts';

/** Writes one instrument's stream messages in a venue's words; all ASCII. `position` counts fills from the columns' first. */
export interface MessageWriter {
  trade(columns: OrderColumns, at: { row: number; position: number }): string;
  /** One row's order. */
  aggTrade?(columns: OrderColumns, row: number): string;
  /** Some fills of one row's order in one message, in a venue that puts them together. */
  order?(columns: OrderColumns, at: { row: number; positions: readonly number[] }): string;
}

interface Subscription {
  readonly connection: Connection;
  readonly stream: string;
  /** Only trades later than this: a client gets trades from its subscription on. */
  readonly afterMs: number;
}

/** One instrument that somebody listens to: its current slice, and where in it the stream is. */
interface Channel {
  readonly instrument: SimulatedInstrument;
  readonly messages: MessageWriter;
  readonly columns: OrderColumns;
  /** The slice in `columns`: fromMs <= time < toMs; both -1 before the first. */
  fromMs: number;
  toMs: number;
  /** The next row to stream. */
  row: number;
  readonly subscriptions: Readonly<Record<StreamKind, Subscription[]>>;
}

/** Streams the market: each trade once to each subscription, in order of time, none left out however late the turn. */
export class Broadcaster {
  readonly #instruments: ReadonlyMap<string, SimulatedInstrument>;
  readonly #faults: FaultControl;
  readonly #stats: SimulatorStats;
  readonly #writerOf: (instrument: SimulatedInstrument) => MessageWriter;
  readonly #channels = new Map<string, Channel>();
  /** Trades up to and including this millisecond have been streamed. */
  #toldMs: number;

  constructor(options: {
    instruments: readonly SimulatedInstrument[];
    faults: FaultControl;
    stats: SimulatorStats;
    nowMs: number;
    writerOf: (instrument: SimulatedInstrument) => MessageWriter;
  }) {
    this.#writerOf = options.writerOf;
    this.#instruments = new Map(options.instruments.map((each) => [each.symbol, each]));
    this.#faults = options.faults;
    this.#stats = options.stats;
    this.#toldMs = options.nowMs;
  }

  has(symbol: string): boolean {
    return this.#instruments.has(symbol);
  }

  instrument(symbol: string): SimulatedInstrument | undefined {
    return this.#instruments.get(symbol);
  }

  /** Trades up to and including this millisecond have been streamed. */
  get toldMs(): number {
    return this.#toldMs;
  }

  /** Streams to the connection what happens after `afterMs`. A stream that it has already stays as it is. */
  subscribe(connection: Connection, stream: StreamName, afterMs: number): void {
    const channel = this.#channelOf(stream.symbol);
    const list = channel?.subscriptions[stream.kind];
    if (list === undefined || list.some((each) => each.connection === connection)) return;
    list.push({ connection, stream: stream.name, afterMs });
    this.#stats.streams += 1;
  }

  /** Ends a stream of a connection; nothing happens when it does not have it. */
  unsubscribe(connection: Connection, stream: StreamName): void {
    const channel = this.#channels.get(stream.symbol);
    const list = channel?.subscriptions[stream.kind];
    const at = list?.findIndex((each) => each.connection === connection) ?? -1;
    if (channel === undefined || list === undefined || at < 0) return;
    list.splice(at, 1);
    this.#stats.streams -= 1;
    connection.release(stream.name);
    const { trade, aggTrade } = channel.subscriptions;
    if (trade.length + aggTrade.length === 0) this.#channels.delete(stream.symbol);
  }

  #channelOf(symbol: string): Channel | undefined {
    const known = this.#channels.get(symbol);
    const instrument = this.#instruments.get(symbol);
    if (known !== undefined || instrument === undefined) return known;
    const made: Channel = {
      instrument,
      messages: this.#writerOf(instrument),
      columns: new OrderColumns(),
      fromMs: -1,
      toMs: -1,
      row: 0,
      subscriptions: { trade: [], aggTrade: [] },
    };
    this.#channels.set(symbol, made);
    return made;
  }

  /**
   * Streams one step towards a time, at most to the end of the current slice (83 ms of market time), and answers
   * whether the time is reached. A late caller steps until it is.
   */
  stepTowards(nowMs: number): boolean {
    const { delay } = this.#faults.current;
    const targetMs = Math.floor(nowMs - (delay?.ms ?? 0));
    if (targetMs <= this.#toldMs) return true;
    if (this.#channels.size === 0) {
      this.#toldMs = targetMs;
      return true;
    }
    const fromMs = this.#toldMs + 1;
    let lastMs = targetMs;
    for (const channel of this.#channels.values()) lastMs = Math.min(lastMs, settle(channel, fromMs));
    const channels = [...this.#channels.values()];
    for (let ms = fromMs; ms <= lastMs; ms++) {
      for (const channel of channels) this.#tell(channel, ms);
    }
    this.#toldMs = lastMs;
    return lastMs === targetMs;
  }

  /** Streams the orders of one millisecond. Hot: benchmark scripts/bench/simulator.ts. */
  #tell(channel: Channel, ms: number): void {
    const { columns, subscriptions, messages } = channel;
    while (channel.row < columns.count && columns.timeMs[channel.row] === ms) {
      const row = channel.row;
      if (subscriptions.trade.length > 0) {
        if (messages.order === undefined) this.#tellFills(channel, row, ms);
        else this.#tellOrder(channel, row, ms);
      }
      if (messages.aggTrade !== undefined && subscriptions.aggTrade.length > 0) {
        if (!this.#skips(channel.instrument, columns.firstOrder + row)) {
          send(subscriptions.aggTrade, messages.aggTrade(columns, row), ms);
        }
      }
      channel.row += 1;
    }
  }

  #tellFills({ columns, subscriptions, messages, instrument }: Channel, row: number, ms: number): void {
    const end = columns.fillStart[row] + columns.fills[row];
    for (let position = columns.fillStart[row]; position < end; position++) {
      if (this.#skips(instrument, columns.firstTrade + position)) continue;
      send(subscriptions.trade, messages.trade(columns, { row, position }), ms);
    }
  }

  #tellOrder({ columns, subscriptions, messages, instrument }: Channel, row: number, ms: number): void {
    const positions: number[] = [];
    const end = columns.fillStart[row] + columns.fills[row];
    for (let position = columns.fillStart[row]; position < end; position++) {
      if (!this.#skips(instrument, columns.firstTrade + position)) positions.push(position);
    }
    const text = positions.length === 0 ? undefined : messages.order?.(columns, { row, positions });
    if (text !== undefined) send(subscriptions.trade, text, ms);
  }

  /** By a hash of the id, so that every connection, and a restarted simulator, misses the same trades. */
  isSkipped(instrument: SimulatedInstrument, id: number): boolean {
    const { skipIds } = this.#faults.current;
    if (skipIds === null) return false;
    return fraction(hashWide(hashPair(instrument.hash, 0x5417), id)) < skipIds.probability;
  }

  #skips(instrument: SimulatedInstrument, id: number): boolean {
    if (!this.isSkipped(instrument, id)) return false;
    this.#stats.skipped += 1;
    return true;
  }
}

/** Makes the channel stand at a time; answers the last millisecond of its slice. */
function settle(channel: Channel, ms: number): number {
  if (ms < channel.fromMs || ms >= channel.toMs) {
    const slice = sliceAt(channel.instrument, ms);
    channel.columns.load(channel.instrument, slice);
    channel.fromMs = slice.fromMs;
    channel.toMs = slice.toMs;
    channel.row = channel.columns.firstRowAt(ms);
  }
  return channel.toMs - 1;
}

function send(subscriptions: readonly Subscription[], data: string, ms: number): void {
  for (const { connection, stream, afterMs } of subscriptions) {
    if (ms > afterMs) connection.deliver(stream, data);
  }
}
