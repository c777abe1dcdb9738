import { MINUTE_MICROS, VenueRowKind } from '@tickwright/market';
import type { UnloadedCandle } from '@tickwright/market';
import type { TickStore } from '../ticks/tick-store.ts';

/**
 * Minutes, and spans of them, in which the venue's candles or the place where they stand have changed by frames from an
 * offset on: what candle files that stand for less do not show yet.
 */
export async function venueChangedSince(
  tickFile: Pick<TickStore, 'venueMinutes' | 'venueSpans'>,
  offset: number,
): Promise<UnloadedCandle[]> {
  const changed: UnloadedCandle[] = [];
  const rows = await tickFile.venueMinutes({ changedSince: offset });
  for (let row = 0; row < rows.count; row += 1) {
    const openTime = rows.openTime[row];
    const version = rows.version[row];
    // Told again in the same words.
    if (version < offset) continue;
    const closeTime = openTime + MINUTE_MICROS;
    changed.push({ instrument: rows.instrument[row], openTime, closeTime, offset: version, since: version });
  }
  const kinds = [VenueRowKind.standIn, VenueRowKind.unseen];
  for (const span of await tickFile.venueSpans({ fromOffset: offset, kinds })) {
    const isFirst = span.kind === VenueRowKind.unseen;
    // What follows an instrument's first tick is told by ticks from then on.
    const openTime = isFirst ? span.toMicros : span.fromMicros;
    const closeTime = isFirst ? span.receiveMicros + MINUTE_MICROS : span.toMicros;
    if (closeTime <= openTime) continue;
    changed.push({
      instrument: span.instrument,
      openTime,
      closeTime,
      offset: span.offset,
      since: span.offset,
    });
  }
  return changed;
}
