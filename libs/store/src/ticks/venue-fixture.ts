// Venue rows for tests, told with what matters in them. Not exported by the package.
import { ToldBy, VenueRowKind, spanRow } from '@tickwright/market';
import type { VenueRow } from '@tickwright/market';
import { MINUTE, START } from './tick-fixture.ts';

/** A candle of the minute so many after START, of instrument 0. */
export function venueCandle(minute: number, told: Partial<VenueRow> & { offset: number }): VenueRow {
  const fromMicros = START + minute * MINUTE;
  return {
    instrument: 0,
    kind: VenueRowKind.candle,
    minutes: 1,
    fromMicros,
    toMicros: fromMicros + MINUTE,
    open: 10,
    high: 12,
    low: 9,
    close: 11,
    volume: 5,
    tradeCount: 3,
    by: ToldBy.answer,
    receiveMicros: fromMicros + 2 * MINUTE,
    index: 0,
    ...told,
  };
}

/** A span of the minutes [from, to) after START. */
export function venueSpan(
  kind: VenueRow['kind'],
  span: { from: number; to: number; offset: number; instrument?: number },
): VenueRow {
  const { from, to, offset, instrument = 0 } = span;
  return spanRow({
    instrument,
    kind,
    minutes: 1,
    fromMicros: START + from * MINUTE,
    toMicros: START + to * MINUTE,
    by: ToldBy.answer,
    receiveMicros: START + to * MINUTE,
    offset,
    index: 0,
  });
}
