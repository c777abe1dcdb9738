/**
 * Candles as they stand in the builder, to be loaded into it: what SQL computes from stored ticks after a restart. Rows
 * 0..count-1 are valid, in any order, one a (instrument, openTime).
 *
 * Ticks stand in the order (eventTime, tradeId or -1, offset, index); `first*` and `last*` are the keys of the candle's
 * first and last tick in that order, `open` and `close` their prices.
 */
export interface CandleStateColumns {
  count: number;
  /** Number in the InstrumentTable. */
  readonly instrument: Int32Array;
  /** Inclusive, microseconds UTC. */
  readonly openTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** Volume in units of 10^-quantityDecimals: the units modulo 2^52. */
  readonly volumeLow: Float64Array;
  /** Volume in units: how many times 2^52. */
  readonly volumeHigh: Float64Array;
  readonly tradeCount: Int32Array;
  /** 1 when known to have closed; 0 leaves it to the segment's newest event time. */
  readonly isClosed: Uint8Array;
  /** 0 where it is not known. */
  readonly revision: Int32Array;
  /** Journal offset of its last change: the largest offset of its ticks where nothing else is known. */
  readonly version: Float64Array;
  readonly firstEventTime: Float64Array;
  readonly firstTradeId: Float64Array;
  readonly firstOffset: Float64Array;
  readonly firstIndex: Int32Array;
  readonly lastEventTime: Float64Array;
  readonly lastTradeId: Float64Array;
  readonly lastOffset: Float64Array;
  readonly lastIndex: Int32Array;
}

/** Candle states with room for `capacity` rows. */
export function candleStateColumns(capacity: number): CandleStateColumns {
  return {
    count: 0,
    instrument: new Int32Array(capacity),
    openTime: new Float64Array(capacity),
    open: new Float64Array(capacity),
    high: new Float64Array(capacity),
    low: new Float64Array(capacity),
    close: new Float64Array(capacity),
    volumeLow: new Float64Array(capacity),
    volumeHigh: new Float64Array(capacity),
    tradeCount: new Int32Array(capacity),
    isClosed: new Uint8Array(capacity),
    revision: new Int32Array(capacity),
    version: new Float64Array(capacity),
    firstEventTime: new Float64Array(capacity),
    firstTradeId: new Float64Array(capacity),
    firstOffset: new Float64Array(capacity),
    firstIndex: new Int32Array(capacity),
    lastEventTime: new Float64Array(capacity),
    lastTradeId: new Float64Array(capacity),
    lastOffset: new Float64Array(capacity),
    lastIndex: new Int32Array(capacity),
  };
}
