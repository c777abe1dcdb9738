import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBDataChunk,
  INTEGER,
  TIMESTAMP,
  UTINYINT,
  VARCHAR,
} from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBType, DuckDBVector } from '@duckdb/node-api';
import { DatabaseValueError } from './errors.ts';
import { Turn } from './event-loop.ts';

/**
 * A column to append, in the table's order. int64 and timestamp (microseconds UTC) come as whole numbers within 2^53 in
 * a Float64Array; boolean as 0 and 1. The types must be the table's own: the engine converts, slowly, what differs.
 */
export type AppendColumn =
  | {
      readonly type: 'int32' | 'int64' | 'float64' | 'uint8' | 'timestamp' | 'boolean';
      readonly values: Int32Array | Float64Array | Uint8Array;
    }
  | { readonly type: 'varchar'; readonly values: readonly string[] };

const ENGINE_TYPES: Record<AppendColumn['type'], DuckDBType> = {
  int32: INTEGER,
  int64: BIGINT,
  float64: DOUBLE,
  uint8: UTINYINT,
  timestamp: TIMESTAMP,
  boolean: BOOLEAN,
  varchar: VARCHAR,
};

/** Rows a chunk: the engine's vector size. */
const CHUNK_ROWS = 2048;
const FLUSH_CHUNKS = 4;
const TWO_32 = 4294967296;
const SAFE_MAX = Number.MAX_SAFE_INTEGER;

// The binding's vectors carry their values in `items` (booleans in `dataView`), which its typings hide. Setting whole
// typed arrays there, then flush(), is three times as fast as setItem a value (scripts/bench/tick-file.ts).
interface VectorItems {
  readonly items: Int32Array | Float64Array | Uint8Array | BigInt64Array;
  readonly dataView: DataView;
}

/** Appends rows 0..count-1 of the columns to a table, chunk by chunk, letting the event loop run between chunks. */
export async function appendColumns(
  connection: DuckDBConnection,
  rows: { readonly table: string; readonly columns: readonly AppendColumn[]; readonly count: number },
): Promise<void> {
  checkLengths(rows);
  const appender = await connection.createAppender(rows.table);
  try {
    const chunk = DuckDBDataChunk.create(rows.columns.map((column) => ENGINE_TYPES[column.type]));
    const turn = new Turn();
    for (let start = 0; start < rows.count; start += CHUNK_ROWS) {
      const end = Math.min(rows.count, start + CHUNK_ROWS);
      chunk.reset();
      chunk.rowCount = end - start;
      for (let i = 0; i < rows.columns.length; i++)
        fillVector(chunk.getColumnVector(i), rows.columns[i], start, end);
      appender.appendDataChunk(chunk);
      // A flush costs half as much as filling a chunk, so that not every chunk gets one; left to itself the appender
      // keeps a hundred chunks and then holds the event loop for all of them.
      if ((start / CHUNK_ROWS) % FLUSH_CHUNKS === FLUSH_CHUNKS - 1) appender.flushSync();
      await turn.pause();
    }
  } finally {
    appender.closeSync();
  }
}

function checkLengths(rows: { table: string; columns: readonly AppendColumn[]; count: number }): void {
  const short = rows.columns.findIndex((column) => column.values.length < rows.count);
  if (short >= 0) {
    throw new DatabaseValueError(
      `cannot append ${rows.count} rows to ${rows.table}: column ${short} has fewer values`,
    );
  }
}

function fillVector(vector: DuckDBVector, column: AppendColumn, start: number, end: number): void {
  if (column.type === 'varchar') {
    for (let i = start; i < end; i++) vector.setItem(i - start, column.values[i]);
  } else if (column.type === 'boolean') {
    const { dataView } = vector as unknown as VectorItems;
    for (let i = start; i < end; i++) dataView.setUint8(i - start, column.values[i] === 0 ? 0 : 1);
  } else {
    const { items } = vector as unknown as VectorItems;
    if (items instanceof BigInt64Array) fillInt64(items, column.values, start, end);
    else items.set(column.values.subarray(start, end));
  }
  vector.flush();
}

/** Writes whole numbers as two 32-bit halves (little-endian, as every platform of the engine): no BigInt a value. */
function fillInt64(
  items: BigInt64Array,
  values: Int32Array | Float64Array | Uint8Array,
  start: number,
  end: number,
): void {
  const halves = new Uint32Array(items.buffer, items.byteOffset, items.length * 2);
  let at = 0;
  for (let i = start; i < end; i++) {
    const value = values[i];
    const high = Math.floor(value / TWO_32);
    // Catches NaN, fractions and what float64 cannot hold exactly: storing it would falsify it silently.
    if (!(value <= SAFE_MAX && value >= -SAFE_MAX) || Math.floor(value) !== value) {
      throw new DatabaseValueError(`cannot store ${value} as a whole number within 2^53`);
    }
    halves[at++] = value - high * TWO_32;
    halves[at++] = high;
  }
}
