import type { TickBatch } from '@tickwright/market';

/** Rows of a message at most: what a slow subscriber holds up is bounded in bytes too. */
export const MAX_TICKS_A_MESSAGE = 512;

/** Sorts the rows of a batch by instrument, in order of arrival within one: two passes, nothing allocated a batch. */
export class TickSorter {
  #rows = new Int32Array(0);
  /** By instrument number: rows counted, then where the next one goes. */
  #places = new Int32Array(0);
  /** The instruments of the batch at hand. */
  readonly #found: number[] = [];

  /** Calls back for each run of rows of one instrument; `rows` is valid during the call only. */
  sort(
    batch: TickBatch,
    instruments: number,
    each: (instrument: number, rows: Int32Array, span: { from: number; to: number }) => void,
  ): void {
    if (this.#rows.length < batch.count) this.#rows = new Int32Array(batch.capacity);
    if (this.#places.length < instruments) this.#places = new Int32Array(instruments * 2);
    this.#count(batch);
    this.#place(batch);
    let from = 0;
    for (const instrument of this.#found) {
      const end = this.#places[instrument];
      this.#places[instrument] = 0;
      for (; from < end; from = Math.min(end, from + MAX_TICKS_A_MESSAGE))
        each(instrument, this.#rows, { from, to: Math.min(end, from + MAX_TICKS_A_MESSAGE) });
    }
    this.#found.length = 0;
  }

  #count({ count, instrument }: TickBatch): void {
    for (let row = 0; row < count; row += 1) {
      if (this.#places[instrument[row]]++ === 0) this.#found.push(instrument[row]);
    }
  }

  #place({ count, instrument }: TickBatch): void {
    let start = 0;
    for (const found of this.#found) {
      const rows = this.#places[found];
      this.#places[found] = start;
      start += rows;
    }
    for (let row = 0; row < count; row += 1) this.#rows[this.#places[instrument[row]]++] = row;
  }
}
