import { candleColumns } from '@tickwright/market';
import type { CandleColumns } from '@tickwright/market';

const FIRST_CAPACITY = 64;

/** The newest 1m candles of each instrument as they were last sent, by open time; the oldest go when there are too many. */
export class MinuteHistory {
  readonly #maxMinutes: number;
  readonly #minutes = new Map<number, CandleColumns>();

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
    return true;
  }

  clear(): void {
    this.#minutes.clear();
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

type ColumnName = Exclude<keyof CandleColumns, 'count'>;

function columnsOf(columns: CandleColumns): ColumnName[] {
  return Object.keys(columns).filter((name): name is ColumnName => name !== 'count');
}
