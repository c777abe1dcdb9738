import type { Hour, Page } from './candle-memory.ts';
import { openTimeOf } from './candle-memory.ts';
import { Part, ROW_SIZE } from './candle-row.ts';
import { VenuePart, hasVenueCandle, venueAt } from './venue-page.ts';
import { MINUTE_MICROS } from '../session/interval.ts';

/** Changed candles that are kept for `takeCandles`; past it the list is dropped and the overflow reported. */
export const MAX_CHANGED_CANDLES = 65_536;

export interface ChangedRow {
  readonly page: Page;
  readonly at: number;
}

/** What has changed since it was last asked: hours to publish, and single candles to send. */
export class CandleChanges {
  #epoch = 1;
  #listEpoch = 1;
  #hours = new Set<Hour>();
  #rows: ChangedRow[] = [];
  #hasOverflowed = false;

  /** A row whose `Part.mark` equals it is marked already: the one comparison a tick pays for all of this. */
  get epoch(): number {
    return this.#epoch;
  }

  mark(page: Page, at: number): void {
    page.rows[at + Part.mark] = this.#epoch;
    this.#hours.add(page.hour);
    if (page.rows[at + Part.listed] === this.#listEpoch) return;
    page.rows[at + Part.listed] = this.#listEpoch;
    this.#list({ page, at });
  }

  /** Marks a page's candles that overlap a span, as of an offset. */
  touch(page: Page, change: { fromMicros: number; toMicros: number; offset: number }): void {
    for (let at = 0; at < page.rows.length; at += ROW_SIZE) {
      const openTime = openTimeOf(page, at);
      const isVenue = hasVenueCandle(page, at);
      if (page.rows[at + Part.state] === 0 && !isVenue) continue;
      if (openTime >= change.toMicros || openTime + MINUTE_MICROS <= change.fromMicros) continue;
      raise(page.rows, at + Part.version, change.offset);
      if (isVenue && page.venue !== undefined)
        raise(page.venue, venueAt(at) + VenuePart.version, change.offset);
      this.mark(page, at);
    }
  }

  markHour(hour: Hour): void {
    this.#hours.add(hour);
  }

  hasHour(hour: Hour): boolean {
    return this.#hours.has(hour);
  }

  takeHours(): Hour[] {
    const taken = [...this.#hours];
    this.#hours.clear();
    this.#epoch += 1;
    return taken;
  }

  /** Candles in the order in which they first changed; none when there were more than fit. */
  takeRows(): { rows: ChangedRow[]; hasOverflowed: boolean } {
    const taken = { rows: this.#rows, hasOverflowed: this.#hasOverflowed };
    this.#rows = [];
    this.#hasOverflowed = false;
    this.#epoch += 1;
    this.#listEpoch += 1;
    return taken;
  }

  #list(row: ChangedRow): void {
    if (this.#hasOverflowed) return;
    if (this.#rows.length < MAX_CHANGED_CANDLES) {
      this.#rows.push(row);
    } else {
      this.#rows = [];
      this.#hasOverflowed = true;
    }
  }
}

function raise(values: Float64Array, at: number, offset: number): void {
  values[at] = Math.max(values[at], offset);
}
