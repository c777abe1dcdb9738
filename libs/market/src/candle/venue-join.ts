import { candleColumns } from './candle-columns.ts';
import type { CandleColumns } from './candle-columns.ts';
import type { IsComplete } from './candle-extract.ts';
import { venueStands } from './venue-rule.ts';
import type { VenueSpans } from './venue-spans.ts';
import { MINUTE_MICROS } from '../session/interval.ts';

/** The venue's own 1m candles, each the newest that it told of its minute; closed and complete. */
export interface VenueMinutes extends CandleColumns {
  /** 1 where anything traded: others never stand in candle files. */
  readonly isTraded: Uint8Array;
}

/**
 * Candles of ticks with the venue's own where ticks do not cover, as the candle builder gives them: what stored rows give
 * when memory does not hold them any more. Sorted by instrument number and openTime; the revision is that of the ticks' row.
 */
export function joinVenue(
  ticks: CandleColumns,
  venue: VenueMinutes,
  context: { readonly isComplete: IsComplete; readonly spans: Pick<VenueSpans, 'standsIn' | 'isUnseen'> },
): CandleColumns {
  const { spans } = context;
  const told = indexOf(ticks);
  const rows: { from: CandleColumns; row: number; version: number }[] = [];
  for (let row = 0; row < venue.count; row++) {
    const instrument = venue.instrument[row];
    const openTime = venue.openTime[row];
    const name = `${instrument} ${openTime}`;
    const ticked = told.get(name);
    const version =
      ticked === undefined ? venue.version[row] : Math.max(ticks.version[ticked], venue.version[row]);
    const isComplete = context.isComplete(instrument, openTime, openTime + MINUTE_MICROS);
    const hasTicks = ticked !== undefined;
    const stands =
      venue.isTraded[row] === 1 && venueStands({ instrument, openTime, hasTicks, isComplete, spans });
    if (ticked !== undefined) {
      told.delete(name);
      rows.push(stands ? { from: venue, row, version } : { from: ticks, row: ticked, version });
    } else if (stands) rows.push({ from: venue, row, version });
  }
  for (const row of told.values()) rows.push({ from: ticks, row, version: ticks.version[row] });
  return taken(rows);
}

function indexOf(rows: CandleColumns): Map<string, number> {
  const index = new Map<string, number>();
  for (let row = 0; row < rows.count; row++) index.set(`${rows.instrument[row]} ${rows.openTime[row]}`, row);
  return index;
}

function taken(rows: { from: CandleColumns; row: number; version: number }[]): CandleColumns {
  rows.sort(
    (a, b) =>
      a.from.instrument[a.row] - b.from.instrument[b.row] || a.from.openTime[a.row] - b.from.openTime[b.row],
  );
  const columns = candleColumns(rows.length);
  columns.count = rows.length;
  for (const [to, { from, row, version }] of rows.entries()) {
    for (const name of VALUES) columns[name][to] = from[name][row];
    columns.version[to] = version;
  }
  return columns;
}

const VALUES = [
  'instrument',
  'openTime',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'tradeCount',
  'isClosed',
  'isComplete',
  'revision',
  'source',
] as const;
