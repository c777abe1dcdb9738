import type { InstrumentTable } from '../instrument.ts';

/** Differences beyond this are history being fetched or a clock that is wrong: they say nothing of a steady skew. */
const MAX_SKEW_MICROS = 60_000_000;

/** How much one tick moves the average. */
const WEIGHT = 1 / 256;

/** Measures how far receiveTime lies behind eventTime, by segment: an exponential average over its ticks. */
export class SkewMeter {
  readonly #instruments: InstrumentTable;
  readonly #segments = new Map<string, number>();
  // Segment number of each instrument.
  #segmentOf: number[] = [];
  readonly #average: number[] = [];

  constructor(instruments: InstrumentTable) {
    this.#instruments = instruments;
  }

  /** Ready for all instruments of the table. */
  open(): this {
    for (let at = this.#segmentOf.length; at < this.#instruments.size; at++) {
      const { segment } = this.#instruments.at(at);
      const known = this.#segments.get(segment) ?? this.#segments.size;
      this.#segments.set(segment, known);
      this.#segmentOf.push(known);
    }
    return this;
  }

  add(instrument: number, micros: number): void {
    if (!(micros < MAX_SKEW_MICROS && micros > -MAX_SKEW_MICROS)) return;
    const segment = this.#segmentOf[instrument];
    const average = this.#average[segment];
    this.#average[segment] = average === undefined ? micros : average + (micros - average) * WEIGHT;
  }

  micros(segment: string): number | undefined {
    const at = this.#segments.get(segment);
    return at === undefined ? undefined : this.#average[at];
  }
}
