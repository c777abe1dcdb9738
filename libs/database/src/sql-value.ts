import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  HUGEINT,
  LIST,
  VARCHAR,
  listValue,
} from '@duckdb/node-api';
import type { DuckDBPreparedStatement, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { DatabaseValueError } from './errors.ts';

/**
 * A value in a parameter or a row. Rows: BIGINT and HUGEINT are numbers while exact (to 2^53), else bigint; TIMESTAMP is
 * integer microseconds UTC; DECIMAL is the nearest float64; LIST is an array; DATE, UUID, ENUM are text.
 * Parameters: a whole number is bound as BIGINT (cast in SQL where a function wants another type), any other number as
 * DOUBLE, an array as a LIST of the type of its items.
 */
export type SqlValue = null | boolean | number | bigint | string | readonly SqlValue[];

export type Row = Record<string, SqlValue>;

/** Turns what the engine's vectors give into a plain value. */
export function toSqlValue(value: DuckDBValue): SqlValue {
  if (
    value === null ||
    typeof value === 'number' ||
    typeof value === 'string' ||
    typeof value === 'boolean'
  ) {
    return value;
  }
  if (typeof value === 'bigint') return exactNumber(value);
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return exactNumber(value.micros);
  }
  if (value instanceof DuckDBListValue) return value.items.map(toSqlValue);
  if (value instanceof DuckDBDecimalValue) return Number(value.toString());
  if (value instanceof DuckDBBlobValue) throw new DatabaseValueError('a BLOB cannot be read: cast it in SQL');
  return String(value);
}

function exactNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Binds parameters by position, each with an explicit type. */
export function bindValues(statement: DuckDBPreparedStatement, values: readonly SqlValue[]): void {
  for (let i = 0; i < values.length; i++) bindValue(statement, i + 1, values[i]);
}

function bindValue(statement: DuckDBPreparedStatement, position: number, value: SqlValue): void {
  if (value === null) {
    statement.bindNull(position);
    return;
  }
  const type = typeOf(value);
  statement.bindValue(position, toEngine(value, type), type);
}

function toEngine(value: SqlValue, type: DuckDBType): DuckDBValue {
  if (isList(value)) {
    const item = itemType(value);
    return listValue(value.map((entry) => toEngine(entry, item)));
  }
  return typeof value === 'number' && type === BIGINT ? BigInt(value) : value;
}

// Array.isArray does not narrow a readonly array out of a union.
function isList(value: SqlValue): value is readonly SqlValue[] {
  return Array.isArray(value);
}

function typeOf(value: SqlValue): DuckDBType {
  if (typeof value === 'number') return isWhole(value) ? BIGINT : DOUBLE;
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? BIGINT : HUGEINT;
  if (typeof value === 'boolean') return BOOLEAN;
  if (isList(value)) return LIST(itemType(value));
  return VARCHAR;
}

/** One type for all items: a list that mixes whole and broken numbers is a list of DOUBLE. */
function itemType(items: readonly SqlValue[]): DuckDBType {
  const first = items.find((item) => item !== null);
  if (typeof first === 'number' && !items.every((item) => item === null || isWhole(item))) return DOUBLE;
  return first === undefined ? VARCHAR : typeOf(first);
}

/** -0 is not whole here: as a BIGINT it would lose its sign. */
function isWhole(value: SqlValue): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0);
}
