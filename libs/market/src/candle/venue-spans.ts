import { VenueRowKind } from './venue-row.ts';
import type { VenueRow } from './venue-row.ts';

/** Half-open, microseconds UTC. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * What is known of the time that ticks do not cover, beside the gaps that are not filled: the spans for which the venue's
 * candles stand, and since when an instrument was seen at all.
 */
export class VenueSpans {
  readonly #standIns = new Map<number, Span[]>();
  readonly #seenFrom = new Map<number, number>();

  /** Takes in a stand-in or the end of the unseen time; other rows are nothing to it. */
  add({ instrument, kind, fromMicros, toMicros }: VenueRow): void {
    if (kind === VenueRowKind.unseen) {
      this.#seenFrom.set(instrument, Math.max(toMicros, this.#seenFrom.get(instrument) ?? -Infinity));
    } else if (kind === VenueRowKind.standIn) {
      this.#standIns.set(instrument, merged(this.#standIns.get(instrument) ?? [], fromMicros, toMicros));
    }
  }

  /** The instrument has had a tick; when the first one was, a row says, unless that is long past. */
  see(instrument: number): void {
    if (!this.#seenFrom.has(instrument)) this.#seenFrom.set(instrument, -Infinity);
  }

  /** Whether the venue's candles stand for ticks of [from, to) that will not come. */
  standsIn(instrument: number, from: number, to: number): boolean {
    return this.#standIns.get(instrument)?.some((span) => span.from < to && span.to > from) ?? false;
  }

  /** Whether [from, to) begins before the instrument's first tick. */
  isUnseen(instrument: number, from: number): boolean {
    return from < (this.#seenFrom.get(instrument) ?? Infinity);
  }

  /** Forgets what lies before a time; first ticks that are older are long past then. */
  dropBefore(micros: number): void {
    for (const [instrument, spans] of this.#standIns) {
      const left = spans.filter(({ to }) => to > micros);
      if (left.length > 0) this.#standIns.set(instrument, left);
      else this.#standIns.delete(instrument);
    }
  }
}

/** Spans in order, none touching another, with one more. */
function merged(spans: readonly Span[], from: number, to: number): Span[] {
  const apart = spans.filter((span) => span.to < from || span.from > to);
  const joined = spans.filter((span) => span.to >= from && span.from <= to);
  const whole = {
    from: Math.min(from, ...joined.map((span) => span.from)),
    to: Math.max(to, ...joined.map((span) => span.to)),
  };
  return [...apart, whole].sort((a, b) => a.from - b.from);
}
