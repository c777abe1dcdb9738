import type { CandleColumns } from '../candle/candle-columns.ts';
import { CandleSource, candleColumns } from '../candle/candle-columns.ts';
import type { IsComplete } from '../candle/candle-extract.ts';
import type { ClosedBefore } from '../candle/closed-before.ts';
import { closedBeforeOf } from '../candle/closed-before.ts';
import { addQuantity, powerOfTen, sumOf } from '../candle/exact-sum.ts';
import type { Instrument, InstrumentTable } from '../instrument.ts';
import type { Bucket, Interval } from '../session/interval.ts';
import { bucketOf } from '../session/interval.ts';
import type { Calendars, SessionCalendar } from '../session/session-calendar.ts';

export interface RollUpOptions {
  readonly interval: Interval;
  readonly instruments: InstrumentTable;
  readonly calendars: Calendars;
  readonly closedBefore: ClosedBefore;
  /**
   * Asked of each whole bucket besides its parts: a gap may cover minutes that have no candle, and then no part shows it.
   */
  readonly isComplete?: IsComplete;
}

/**
 * Rolls 1m candles up into a longer interval. Rows are sorted by openTime within an instrument, and an instrument's rows
 * stand together; the result has the same order. Throws a RangeError where they are not, or a minute comes twice.
 *
 * A bucket is closed when its close time has passed and all its parts are closed, complete when all parts are; its
 * revision is their sum, its version the newest, its source `venue` if that of any part is. Volumes are summed exactly.
 * Candles outside every session belong to no bucket and are left out.
 */
export function rollUp(minutes: CandleColumns, options: RollUpOptions): CandleColumns {
  const result = candleColumns(minutes.count);
  const roller = new Roller(result, options);
  for (let row = 0; row < minutes.count; row++) roller.add(minutes, row);
  roller.finish();
  return result;
}

/** Holds the bucket that is being filled: row `count - 1` of the result. */
class Roller {
  readonly #result: CandleColumns;
  readonly #options: RollUpOptions;
  readonly #volume = new Float64Array(2);
  #number = -1;
  #scale = 1;
  #instrument: Instrument | undefined;
  #calendar: SessionCalendar | undefined;
  #lastOpenTime = -Infinity;
  #bucket: Bucket | undefined;

  constructor(result: CandleColumns, options: RollUpOptions) {
    this.#result = result;
    this.#options = options;
  }

  add(minutes: CandleColumns, row: number): void {
    const openTime = minutes.openTime[row];
    if (minutes.instrument[row] !== this.#number) this.#next(minutes.instrument[row]);
    else if (openTime <= this.#lastOpenTime) throw unsorted(this.#instrument, openTime);
    this.#lastOpenTime = openTime;
    if (this.#bucket !== undefined && openTime < this.#bucket.closeMicros) {
      this.#extend(minutes, row);
      return;
    }
    this.finish();
    if (this.#calendar !== undefined)
      this.#bucket = bucketOf(openTime, this.#options.interval, this.#calendar);
    if (this.#bucket !== undefined) this.#start(minutes, row, this.#bucket);
  }

  /** Completes the bucket at hand with what only its end tells. */
  finish(): void {
    const bucket = this.#bucket;
    if (bucket === undefined || this.#instrument === undefined) return;
    const { closedBefore, instruments, isComplete } = this.#options;
    const row = this.#result.count - 1;
    this.#result.volume[row] = sumOf(this.#volume[0], this.#volume[1], this.#instrument.quantityDecimals);
    if (bucket.closeMicros > closedBeforeOf(closedBefore, instruments, this.#number))
      this.#result.isClosed[row] = 0;
    if (isComplete?.(this.#number, bucket.openMicros, bucket.closeMicros) === false)
      this.#result.isComplete[row] = 0;
    this.#bucket = undefined;
  }

  #next(number: number): void {
    this.finish();
    this.#number = number;
    this.#instrument = this.#options.instruments.at(number);
    this.#calendar = this.#options.calendars(this.#instrument.calendar);
    this.#scale = powerOfTen(this.#instrument.quantityDecimals);
  }

  #start(minutes: CandleColumns, row: number, bucket: Bucket): void {
    const result = this.#result;
    const to = result.count++;
    result.instrument[to] = this.#number;
    result.openTime[to] = bucket.openMicros;
    result.open[to] = minutes.open[row];
    result.high[to] = minutes.high[row];
    result.low[to] = minutes.low[row];
    result.isClosed[to] = 1;
    result.isComplete[to] = 1;
    result.source[to] = CandleSource.ticks;
    this.#volume.fill(0);
    this.#extend(minutes, row);
  }

  #extend(minutes: CandleColumns, row: number): void {
    const result = this.#result;
    const to = result.count - 1;
    result.high[to] = Math.max(result.high[to], minutes.high[row]);
    result.low[to] = Math.min(result.low[to], minutes.low[row]);
    result.close[to] = minutes.close[row];
    addQuantity(this.#volume, 0, minutes.volume[row], this.#scale);
    result.tradeCount[to] += minutes.tradeCount[row];
    result.isClosed[to] &= minutes.isClosed[row];
    result.isComplete[to] &= minutes.isComplete[row];
    result.revision[to] += minutes.revision[row];
    result.version[to] = Math.max(result.version[to], minutes.version[row]);
    if (minutes.source[row] === CandleSource.venue) result.source[to] = CandleSource.venue;
  }
}

function unsorted(instrument: Instrument | undefined, openTime: number): RangeError {
  return new RangeError(
    `candles of ${instrument?.key} cannot be rolled up: the minute at ${openTime} does not come after the one before it`,
  );
}
