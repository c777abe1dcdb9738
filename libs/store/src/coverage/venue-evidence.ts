import { MINUTE_MICROS, VenueRowKind } from '@tickwright/market';
import type { InstrumentTable, TimeSpan, VenueMinutes, VenueRow } from '@tickwright/market';
import type { VenueQuery } from '../ticks/venue-minutes.ts';

/** Reads what venues told of minutes; a `TickFile` does. */
export interface VenueReader {
  venueMinutes(query: VenueQuery): Promise<VenueMinutes>;
  venueSpans(query: Omit<VenueQuery, 'changedSince'>): Promise<VenueRow[]>;
}

/** Open times, microseconds UTC, by what the venue said of them. */
export interface VenueEvidence {
  readonly traded: ReadonlySet<number>;
  readonly untraded: ReadonlySet<number>;
}

/** By instrument key; one of which the venue said nothing is absent. */
export async function venueEvidence(
  venue: VenueReader,
  asked: { span: TimeSpan; keys: readonly string[]; instruments: InstrumentTable },
): Promise<Map<string, VenueEvidence>> {
  const { span, keys, instruments } = asked;
  const query = { instruments: keys, fromMicros: span.from, toMicros: span.to };
  const minutes = await venue.venueMinutes(query);
  const found = new Map<string, { traded: Set<number>; untraded: Set<number> }>();
  const of = (instrument: number): { traded: Set<number>; untraded: Set<number> } => {
    const { key } = instruments.at(instrument);
    const known = found.get(key) ?? { traded: new Set(), untraded: new Set() };
    found.set(key, known);
    return known;
  };
  for (let row = 0; row < minutes.count; row++) {
    const { traded, untraded } = of(minutes.instrument[row]);
    (minutes.isTraded[row] === 1 ? traded : untraded).add(minutes.openTime[row]);
  }
  for (const answer of await venue.venueSpans(query)) {
    if (answer.kind !== VenueRowKind.answered || answer.minutes !== 1) continue;
    const { traded, untraded } = of(answer.instrument);
    const end = Math.min(answer.toMicros, span.to);
    const first = Math.max(answer.fromMicros, span.from);
    // What an answer about these minutes left out had no trade.
    for (
      let at = Math.ceil(first / MINUTE_MICROS) * MINUTE_MICROS;
      at + MINUTE_MICROS <= end;
      at += MINUTE_MICROS
    ) {
      if (!traded.has(at)) untraded.add(at);
    }
  }
  return found;
}
