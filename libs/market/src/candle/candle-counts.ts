/** What a candle builder has done since it was made. */
export interface CandleCounts {
  /** Rows folded, of any kind. */
  ticks: number;
  quotes: number;
  /** Ticks that made no candle because no session contains them. */
  outsideSession: number;
  /** Ticks for candles that are not in memory: see `takeUnloaded`. */
  unloaded: number;
  /** Ticks that came after their candle had closed. */
  late: number;
  /** Changes of candles that had closed; a candle made by a late tick is none. */
  revisions: number;
  candles: number;
  closed: number;
}

export function candleCounts(): CandleCounts {
  return {
    ticks: 0,
    quotes: 0,
    outsideSession: 0,
    unloaded: 0,
    late: 0,
    revisions: 0,
    candles: 0,
    closed: 0,
  };
}
