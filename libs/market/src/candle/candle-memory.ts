import { HOUR_MICROS, MINUTE_MICROS } from '../session/interval.ts';
import { ROW_SIZE } from './candle-row.ts';

const MINUTES_IN_HOUR = HOUR_MICROS / MINUTE_MICROS;

/** One instrument's candles of one UTC hour: 60 rows, laid out as `Part` says. */
export interface Page {
  readonly instrument: number;
  readonly hour: Hour;
  readonly rows: Float64Array;
  /** The venue's own candles, laid out as `VenuePart` says; none until the first. */
  venue?: Float64Array;
}

/** A segment's UTC hour, by name: what one candle file holds. */
export interface CandleHour {
  readonly segment: string;
  readonly hourMicros: number;
}

/** The same in memory. */
export interface Hour {
  readonly segment: number;
  readonly hourMicros: number;
  /** By instrument number. */
  readonly pages: Map<number, Page>;
}

/** Start of the UTC hour that contains a time. */
export function hourOf(micros: number): number {
  return micros - (micros % HOUR_MICROS);
}

/** Where the row of a minute begins in its page. */
export function rowOf(openTime: number): number {
  return ((openTime % HOUR_MICROS) / MINUTE_MICROS) * ROW_SIZE;
}

/** Open time of the row at `at`. */
export function openTimeOf(page: Page, at: number): number {
  return page.hour.hourMicros + (at / ROW_SIZE) * MINUTE_MICROS;
}

/** The hours in memory, per segment. 9.6 kB an instrument and hour in which it traded; bounded by `dropBefore`. */
export class CandleMemory {
  readonly #segments = new Map<number, Map<number, Hour>>();

  hour(segment: number, hourMicros: number): Hour | undefined {
    return this.#segments.get(segment)?.get(hourMicros);
  }

  /** All hours in memory, in no particular order. */
  *hours(): Generator<Hour> {
    for (const hours of this.#segments.values()) yield* hours.values();
  }

  hoursOf(segment: number): IterableIterator<Hour> {
    return (this.#segments.get(segment) ?? new Map<number, Hour>()).values();
  }

  /** The instrument's page of an hour; made when it is missing. */
  page(segment: number, instrument: number, hourMicros: number): Page {
    let hours = this.#segments.get(segment);
    if (hours === undefined) this.#segments.set(segment, (hours = new Map()));
    let hour = hours.get(hourMicros);
    if (hour === undefined) {
      hour = { segment, hourMicros, pages: new Map() };
      hours.set(hourMicros, hour);
    }
    let page = hour.pages.get(instrument);
    if (page === undefined) {
      page = { instrument, hour, rows: new Float64Array(MINUTES_IN_HOUR * ROW_SIZE) };
      hour.pages.set(instrument, page);
    }
    return page;
  }

  /** Drops the hours below a time. Returns how many. */
  dropBefore(floorMicros: number): number {
    let dropped = 0;
    for (const hours of this.#segments.values()) {
      for (const hourMicros of hours.keys()) {
        if (hourMicros < floorMicros && hours.delete(hourMicros)) dropped += 1;
      }
    }
    return dropped;
  }
}
