import type { Transaction } from '@tickwright/database';
import { VenueRowKind } from '@tickwright/market';

/**
 * Raised with every change of the tables below. A file of an older version is migrated (see `tick-migration.ts`), one of a
 * newer one refused.
 */
export const TICK_SCHEMA_VERSION = 2;

/** The columns of `ticks`, in order; those of a sealed part are the same with the instrument's key for its number. */
export const TICK_COLUMNS = [
  'instrument',
  'event_time',
  'receive_time',
  'price',
  'quantity',
  'volume',
  'side',
  'kind',
  'id_space',
  'trade_id',
  'cumulative_volume',
  'frame_offset',
  'frame_index',
] as const;

/** The columns of `venue_rows`, in order; sealed like those of `ticks`. */
export const VENUE_COLUMNS = [
  'instrument',
  'kind',
  'minutes',
  'from_time',
  'to_time',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'trade_count',
  'told_by',
  'receive_time',
  'frame_offset',
  'frame_index',
] as const;

/** What a part of the sealed past holds, and how. */
export interface StoredKind {
  readonly table: 'ticks' | 'venue_rows';
  readonly columns: readonly string[];
  readonly order: string;
  /** Parts are Parquet, all of them; those of ticks alone are what readers of `ticks/**.parquet` look for. */
  readonly extension: 'parquet' | 'venue';
}

export const STORED_KINDS: readonly StoredKind[] = [
  {
    table: 'ticks',
    columns: TICK_COLUMNS,
    order: 'instrument, event_time, trade_id, frame_offset, frame_index',
    extension: 'parquet',
  },
  {
    table: 'venue_rows',
    columns: VENUE_COLUMNS,
    order: 'instrument, from_time, frame_offset, frame_index',
    extension: 'venue',
  },
];

/** Version 2: what is known of time from elsewhere than ticks. `kind`, `told_by`: as in market's VenueRow. */
export const VENUE_TABLES = [
  `CREATE TABLE venue_rows(
    instrument INTEGER NOT NULL, kind UTINYINT NOT NULL, minutes INTEGER NOT NULL, from_time TIMESTAMP NOT NULL,
    to_time TIMESTAMP NOT NULL, open DOUBLE NOT NULL, high DOUBLE NOT NULL, low DOUBLE NOT NULL, close DOUBLE NOT NULL,
    volume DOUBLE NOT NULL, trade_count INTEGER NOT NULL, told_by UTINYINT NOT NULL, receive_time TIMESTAMP NOT NULL,
    frame_offset BIGINT NOT NULL, frame_index INTEGER NOT NULL)`,
  `CREATE VIEW venue_candles AS
    SELECT i.key AS instrument, v.minutes, v.from_time AS open_time, v.open, v.high, v.low, v.close, v.volume,
      v.trade_count, v.receive_time, v.frame_offset
    FROM venue_rows v JOIN instruments i ON i.number = v.instrument WHERE v.kind = ${VenueRowKind.candle}`,
];

// Append-only, without index or key: those are what corruption reports of the engine are about. -1 stands for no trade
// id and no cumulative volume, as in a TickBatch.
const TABLES = [
  `CREATE TABLE instruments(
    number INTEGER NOT NULL, key VARCHAR NOT NULL, venue_symbol VARCHAR NOT NULL, price_decimals INTEGER NOT NULL,
    quantity_decimals INTEGER NOT NULL, calendar VARCHAR NOT NULL)`,
  `CREATE TABLE ticks(
    instrument INTEGER NOT NULL, event_time TIMESTAMP NOT NULL, receive_time TIMESTAMP NOT NULL, price DOUBLE NOT NULL,
    quantity DOUBLE NOT NULL, volume DOUBLE NOT NULL, side UTINYINT NOT NULL, kind UTINYINT NOT NULL,
    id_space UTINYINT NOT NULL, trade_id BIGINT NOT NULL, cumulative_volume DOUBLE NOT NULL,
    frame_offset BIGINT NOT NULL, frame_index INTEGER NOT NULL)`,
  `CREATE TABLE state(
    applied_offset BIGINT NOT NULL, receive_time TIMESTAMP NOT NULL, sealed_offset BIGINT NOT NULL,
    schema_version INTEGER NOT NULL)`,
  `CREATE TABLE coverage(
    taken_at BIGINT NOT NULL, instrument VARCHAR NOT NULL, id_space UTINYINT NOT NULL, ranges BIGINT[] NOT NULL,
    last_event_time TIMESTAMP, last_receive_time TIMESTAMP, last_cumulative_volume DOUBLE NOT NULL,
    session_date VARCHAR NOT NULL, memory DOUBLE[] NOT NULL)`,
  `CREATE VIEW ticks_named AS
    SELECT i.key AS instrument, t.* EXCLUDE (instrument) FROM ticks t JOIN instruments i ON i.number = t.instrument`,
  ...VENUE_TABLES,
];

export async function createTickTables(tx: Transaction): Promise<void> {
  for (const sql of TABLES) await tx.run(sql);
}
