/** Where a candle's numbers come from. */
export const CandleSource = { ticks: 0, venue: 1 } as const;
export const CANDLE_SOURCE_NAMES = ['ticks', 'venue'] as const;

/** Candles as columns, 1m unless said otherwise. Rows 0..count-1 are valid. */
export interface CandleColumns {
  count: number;
  /** Number in the InstrumentTable. */
  readonly instrument: Int32Array;
  /** Inclusive, microseconds UTC. */
  readonly openTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** Exact to the instrument's quantityDecimals: the float64 nearest to the decimal sum. */
  readonly volume: Float64Array;
  readonly tradeCount: Int32Array;
  /** 1 when closed or revised. */
  readonly isClosed: Uint8Array;
  /** 1 when no gap overlaps it. */
  readonly isComplete: Uint8Array;
  /** How often it changed after it had closed; informational. */
  readonly revision: Int32Array;
  /** Journal offset of its last change: the newer wins. */
  readonly version: Float64Array;
  /** A `CandleSource`. */
  readonly source: Uint8Array;
}

/** Candle columns with room for `capacity` rows. */
export function candleColumns(capacity: number): CandleColumns {
  return {
    count: 0,
    instrument: new Int32Array(capacity),
    openTime: new Float64Array(capacity),
    open: new Float64Array(capacity),
    high: new Float64Array(capacity),
    low: new Float64Array(capacity),
    close: new Float64Array(capacity),
    volume: new Float64Array(capacity),
    tradeCount: new Int32Array(capacity),
    isClosed: new Uint8Array(capacity),
    isComplete: new Uint8Array(capacity),
    revision: new Int32Array(capacity),
    version: new Float64Array(capacity),
    source: new Uint8Array(capacity),
  };
}
