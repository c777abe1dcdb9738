import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Columns, Database, ReadOptions } from '@tickwright/database';
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
  /** Only the oldest so many. */
  readonly limit?: number;
  /** Only the newest so many. */
  readonly last?: number;
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

/** Rows that are made of columns at a time: what becomes of them (JSON) takes as long again, in the same turn. */
const PIECE_ROWS = 128;
const ORDER = ['event_time', 'trade_id', 'frame_offset', 'frame_index'];

/** By eventTime, tradeId, offset, index, in small pieces between which the event loop runs. */
export async function* readTickRows(
  database: Database,
  sources: TickSources,
  query: TickQuery,
): AsyncGenerator<TickRow[]> {
  const ticks = `SELECT * FROM ${ticksRelation(sources, filterOf(query), 'keys')}`;
  for await (const columns of database.streamColumns(...inOrder(ticks, query), readOptions(query))) {
    for (let from = 0; from < columns.rowCount; from += PIECE_ROWS) {
      yield tickRows(columns, from, Math.min(columns.rowCount, from + PIECE_ROWS));
      await nextTurn();
    }
  }
}

/** The engine finds the newest and turns them round: there may be more of them than memory holds here. */
function inOrder(ticks: string, { limit, last }: TickQuery): [sql: string, params: number[]] {
  const ascending = ORDER.join(', ');
  const all = `${ticks} ORDER BY ${ascending}`;
  if (limit !== undefined) return [`${all} LIMIT ?`, [limit]];
  if (last === undefined) return [all, []];
  const descending = ORDER.map((name) => `${name} DESC`).join(', ');
  return [`SELECT * FROM (${ticks} ORDER BY ${descending} LIMIT ?) ORDER BY ${ascending}`, [last]];
}

export async function countTickRows(
  database: Database,
  sources: TickSources,
  query: TickQuery,
): Promise<number> {
  const sql = `SELECT count(*) AS ticks FROM ${ticksRelation(sources, filterOf(query), 'keys')}`;
  const [row] = await database.read(sql, [], readOptions(query));
  return Math.min(Number(row['ticks']), query.limit ?? Infinity, query.last ?? Infinity);
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

function tickRows(columns: Columns, from: number, to: number): TickRow[] {
  const instrument = columns.texts('instrument');
  const [eventTime, receiveTime] = [columns.numbers('event_time'), columns.numbers('receive_time')];
  const [price, quantity, volume] = [
    columns.numbers('price'),
    columns.numbers('quantity'),
    columns.numbers('volume'),
  ];
  const [side, kind, idSpace] = [
    columns.numbers('side'),
    columns.numbers('kind'),
    columns.numbers('id_space'),
  ];
  const [tradeId, cumulativeVolume] = [columns.numbers('trade_id'), columns.numbers('cumulative_volume')];
  const [offset, index] = [columns.numbers('frame_offset'), columns.numbers('frame_index')];
  const rows: TickRow[] = [];
  for (let at = from; at < to; at += 1) {
    rows.push({
      instrument: instrument[at],
      eventTime: eventTime[at],
      receiveTime: receiveTime[at],
      price: price[at],
      quantity: quantity[at],
      volume: volume[at],
      side: SIDE_NAMES[side[at]] ?? 'unknown',
      kind: TICK_KIND_NAMES[kind[at]] ?? 'trade',
      idSpace: ID_SPACE_NAMES[idSpace[at]] ?? 'none',
      tradeId: tradeId[at] === -1 ? null : tradeId[at],
      cumulativeVolume: cumulativeVolume[at] === -1 ? null : cumulativeVolume[at],
      offset: offset[at],
      index: index[at],
    });
  }
  return rows;
}
