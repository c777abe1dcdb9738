import { candleColumns } from '@tickwright/market';
import type { CandleColumns, GoneMinute } from '@tickwright/market';

const FIRST_CAPACITY = 64;
/** Of each instrument so many candles that are gone are remembered; the files never had the others either. */
const GONE_MAX = 1_024;

/** The newest 1m candles of each instrument as they were last sent, by open time; the oldest go when there are too many. */
export class MinuteHistory {
  readonly #maxMinutes: number;
  readonly #minutes = new Map<number, CandleColumns>();
  /** By instrument and open time. */
  readonly #gone = new Map<number, Map<number, GoneMinute>>();

  constructor(maxMinutes: number) {
    this.#maxMinutes = maxMinutes;
  }

  /** An instrument's candles, rows 0..count-1. Not to be changed. */
  of(instrument: number): CandleColumns | undefined {
    return this.#minutes.get(instrument);
  }

  instruments(): Iterable<number> {
    return this.#minutes.keys();
  }

  /** Takes a row over, in the place of the one of the same minute. False when it is older than what is kept. */
  put(from: CandleColumns, row: number): boolean {
    const instrument = from.instrument[row];
    let minutes = this.#minutes.get(instrument);
    if (minutes === undefined) this.#minutes.set(instrument, (minutes = candleColumns(FIRST_CAPACITY)));
    let at = rowFrom(minutes, from.openTime[row]);
    const isKnown = at < minutes.count && minutes.openTime[at] === from.openTime[row];
    if (!isKnown) {
      if (at === 0 && minutes.count >= this.#maxMinutes) return false;
      minutes = this.#makeRoom(instrument, minutes);
      at = rowFrom(minutes, from.openTime[row]);
      insertRow(minutes, at);
    }
    copyRow({ from, row }, { to: minutes, at });
    this.#gone.get(instrument)?.delete(from.openTime[row]);
    return true;
  }

  /** Takes a candle out and remembers that it is gone. False when it is older than what is kept. */
  remove(minute: GoneMinute): boolean {
    const { instrument, openTime } = minute;
    const minutes = this.#minutes.get(instrument);
    const at = minutes === undefined ? 0 : rowFrom(minutes, openTime);
    if (minutes === undefined || at >= minutes.count || minutes.openTime[at] !== openTime) return false;
    removeRow(minutes, at);
    let gone = this.#gone.get(instrument);
    if (gone === undefined) this.#gone.set(instrument, (gone = new Map()));
    gone.set(openTime, minute);
    const [oldest] = gone.keys();
    if (gone.size > GONE_MAX && oldest !== undefined) gone.delete(oldest);
    return true;
  }

  /** Candles that are gone, of [from, to). */
  goneIn(instrument: number, from: number, to: number): readonly GoneMinute[] {
    const gone = this.#gone.get(instrument);
    if (gone === undefined || gone.size === 0) return [];
    return [...gone.values()].filter(({ openTime }) => openTime >= from && openTime < to);
  }

  clear(): void {
    this.#minutes.clear();
    this.#gone.clear();
  }

  /** Room for one more row: a longer array, or at the limit the oldest eighth gone. */
  #makeRoom(instrument: number, minutes: CandleColumns): CandleColumns {
    if (minutes.count < minutes.openTime.length) return minutes;
    const kept = minutes.count < this.#maxMinutes ? minutes.count : Math.floor((this.#maxMinutes * 7) / 8);
    const capacity = Math.min(this.#maxMinutes, Math.max(FIRST_CAPACITY, minutes.count * 2));
    const larger = candleColumns(capacity);
    for (const name of columnsOf(larger))
      larger[name].set(minutes[name].subarray(minutes.count - kept, minutes.count));
    larger.count = kept;
    this.#minutes.set(instrument, larger);
    return larger;
  }
}

/** The first row that opens at or after a time. Candles come in order, so that nearly always it is at the end. */
export function rowFrom({ openTime, count }: CandleColumns, micros: number): number {
  if (count === 0 || openTime[count - 1] < micros) return count;
  let [low, high] = [0, count - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (openTime[middle] < micros) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function copyRow(
  { from, row }: { from: CandleColumns; row: number },
  { to, at }: { to: CandleColumns; at: number },
): void {
  to.instrument[at] = from.instrument[row];
  to.openTime[at] = from.openTime[row];
  to.open[at] = from.open[row];
  to.high[at] = from.high[row];
  to.low[at] = from.low[row];
  to.close[at] = from.close[row];
  to.volume[at] = from.volume[row];
  to.tradeCount[at] = from.tradeCount[row];
  to.isClosed[at] = from.isClosed[row];
  to.isComplete[at] = from.isComplete[row];
  to.revision[at] = from.revision[row];
  to.version[at] = from.version[row];
  to.source[at] = from.source[row];
}

function insertRow(columns: CandleColumns, at: number): void {
  for (const name of columnsOf(columns)) columns[name].copyWithin(at + 1, at, columns.count);
  columns.count += 1;
}

function removeRow(columns: CandleColumns, at: number): void {
  for (const name of columnsOf(columns)) columns[name].copyWithin(at, at + 1, columns.count);
  columns.count -= 1;
}

type ColumnName = Exclude<keyof CandleColumns, 'count'>;

function columnsOf(columns: CandleColumns): ColumnName[] {
  return Object.keys(columns).filter((name): name is ColumnName => name !== 'count');
}
