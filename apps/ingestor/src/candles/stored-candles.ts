import { CandleSource, MINUTE_MICROS, candleColumns, sumOf } from '@tickwright/market';
import type {
  Calendars,
  CandleColumns,
  CandleStateColumns,
  InstrumentTable,
  VenueMinutes,
} from '@tickwright/market';

type Rows = CandleStateColumns | VenueMinutes;

/** Keeps the rows that the predicate wants, in order, in place. */
export function keepRows(states: Rows, isWanted: (row: number) => boolean): void {
  const columns = Object.values(states).filter((column) => typeof column !== 'number');
  let kept = 0;
  for (let row = 0; row < states.count; row += 1) {
    if (!isWanted(row)) continue;
    if (kept !== row) for (const column of columns) column[kept] = column[row];
    kept += 1;
  }
  states.count = kept;
}

/** Leaves out what SQL cannot know: minutes outside their instrument's sessions make no candle. */
export function keepSessions(
  states: Rows,
  context: { readonly instruments: InstrumentTable; readonly calendars: Calendars },
): void {
  keepRows(states, (row) => {
    const instrument = context.instruments.at(states.instrument[row]);
    return context.calendars(instrument.calendar).sessionAt(states.openTime[row]) !== undefined;
  });
}

/** Candles of ticks as they are published, from their state; all of them closed. */
export function closedCandles(
  states: CandleStateColumns,
  options: {
    readonly instruments: InstrumentTable;
    readonly isComplete: (instrument: number, openTime: number, closeTime: number) => boolean;
    /** The version that a candle has at least: the offset of what made it be computed again. */
    readonly versionOf: (row: number) => number;
  },
): CandleColumns {
  const candles = candleColumns(states.count);
  candles.count = states.count;
  for (const name of ['instrument', 'openTime', 'open', 'high', 'low', 'close', 'tradeCount'] as const) {
    candles[name].set(states[name].subarray(0, states.count));
  }
  for (let row = 0; row < states.count; row += 1) {
    const instrument = states.instrument[row];
    const { quantityDecimals } = options.instruments.at(instrument);
    const openTime = states.openTime[row];
    candles.volume[row] = sumOf(states.volumeLow[row], states.volumeHigh[row], quantityDecimals);
    candles.isClosed[row] = 1;
    candles.isComplete[row] = options.isComplete(instrument, openTime, openTime + MINUTE_MICROS) ? 1 : 0;
    candles.version[row] = Math.max(states.version[row], options.versionOf(row));
    candles.source[row] = CandleSource.ticks;
  }
  return candles;
}
