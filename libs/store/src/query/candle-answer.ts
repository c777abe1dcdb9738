import { CANDLE_SOURCE_NAMES, MINUTE_MICROS, bucketOf } from '@tickwright/market';
import type {
  Calendars,
  CandleColumns,
  InstrumentTable,
  Interval,
  SessionCalendar,
} from '@tickwright/market';

/** One candle as readers get it. Times are microseconds UTC. */
export interface Candle {
  readonly instrument: string;
  /** Inclusive. */
  readonly openTime: number;
  /** Exclusive; the session's end where that comes first. */
  readonly closeTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Exact to the instrument's decimals. */
  readonly volume: number;
  readonly tradeCount: number;
  readonly isClosed: boolean;
  readonly isComplete: boolean;
  readonly revision: number;
  /** Journal offset of the last change; 0 for a candle that was filled in. */
  readonly version: number;
  readonly source: 'ticks' | 'venue';
}

/** How fresh an answer is: at least as fresh as the status that was read before the files. */
export interface CandleAsOf {
  /** Journal offset up to which the candle files were published. */
  readonly offset: number;
  /** When they were, ISO 8601 UTC. */
  readonly time: string;
  /** How long ago that was when the answer was made. */
  readonly ageMs: number;
}

export interface CandleAnswer {
  /** By instrument in the order asked for, then by openTime. */
  readonly candles: readonly Candle[];
  /** Undefined when no ingestor has published a status here yet. */
  readonly asOf: CandleAsOf | undefined;
}

/** Rows of candle columns as candles. */
export function toCandles(
  rows: CandleColumns,
  options: { interval: Interval; instruments: InstrumentTable; calendars: Calendars },
): Candle[] {
  const candles: Candle[] = [];
  let instrument = -1;
  let key = '';
  let calendar: SessionCalendar | undefined;
  for (let row = 0; row < rows.count; row++) {
    // An instrument's rows stand together.
    if (rows.instrument[row] !== instrument || calendar === undefined) {
      instrument = rows.instrument[row];
      const found = options.instruments.at(instrument);
      key = found.key;
      calendar = options.calendars(found.calendar);
    }
    const openTime = rows.openTime[row];
    const bucket = bucketOf(openTime, options.interval, calendar);
    candles.push({
      instrument: key,
      openTime,
      closeTime: bucket?.closeMicros ?? openTime + MINUTE_MICROS,
      open: rows.open[row],
      high: rows.high[row],
      low: rows.low[row],
      close: rows.close[row],
      volume: rows.volume[row],
      tradeCount: rows.tradeCount[row],
      isClosed: rows.isClosed[row] === 1,
      isComplete: rows.isComplete[row] === 1,
      revision: rows.revision[row],
      version: rows.version[row],
      source: CANDLE_SOURCE_NAMES[rows.source[row]],
    });
  }
  return candles;
}
