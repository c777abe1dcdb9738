import { MINUTE_MICROS } from '../session/interval.ts';

/** Candles of one instrument that are not in memory and have to be computed again from storage. */
export interface UnloadedCandle {
  readonly instrument: number;
  /** Inclusive, microseconds UTC. */
  readonly openTime: number;
  /** Exclusive: one minute later for a candle that a tick touched, any later for a span whose completeness changed. */
  readonly closeTime: number;
  /** Newest journal offset of what touched it: to be computed when storage holds that. */
  readonly offset: number;
  /** Oldest journal offset of what touched it: until it is computed, files stand for nothing from there on. */
  readonly since: number;
}

/** Entries an instrument may have between two calls of `take`; past it they become one span that holds them all. */
export const MAX_UNLOADED_PER_INSTRUMENT = 10_000;

/** Collects what late ticks and changed gaps touch outside the builder's memory. Loses nothing: it gets coarser when full. */
export class UnloadedCandles {
  /** By instrument, then by open time. */
  #touched = new Map<number, Map<number, UnloadedCandle>>();

  /** A tick touched one minute. */
  addMinute(instrument: number, openTime: number, offset: number): void {
    this.addSpan({ instrument, openTime, closeTime: openTime + MINUTE_MICROS, offset, since: offset });
  }

  addSpan(span: UnloadedCandle): void {
    const { instrument, openTime, closeTime, offset, since } = span;
    let entries = this.#touched.get(instrument);
    if (entries === undefined) this.#touched.set(instrument, (entries = new Map()));
    const known = entries.get(openTime);
    if (known === undefined && entries.size >= MAX_UNLOADED_PER_INSTRUMENT) {
      this.#touched.set(instrument, merged(entries.values(), span));
    } else if (known === undefined) {
      entries.set(openTime, span);
    } else if (known.closeTime < closeTime || known.offset < offset || known.since > since) {
      entries.set(openTime, union(known, span));
    }
  }

  take(): UnloadedCandle[] {
    const taken = [...this.#touched.values()].flatMap((entries) => [...entries.values()]);
    this.#touched = new Map();
    return taken;
  }
}

function merged(entries: Iterable<UnloadedCandle>, last: UnloadedCandle): Map<number, UnloadedCandle> {
  let whole = last;
  for (const entry of entries) whole = union(whole, entry);
  return new Map([[whole.openTime, whole]]);
}

function union(a: UnloadedCandle, b: UnloadedCandle): UnloadedCandle {
  return {
    instrument: a.instrument,
    openTime: Math.min(a.openTime, b.openTime),
    closeTime: Math.max(a.closeTime, b.closeTime),
    offset: Math.max(a.offset, b.offset),
    since: Math.min(a.since, b.since),
  };
}
