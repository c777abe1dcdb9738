import { HOUR_MICROS, MINUTE_MICROS, VenueRowKind, calendars } from '@tickwright/market';
import type { VenueRow } from '@tickwright/market';
import { venueDifferences } from '@tickwright/store';
import type { MinuteSpan, VenueDifference } from '@tickwright/store';
import { keepSessions } from '../candles/stored-candles.ts';
import type { Core } from '../core.ts';

/**
 * Where our candles of a span and the venue's own, as they are stored, are not the same: each field of each minute, hour by
 * hour. Compared is what is published: settle first. Minutes of which the venue told nothing are not compared, nor are those
 * outside of sessions; that candles of conflated ticks differ is known, so it is a report and no verdict.
 */
export async function* compareWithVenue(core: Core, span: MinuteSpan): AsyncGenerator<VenueDifference[]> {
  const { tickFile, candleFiles, instruments } = core;
  const segments = new Set(instruments.list().map(({ segment }) => segment));
  const first = Math.floor(span.fromMicros / HOUR_MICROS) * HOUR_MICROS;
  for (let hour = first; hour < span.toMicros; hour += HOUR_MICROS) {
    const query = {
      fromMicros: Math.max(hour, span.fromMicros),
      toMicros: Math.min(hour + HOUR_MICROS, span.toMicros),
    };
    const venue = await tickFile.venueMinutes(query);
    keepSessions(venue, { instruments, calendars });
    const kinds = [VenueRowKind.answered];
    const isAnswered = answeredIn(await tickFile.venueSpans({ ...query, kinds }));
    for (const segment of segments) {
      const isOf = (number: number): boolean => instruments.at(number).segment === segment;
      const published = await candleFiles.read(segment, hour);
      const own = takenRows(venue, isOf);
      const ours = takenRows(
        published,
        (_number, openTime) => openTime >= query.fromMicros && openTime < query.toMicros,
      );
      const found = venueDifferences(ours, own, { instruments, isAnswered });
      if (found.length > 0) yield found;
    }
  }
}

function answeredIn(rows: readonly VenueRow[]): (instrument: number, openTime: number) => boolean {
  const spans = new Map<number, VenueRow[]>();
  for (const row of rows) {
    if (row.minutes === 1) spans.set(row.instrument, [...(spans.get(row.instrument) ?? []), row]);
  }
  return (instrument, openTime) =>
    (spans.get(instrument) ?? []).some(
      ({ fromMicros, toMicros }) => fromMicros <= openTime && toMicros >= openTime + MINUTE_MICROS,
    );
}

/** A copy of the rows that are wanted. */
function takenRows<
  Rows extends { count: number; readonly instrument: Int32Array; readonly openTime: Float64Array },
>(rows: Rows, isWanted: (instrument: number, openTime: number) => boolean): Rows {
  const kept = Array.from({ length: rows.count }, (_, row) => row).filter((row) =>
    isWanted(rows.instrument[row], rows.openTime[row]),
  );
  const copies = Object.entries(rows).map(([name, column]: [string, unknown]) => [
    name,
    ArrayBuffer.isView(column) ? picked(column as Float64Array, kept) : kept.length,
  ]);
  return Object.fromEntries(copies) as Rows;
}

function picked(column: Float64Array, rows: readonly number[]): Float64Array {
  const copy = column.slice(0, rows.length);
  for (const [to, from] of rows.entries()) copy[to] = column[from];
  return copy;
}
