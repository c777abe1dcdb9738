import type { Columns, Database } from '@tickwright/database';
import { CandleSource, VenueRowKind, candleColumns } from '@tickwright/market';
import type { VenueMinutes, VenueRow } from '@tickwright/market';
import { venueRelation } from './venue-source.ts';
import type { TickSources } from './tick-source.ts';

/** Which of the venue's own 1m candles to read. All that are given must hold. */
export interface VenueQuery {
  /** Keys of instruments; all when absent. */
  readonly instruments?: readonly string[];
  /** openTime, inclusive, microseconds UTC, a whole minute. */
  readonly fromMicros?: number;
  /** openTime, exclusive, a whole minute. */
  readonly toMicros?: number;
  /** Only minutes of which something was told by a frame with this offset or a later one. */
  readonly changedSince?: number;
}

/** Which spans to read: those that overlap the bounds, and were told by a frame from an offset on. */
export interface SpanQuery extends Omit<VenueQuery, 'changedSince'> {
  readonly fromOffset?: number;
  /** All kinds but candles unless told. */
  readonly kinds?: readonly VenueRow['kind'][];
}

interface Reading<Query> {
  readonly query: Query;
  readonly numberOf: (fileNumber: number) => number;
}

const DEADLINE_MS = 600_000;
const VALUES = 'open, high, low, close, volume, trade_count';
const MINUTE = `kind = ${VenueRowKind.candle} AND minutes = 1`;

/**
 * The venue's own 1m candles, each as it was told last, in order of instrument and openTime. The version is the offset of
 * the frame that told it so first: to hear the same again is no change.
 */
export async function readVenueMinutes(
  database: Database,
  sources: TickSources,
  { query, numberOf }: Reading<VenueQuery>,
): Promise<VenueMinutes> {
  const { changedSince, ...bounds } = query;
  const touched =
    changedSince === undefined
      ? ''
      : `SEMI JOIN (SELECT instrument, from_time FROM ${venueRelation(sources, { ...bounds, fromOffset: changedSince })}
           WHERE ${MINUTE}) c ON c.instrument = v.instrument AND c.from_time = v.from_time`;
  const sql = `WITH told AS (
      SELECT v.*, ({a: open, b: high, c: low, d: close, e: volume, f: trade_count}) AS said
      FROM ${venueRelation(sources, bounds)} v ${touched} WHERE ${MINUTE}),
    news AS (
      SELECT *, lag(said) OVER told IS DISTINCT FROM said AS is_news, row_number() OVER told AS place,
        count(*) OVER (PARTITION BY instrument, from_time) AS places
      FROM told WINDOW told AS (PARTITION BY instrument, from_time ORDER BY frame_offset, frame_index)),
    changed AS (
      SELECT *, max(CASE WHEN is_news THEN frame_offset END) OVER (PARTITION BY instrument, from_time) AS version
      FROM news)
    SELECT instrument, epoch_us(from_time) AS open_time, ${VALUES}, version FROM changed
    WHERE place = places ORDER BY instrument, from_time`;
  return minutesOf(await database.readColumns(sql, [], { deadlineMs: DEADLINE_MS }), numberOf);
}

/** The spans that overlap the bounds: stand-ins, ends of unseen time, and what answers told whole. */
export async function readVenueSpans(
  database: Database,
  sources: TickSources,
  { query, numberOf }: Reading<SpanQuery>,
): Promise<VenueRow[]> {
  const { kinds, ...filter } = query;
  const wanted = kinds === undefined ? `kind <> ${VenueRowKind.candle}` : `kind IN (${kinds.join(', ')})`;
  const sql = `SELECT instrument, kind, minutes, epoch_us(from_time) AS from_micros, epoch_us(to_time) AS to_micros,
      told_by, epoch_us(receive_time) AS receive_micros, frame_offset, frame_index
    FROM ${venueRelation(sources, filter)} WHERE ${wanted} ORDER BY frame_offset, frame_index`;
  const found = await database.readColumns(sql, [], { deadlineMs: DEADLINE_MS });
  return spansOf(found, numberOf);
}

/** Looks into the newest sealed date only: what is newer than that is in the live file. */
export async function readNewestVenue(database: Database, sources: TickSources): Promise<number> {
  const newest = sources.venueParts.reduce((date, part) => (part.date > date ? part.date : date), '');
  const venueParts = sources.venueParts.filter(({ date }) => date === newest);
  const sql = `SELECT max(epoch_us(from_time)) AS newest FROM ${venueRelation({ ...sources, venueParts }, {})} WHERE ${MINUTE}`;
  const [row] = await database.read(sql, [], { deadlineMs: DEADLINE_MS });
  return Number(row['newest'] ?? 0);
}

export async function readVenueHours(database: Database, sources: TickSources): Promise<number[]> {
  const rows = await database.read(
    `SELECT DISTINCT epoch_us(date_trunc('hour', from_time)) AS hour FROM ${venueRelation(sources, {})} WHERE ${MINUTE}`,
    [],
    { deadlineMs: DEADLINE_MS },
  );
  return rows.map((row) => Number(row['hour']));
}

function minutesOf(found: Columns, numberOf: (fileNumber: number) => number): VenueMinutes {
  const rows = { ...candleColumns(found.rowCount), isTraded: new Uint8Array(found.rowCount) };
  rows.count = found.rowCount;
  rows.instrument.set(found.numbers('instrument').map(numberOf));
  rows.openTime.set(found.numbers('open_time'));
  for (const name of ['open', 'high', 'low', 'close', 'volume', 'version'] as const)
    rows[name].set(found.numbers(name));
  // Where a venue tells no count there is none to add up.
  rows.tradeCount.set(found.numbers('trade_count').map((count) => Math.max(0, count)));
  rows.isClosed.fill(1);
  rows.isComplete.fill(1);
  rows.source.fill(CandleSource.venue);
  for (let row = 0; row < rows.count; row++) {
    const { open, high, low, close, volume, tradeCount } = rows;
    const isFlat = high[row] === low[row] && open[row] === close[row];
    rows.isTraded[row] = volume[row] > 0 || tradeCount[row] > 0 || !isFlat ? 1 : 0;
  }
  return rows;
}

function spansOf(found: Columns, numberOf: (fileNumber: number) => number): VenueRow[] {
  const column = (name: string): Float64Array | Int32Array | Uint8Array => found.numbers(name);
  const [instrument, kind, minutes] = ['instrument', 'kind', 'minutes'].map(column);
  const [from, to, by, receive] = ['from_micros', 'to_micros', 'told_by', 'receive_micros'].map(column);
  const [offset, index] = ['frame_offset', 'frame_index'].map(column);
  return Array.from({ length: found.rowCount }, (_, row) => ({
    instrument: numberOf(instrument[row]),
    kind: kind[row] as VenueRow['kind'],
    minutes: minutes[row],
    fromMicros: from[row],
    toMicros: to[row],
    open: 0,
    high: 0,
    low: 0,
    close: 0,
    volume: 0,
    tradeCount: -1,
    by: by[row] as VenueRow['by'],
    receiveMicros: receive[row],
    offset: offset[row],
    index: index[row],
  }));
}
