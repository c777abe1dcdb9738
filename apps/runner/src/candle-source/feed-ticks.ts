import type { FeedTicks } from '@tickwright/feed';
import { SIDE_NAMES, TickKind, splitKey } from '@tickwright/market';
import type { InstrumentKey } from '@tickwright/market';
import type { SourceTickEvent } from './source-event.ts';

/** Who comes so much later than the quickest of its segment was fetched for a gap: the market has gone on since. */
const LATE_MICROS = 5_000_000;

/**
 * The trades among ticks as events, in order of arrival. Quotes fill nothing, nor does what was fetched later: an order
 * would be filled at a price that nobody could have had at that moment. How late that is, is told from the quickest, for
 * a venue's clock may be off.
 */
export class LiveTrades {
  /** By segment: the least that receiving was behind trading, microseconds. */
  readonly #leastLag = new Map<string, number>();
  readonly #wants: (instrument: InstrumentKey) => boolean;

  constructor(wants: (instrument: InstrumentKey) => boolean) {
    this.#wants = wants;
  }

  of(instrument: InstrumentKey, ticks: FeedTicks): SourceTickEvent[] {
    const { segment } = splitKey(instrument);
    const events: SourceTickEvent[] = [];
    // Looked at in any case: how late ticks usually come is learned from all of them.
    const isWanted = this.#wants(instrument);
    let least = this.#leastLag.get(segment) ?? 0;
    let isKnown = this.#leastLag.has(segment);
    for (let at = 0; at < ticks.count; at += 1) {
      const eventMicros = ticks.eventTime[at] ?? 0;
      const lag = (ticks.receiveTime[at] ?? 0) - eventMicros;
      const isLate = lag > least + LATE_MICROS;
      least = isKnown ? Math.min(least, lag) : lag;
      isKnown = true;
      const quantity = ticks.volume[at] ?? 0;
      if (!isWanted || isLate || ticks.kind[at] === TickKind.quote || quantity <= 0) continue;
      events.push({
        type: 'tick',
        instrument,
        eventMicros,
        price: ticks.price[at] ?? 0,
        quantity,
        side: SIDE_NAMES[ticks.side[at] ?? 0] ?? 'unknown',
        offset: ticks.offset[at] ?? 0,
        index: ticks.index[at] ?? 0,
      });
    }
    if (isKnown) this.#leastLag.set(segment, least);
    return events;
  }
}
