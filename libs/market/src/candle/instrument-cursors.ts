import type { Page } from './candle-memory.ts';
import { powerOfTen } from './exact-sum.ts';
import type { InstrumentTable } from '../instrument.ts';

const FIRST_CAPACITY = 256;

/** Gives names numbers. */
interface Numbering {
  register(name: string): number;
}

/**
 * By instrument number, what folding a tick needs: how to scale its volume, and the candle that took its last tick with
 * the span of event times that belong to it. A tick within the span needs no look-up at all.
 */
export class InstrumentCursors {
  segment = new Int32Array(FIRST_CAPACITY);
  calendar = new Int32Array(FIRST_CAPACITY);
  /** 10^quantityDecimals. */
  scale = new Float64Array(FIRST_CAPACITY);
  /** Event times from here, inclusive ... */
  spanFrom = new Float64Array(FIRST_CAPACITY);
  /** ... to here, exclusive, belong to the row `at` of the page. Empty when no candle is at hand. */
  spanTo = new Float64Array(FIRST_CAPACITY);
  at = new Int32Array(FIRST_CAPACITY);
  readonly pages: Page[] = [];
  /** The pages' rows, once more: one step less in the hot loop. */
  readonly rows: Float64Array[] = [];
  #size = 0;

  /** Learns the instruments that were added to the table since the last call. */
  learn(table: InstrumentTable, numbers: { segments: Numbering; calendars: Numbering }): void {
    if (table.size > this.segment.length) this.#grow(Math.max(table.size, 2 * this.segment.length));
    for (; this.#size < table.size; this.#size++) {
      const instrument = table.at(this.#size);
      this.segment[this.#size] = numbers.segments.register(instrument.segment);
      this.calendar[this.#size] = numbers.calendars.register(instrument.calendar);
      this.scale[this.#size] = powerOfTen(instrument.quantityDecimals);
    }
  }

  point(instrument: number, to: { page: Page; at: number; spanFrom: number; spanTo: number }): void {
    this.pages[instrument] = to.page;
    this.rows[instrument] = to.page.rows;
    this.at[instrument] = to.at;
    this.spanFrom[instrument] = to.spanFrom;
    this.spanTo[instrument] = to.spanTo;
  }

  /** Forgets candles at hand that begin below a time. */
  dropBefore(micros: number): void {
    for (let instrument = 0; instrument < this.#size; instrument++) {
      if (this.spanFrom[instrument] < micros) this.spanTo[instrument] = this.spanFrom[instrument];
    }
  }

  #grow(capacity: number): void {
    this.segment = copied(new Int32Array(capacity), this.segment);
    this.calendar = copied(new Int32Array(capacity), this.calendar);
    this.scale = copied(new Float64Array(capacity), this.scale);
    this.spanFrom = copied(new Float64Array(capacity), this.spanFrom);
    this.spanTo = copied(new Float64Array(capacity), this.spanTo);
    this.at = copied(new Int32Array(capacity), this.at);
  }
}

function copied<T extends Int32Array | Float64Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
