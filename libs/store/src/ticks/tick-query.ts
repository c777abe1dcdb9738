import type { Database, ReadOptions, Row } from '@tickwright/database';
import { ID_SPACE_NAMES, SIDE_NAMES, TICK_KIND_NAMES } from '@tickwright/market';
import type { SideName } from '@tickwright/market';
import { ticksRelation } from './tick-source.ts';
import type { TickSources } from './tick-source.ts';

/** Which ticks to read, over the live file and the sealed parts. */
export interface TickQuery {
  /** An instrument's key; all when absent. */
  readonly instrument?: string;
  /** eventTime, inclusive, microseconds UTC. */
  readonly fromMicros?: number;
  /** eventTime, exclusive. */
  readonly toMicros?: number;
  readonly limit?: number;
  /** By eventTime, tradeId, offset, index; `oldest-first` unless told. */
  readonly order?: 'oldest-first' | 'newest-first';
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** One stored tick, as told to people and programs. Times are microseconds UTC. */
export interface TickRow {
  readonly instrument: string;
  readonly eventTime: number;
  readonly receiveTime: number;
  readonly price: number;
  readonly quantity: number;
  readonly volume: number;
  readonly side: SideName;
  readonly kind: (typeof TICK_KIND_NAMES)[number];
  readonly idSpace: (typeof ID_SPACE_NAMES)[number];
  /** Null where the venue tells none. */
  readonly tradeId: number | null;
  readonly cumulativeVolume: number | null;
  /** Ordinal number of its frame in the journal, and its place there. */
  readonly offset: number;
  readonly index: number;
}

export async function* readTickRows(
  database: Database,
  sources: TickSources,
  query: TickQuery,
): AsyncGenerator<TickRow[]> {
  const way = query.order === 'newest-first' ? 'DESC' : 'ASC';
  const order = ['event_time', 'trade_id', 'frame_offset', 'frame_index']
    .map((name) => `${name} ${way}`)
    .join(', ');
  const limit = query.limit === undefined ? '' : 'LIMIT ?';
  const sql = `SELECT * FROM ${ticksRelation(sources, filterOf(query), 'keys')} ORDER BY ${order} ${limit}`;
  const params = query.limit === undefined ? [] : [query.limit];
  for await (const rows of database.stream(sql, params, readOptions(query))) yield rows.map(tickRow);
}

export async function countTickRows(
  database: Database,
  sources: TickSources,
  query: TickQuery,
): Promise<number> {
  const sql = `SELECT count(*) AS ticks FROM ${ticksRelation(sources, filterOf(query), 'keys')}`;
  const [row] = await database.read(sql, [], readOptions(query));
  return Math.min(Number(row['ticks']), query.limit ?? Infinity);
}

function filterOf(query: TickQuery): {
  instruments?: readonly string[];
  fromMicros?: number;
  toMicros?: number;
} {
  return {
    ...(query.instrument === undefined ? {} : { instruments: [query.instrument] }),
    ...(query.fromMicros === undefined ? {} : { fromMicros: query.fromMicros }),
    ...(query.toMicros === undefined ? {} : { toMicros: query.toMicros }),
  };
}

function readOptions(query: TickQuery): ReadOptions {
  return {
    ...(query.deadlineMs === undefined ? {} : { deadlineMs: query.deadlineMs }),
    ...(query.signal === undefined ? {} : { signal: query.signal }),
  };
}

function tickRow(row: Row): TickRow {
  const tradeId = Number(row['trade_id']);
  const cumulativeVolume = Number(row['cumulative_volume']);
  return {
    instrument: String(row['instrument']),
    eventTime: Number(row['event_time']),
    receiveTime: Number(row['receive_time']),
    price: Number(row['price']),
    quantity: Number(row['quantity']),
    volume: Number(row['volume']),
    side: SIDE_NAMES[Number(row['side'])] ?? 'unknown',
    kind: TICK_KIND_NAMES[Number(row['kind'])] ?? 'trade',
    idSpace: ID_SPACE_NAMES[Number(row['id_space'])] ?? 'none',
    tradeId: tradeId === -1 ? null : tradeId,
    cumulativeVolume: cumulativeVolume === -1 ? null : cumulativeVolume,
    offset: Number(row['frame_offset']),
    index: Number(row['frame_index']),
  };
}
