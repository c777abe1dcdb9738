/** What a row of the venue's side says. */
export const VenueRowKind = {
  /** A candle that the venue told, closed. */
  candle: 0,
  /** The venue told all candles of the span that there are: a minute of it without one had no trade. */
  answered: 1,
  /** Ticks of the span are missing and will not come: the venue's candles stand for them. */
  standIn: 2,
  /** Before the instrument's first tick nothing of it was seen. */
  unseen: 3,
} as const;
export type VenueRowKind = (typeof VenueRowKind)[keyof typeof VenueRowKind];

/** Which way a row came. */
export const ToldBy = { stream: 0, answer: 1, import: 2, fold: 3 } as const;
export type ToldBy = (typeof ToldBy)[keyof typeof ToldBy];
export const TOLD_BY_NAMES = ['stream', 'answer', 'import', 'fold'] as const;

/**
 * One thing that is known of a span of an instrument's time from elsewhere than its ticks, as it is stored. Of a span the
 * prices and sums are 0. Times are microseconds UTC, `from` inclusive, `to` exclusive.
 */
export interface VenueRow {
  /** Number in the InstrumentTable. */
  readonly instrument: number;
  readonly kind: VenueRowKind;
  /** Length of the candles that it speaks of: 1 for 1m, the only ones that stand in candle files. */
  readonly minutes: number;
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** The float64 nearest to the venue's decimal. */
  readonly volume: number;
  /** -1 where the venue does not tell. */
  readonly tradeCount: number;
  readonly by: ToldBy;
  readonly receiveMicros: number;
  /** Of the frame that told it in the journal, and its place there. */
  readonly offset: number;
  readonly index: number;
}

/** A row that is no candle. */
export function spanRow(
  span: Pick<
    VenueRow,
    | 'instrument'
    | 'kind'
    | 'minutes'
    | 'fromMicros'
    | 'toMicros'
    | 'by'
    | 'receiveMicros'
    | 'offset'
    | 'index'
  >,
): VenueRow {
  return { ...span, open: 0, high: 0, low: 0, close: 0, volume: 0, tradeCount: -1 };
}

/**
 * Whether anything traded in a candle. Some venues tell an untraded minute by a flat one, others leave it out: neither
 * makes a candle of ours. An index has no volume, so that a candle that moved has traded too.
 */
export function isTraded(
  candle: Pick<VenueRow, 'open' | 'high' | 'low' | 'close' | 'volume' | 'tradeCount'>,
): boolean {
  const { open, high, low, close, volume, tradeCount } = candle;
  return volume > 0 || tradeCount > 0 || high !== low || open !== close;
}
