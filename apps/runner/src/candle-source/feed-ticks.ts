import type { FeedTicks } from '@tickwright/feed';
import { SIDE_NAMES, TickKind } from '@tickwright/market';
import type { InstrumentKey } from '@tickwright/market';
import type { SourceTickEvent } from './source-event.ts';

/** The trades among ticks as events, in order of arrival; quotes fill nothing. */
export function tickEvents(instrument: InstrumentKey, ticks: FeedTicks): SourceTickEvent[] {
  const events: SourceTickEvent[] = [];
  for (let at = 0; at < ticks.count; at += 1) {
    const quantity = ticks.volume[at] ?? 0;
    if (ticks.kind[at] === TickKind.quote || quantity <= 0) continue;
    events.push({
      type: 'tick',
      instrument,
      eventMicros: ticks.eventTime[at] ?? 0,
      price: ticks.price[at] ?? 0,
      quantity,
      side: SIDE_NAMES[ticks.side[at] ?? 0] ?? 'unknown',
      offset: ticks.offset[at] ?? 0,
      index: ticks.index[at] ?? 0,
    });
  }
  return events;
}
