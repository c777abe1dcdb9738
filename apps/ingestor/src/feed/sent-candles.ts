import { CANDLE_SOURCE_NAMES, MINUTE_MICROS, bucketOf } from '@tickwright/market';
import type { CandleColumns, Interval, SessionCalendar } from '@tickwright/market';
import type { FeedCandle } from '@tickwright/feed';

/** A row as it is sent. */
export function feedCandle(columns: CandleColumns, row: number, closeMicros: number): FeedCandle {
  return {
    openMicros: columns.openTime[row],
    closeMicros,
    open: columns.open[row],
    high: columns.high[row],
    low: columns.low[row],
    close: columns.close[row],
    volume: columns.volume[row],
    tradeCount: columns.tradeCount[row],
    isClosed: columns.isClosed[row] === 1,
    isComplete: columns.isComplete[row] === 1,
    revision: columns.revision[row],
    version: columns.version[row],
    source: CANDLE_SOURCE_NAMES[columns.source[row]] ?? 'ticks',
  };
}

/** When a candle ends; a session's last one may be shorter. */
export function closeOf(openMicros: number, interval: Interval, calendar: SessionCalendar): number {
  if (interval === '1m') return openMicros + MINUTE_MICROS;
  return bucketOf(openMicros, interval, calendar)?.closeMicros ?? openMicros;
}
