import { HOUR_MICROS } from '@tickwright/market';
import type { InstrumentTable, UnloadedCandle } from '@tickwright/market';

/** Candles of one hour of one segment, whose file they belong to. */
export interface OwedHour {
  readonly segment: string;
  readonly hourMicros: number;
  /** Within the hour. */
  readonly spans: readonly UnloadedCandle[];
}

/**
 * Candles that wait to be computed again from stored ticks. An hour of which some were computed goes behind the others,
 * so that one that is touched again and again holds none of them up.
 */
export class OwedCandles {
  readonly #instruments: Pick<InstrumentTable, 'at'>;
  /** By segment and hour, in the order of waiting. A span that goes over several hours is in each, cut to it. */
  readonly #hours = new Map<string, OwedHour>();

  constructor(instruments: Pick<InstrumentTable, 'at'>) {
    this.#instruments = instruments;
  }

  add(candles: readonly UnloadedCandle[]): void {
    const added = new Map<string, UnloadedCandle[]>();
    for (const candle of candles) {
      const { segment } = this.#instruments.at(candle.instrument);
      const first = Math.floor(candle.openTime / HOUR_MICROS) * HOUR_MICROS;
      for (let hourMicros = first; hourMicros < candle.closeTime; hourMicros += HOUR_MICROS) {
        const name = nameOf({ segment, hourMicros });
        let spans = added.get(name);
        if (spans === undefined) {
          added.set(name, (spans = [...(this.#hours.get(name)?.spans ?? [])]));
          this.#hours.set(name, { segment, hourMicros, spans });
        }
        spans.push({
          ...candle,
          openTime: Math.max(candle.openTime, hourMicros),
          closeTime: Math.min(candle.closeTime, hourMicros + HOUR_MICROS),
        });
      }
    }
  }

  /** What can be computed of each hour, the ticks behind it being stored below an offset; the longest waiting first. */
  stored(appliedOffset: number): OwedHour[] {
    return [...this.#hours.values()]
      .map((hour) => ({ ...hour, spans: hour.spans.filter(({ offset }) => offset < appliedOffset) }))
      .filter(({ spans }) => spans.length > 0);
  }

  /** Forgets candles that were computed. */
  computed(hour: OwedHour): void {
    const name = nameOf(hour);
    const computed = new Set(hour.spans);
    const spans = this.#hours.get(name)?.spans.filter((span) => !computed.has(span)) ?? [];
    this.#hours.delete(name);
    if (spans.length > 0) this.#hours.set(name, { ...hour, spans });
  }

  /** The oldest offset that touched one that waits; infinite when none does. */
  get since(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { spans } of this.#hours.values())
      for (const { since } of spans) oldest = Math.min(oldest, since);
    return oldest;
  }
}

function nameOf({ segment, hourMicros }: Pick<OwedHour, 'segment' | 'hourMicros'>): string {
  return `${segment} ${hourMicros}`;
}
