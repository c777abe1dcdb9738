/** Aggressor of a trade, as stored in `TickBatch.side`. */
export const Side = { unknown: 0, buy: 1, sell: 2 } as const;
export const SIDE_NAMES = ['unknown', 'buy', 'sell'] as const;
export type SideName = (typeof SIDE_NAMES)[number];

/**
 * What an update tells, as stored in `TickBatch.kind`. `notice` is no tick: the venue says that `tradeId` is its newest;
 * the de-duplicator takes note of it and lets it through to nobody.
 */
export const TickKind = { trade: 0, conflated: 1, quote: 2, notice: 3 } as const;
/** The kinds that are stored. */
export const TICK_KIND_NAMES = ['trade', 'conflated', 'quote'] as const;

/**
 * Which numbering a trade id belongs to, as stored in `TickBatch.idSpace`. Ids of different spaces never compare:
 * Binance numbers trades and aggregate trades separately.
 */
export const IdSpace = { none: 0, trade: 1, aggTrade: 2 } as const;
export const ID_SPACE_NAMES = ['none', 'trade', 'aggTrade'] as const;

/**
 * Ticks as columns. One typed array a column, allocated once and reused: no object a tick. Rows 0..count-1 are valid,
 * in arrival order (offset, index ascending).
 */
export class TickBatch {
  count = 0;
  /** Number in the InstrumentTable. */
  readonly instrument: Int32Array;
  /** The venue's time, integer microseconds UTC. */
  readonly eventTime: Float64Array;
  /** Our time at arrival, integer microseconds UTC. */
  readonly receiveTime: Float64Array;
  readonly price: Float64Array;
  /** Size of the trade; of a conflated tick the last trade's size. */
  readonly quantity: Float64Array;
  /** What the tick adds to its candle. Equals quantity for trades; set by the de-duplicator for conflated ticks. */
  readonly volume: Float64Array;
  /** A `Side`. */
  readonly side: Uint8Array;
  /** A `TickKind`. */
  readonly kind: Uint8Array;
  /** An `IdSpace`; none means tradeId is -1. */
  readonly idSpace: Uint8Array;
  /** The venue's trade id, an integer below 2^53, or -1. */
  readonly tradeId: Float64Array;
  /** The venue's cumulative volume of the session, or -1. */
  readonly cumulativeVolume: Float64Array;
  /** Ordinal number of the frame in the journal. */
  readonly offset: Float64Array;
  /** Position of the tick within its frame. */
  readonly index: Int32Array;

  constructor(readonly capacity: number) {
    this.instrument = new Int32Array(capacity);
    this.eventTime = new Float64Array(capacity);
    this.receiveTime = new Float64Array(capacity);
    this.price = new Float64Array(capacity);
    this.quantity = new Float64Array(capacity);
    this.volume = new Float64Array(capacity);
    this.side = new Uint8Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.idSpace = new Uint8Array(capacity);
    this.tradeId = new Float64Array(capacity);
    this.cumulativeVolume = new Float64Array(capacity);
    this.offset = new Float64Array(capacity);
    this.index = new Int32Array(capacity);
  }

  get isFull(): boolean {
    return this.count === this.capacity;
  }

  clear(): void {
    this.count = 0;
  }

  /** Moves row `from` to row `to`. Used to close the holes that rejected rows leave. */
  moveRow(from: number, to: number): void {
    this.instrument[to] = this.instrument[from];
    this.eventTime[to] = this.eventTime[from];
    this.receiveTime[to] = this.receiveTime[from];
    this.price[to] = this.price[from];
    this.quantity[to] = this.quantity[from];
    this.volume[to] = this.volume[from];
    this.side[to] = this.side[from];
    this.kind[to] = this.kind[from];
    this.idSpace[to] = this.idSpace[from];
    this.tradeId[to] = this.tradeId[from];
    this.cumulativeVolume[to] = this.cumulativeVolume[from];
    this.offset[to] = this.offset[from];
    this.index[to] = this.index[from];
  }

  /** Appends rows [start, end) of another batch. The caller has made sure that they fit. */
  append(other: TickBatch, start = 0, end = other.count): void {
    const at = this.count;
    this.instrument.set(other.instrument.subarray(start, end), at);
    this.eventTime.set(other.eventTime.subarray(start, end), at);
    this.receiveTime.set(other.receiveTime.subarray(start, end), at);
    this.price.set(other.price.subarray(start, end), at);
    this.quantity.set(other.quantity.subarray(start, end), at);
    this.volume.set(other.volume.subarray(start, end), at);
    this.side.set(other.side.subarray(start, end), at);
    this.kind.set(other.kind.subarray(start, end), at);
    this.idSpace.set(other.idSpace.subarray(start, end), at);
    this.tradeId.set(other.tradeId.subarray(start, end), at);
    this.cumulativeVolume.set(other.cumulativeVolume.subarray(start, end), at);
    this.offset.set(other.offset.subarray(start, end), at);
    this.index.set(other.index.subarray(start, end), at);
    this.count = at + (end - start);
  }
}
