import type { Page } from './candle-memory.ts';
import { openTimeOf } from './candle-memory.ts';
import { CandleState, Part } from './candle-row.ts';
import { MINUTE_MICROS } from '../session/interval.ts';

/** A candle closes when its segment's newest event time is this far past its close time. */
export const CLOSE_AFTER_EVENT_MICROS = 250_000;
/** Or when a clock frame is this far past it. */
export const CLOSE_AFTER_CLOCK_MICROS = 2_000_000;

interface FormingRow {
  readonly page: Page;
  readonly at: number;
  readonly closeTime: number;
}

/**
 * Decides when candles close. Time is the newest event time of each segment and the newest clock frame, so the same
 * frames close the same candles at the same offsets, however they are cut into batches.
 */
export class CandleClosing {
  /** By segment number: newest event time. */
  readonly newest: number[] = [];
  /** By segment number: the event time that closes the next candle, Infinity when none is forming. */
  readonly deadline: number[] = [];
  readonly #names: string[] = [];
  readonly #forming: FormingRow[][] = [];
  readonly #onClose: (page: Page, at: number) => void;
  #clockMicros = -Infinity;

  constructor(onClose: (page: Page, at: number) => void) {
    this.#onClose = onClose;
  }

  /** The number of a segment, or -1. */
  find(name: string): number {
    return this.#names.indexOf(name);
  }

  /** The number of a segment; a new one when it is seen first. */
  register(name: string): number {
    const known = this.find(name);
    if (known !== -1) return known;
    this.newest.push(-Infinity);
    this.deadline.push(Infinity);
    this.#forming.push([]);
    return this.#names.push(name) - 1;
  }

  name(segment: number): string {
    return this.#names[segment];
  }

  /** Whether a candle that ends at `closeTime` is closed by what has been seen. */
  isClosed(segment: number, closeTime: number): boolean {
    return closeTime <= this.closedBefore(segment);
  }

  /** Watches a candle that is still forming. */
  watch(segment: number, page: Page, at: number): void {
    const closeTime = openTimeOf(page, at) + MINUTE_MICROS;
    this.#forming[segment].push({ page, at, closeTime });
    this.deadline[segment] = Math.min(this.deadline[segment], closeTime + CLOSE_AFTER_EVENT_MICROS);
  }

  /** Takes a clock frame's time and closes what it closes. */
  clock(receiveTimeMicros: number, offset: number): void {
    if (receiveTimeMicros <= this.#clockMicros) return;
    this.#clockMicros = receiveTimeMicros;
    const eventTime = receiveTimeMicros - CLOSE_AFTER_CLOCK_MICROS + CLOSE_AFTER_EVENT_MICROS;
    for (let segment = 0; segment < this.deadline.length; segment++) {
      if (eventTime >= this.deadline[segment]) this.close(segment, offset);
    }
  }

  /** Closes the segment's candles that are due; `offset` is that of the frame that made them so. */
  close(segment: number, offset: number): void {
    const closedBefore = this.closedBefore(segment);
    const left: FormingRow[] = [];
    let nextCloseTime = Infinity;
    for (const row of this.#forming[segment]) {
      if (row.closeTime <= closedBefore) {
        closeRow(row, offset);
        this.#onClose(row.page, row.at);
      } else {
        left.push(row);
        nextCloseTime = Math.min(nextCloseTime, row.closeTime);
      }
    }
    this.#forming[segment] = left;
    this.deadline[segment] = nextCloseTime + CLOSE_AFTER_EVENT_MICROS;
  }

  /** The newest time seen, of events or the clock; -Infinity before the first. */
  newestMicros(): number {
    return Math.max(this.#clockMicros, ...this.newest);
  }

  /** Open time of the oldest hour in which a candle is forming; Infinity when there is none. */
  oldestFormingHour(): number {
    let oldest = Infinity;
    for (const rows of this.#forming) {
      for (const { page } of rows) oldest = Math.min(oldest, page.hour.hourMicros);
    }
    return oldest;
  }

  /** Candles of the segment that end at or before this time are closed; -Infinity before anything was seen. */
  closedBefore(segment: number): number {
    return Math.max(
      this.newest[segment] - CLOSE_AFTER_EVENT_MICROS,
      this.#clockMicros - CLOSE_AFTER_CLOCK_MICROS,
    );
  }
}

function closeRow({ page, at }: FormingRow, offset: number): void {
  page.rows[at + Part.state] = CandleState.closed;
  page.rows[at + Part.version] = Math.max(page.rows[at + Part.version], offset);
}
