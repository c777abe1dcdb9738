import type { AppendColumn } from '@tickwright/database';
import type { VenueRow } from '@tickwright/market';
import { TickFileError } from '../tick-storage/tick-state.ts';

/** Rows as columns of the table `venue_rows`; `numberOf` turns table numbers into the file's. */
export function venueColumns(
  rows: readonly VenueRow[],
  numberOf: (tableNumbers: Int32Array) => Int32Array,
): readonly AppendColumn[] {
  const floats = (value: (row: VenueRow) => number): Float64Array => Float64Array.from(rows, value);
  const integers = (value: (row: VenueRow) => number): Int32Array => Int32Array.from(rows, value);
  const bytes = (value: (row: VenueRow) => number): Uint8Array => Uint8Array.from(rows, value);
  return [
    { type: 'int32', values: numberOf(integers(({ instrument }) => instrument)) },
    { type: 'uint8', values: bytes(({ kind }) => kind) },
    { type: 'int32', values: integers(({ minutes }) => minutes) },
    { type: 'timestamp', values: floats(({ fromMicros }) => fromMicros) },
    { type: 'timestamp', values: floats(({ toMicros }) => toMicros) },
    { type: 'float64', values: floats(({ open }) => open) },
    { type: 'float64', values: floats(({ high }) => high) },
    { type: 'float64', values: floats(({ low }) => low) },
    { type: 'float64', values: floats(({ close }) => close) },
    { type: 'float64', values: floats(({ volume }) => volume) },
    { type: 'int32', values: integers(({ tradeCount }) => tradeCount) },
    { type: 'uint8', values: bytes(({ by }) => by) },
    { type: 'timestamp', values: floats(({ receiveMicros }) => receiveMicros) },
    { type: 'int64', values: floats(({ offset }) => offset) },
    { type: 'int32', values: integers(({ index }) => index) },
  ];
}

/** Checks that rows are of offsets [from, to): exactly-once rests on it, as for ticks. */
export function checkVenueRows(rows: readonly VenueRow[], span: { from: number; to: number }): void {
  const outside = rows.find(({ offset }) => !(offset >= span.from && offset < span.to));
  if (outside === undefined) return;
  throw new TickFileError(
    `a venue row of offset ${outside.offset} does not continue what is stored: expected offsets from ${span.from} to before ${span.to}. Read appliedOffset and go on from there.`,
    { code: 'tick-file-offset' },
  );
}
