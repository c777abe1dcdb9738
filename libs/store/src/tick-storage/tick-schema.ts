import type { Transaction } from '@tickwright/database';

/** Raised with every change of the tables below; a file of another version is refused. */
export const TICK_SCHEMA_VERSION = 1;

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
];

export async function createTickTables(tx: Transaction): Promise<void> {
  for (const sql of TABLES) await tx.run(sql);
}
