import { DuckDBTypeId } from '@duckdb/node-api';
import type { DuckDBDataChunk, DuckDBMaterializedResult, DuckDBResult, DuckDBVector } from '@duckdb/node-api';
import { DatabaseValueError } from './errors.ts';
import { Turn } from './event-loop.ts';
import { toSqlValue } from './sql-value.ts';
import type { Row } from './sql-value.ts';

/** The values of one column: numbers (whole, timestamps in microseconds UTC, doubles), flags, or texts. */
export type ColumnValues = Float64Array | Uint8Array | readonly string[];

/** A whole result as columns. Asking for a column that is absent or of another shape is a programming error. */
export interface Columns {
  readonly rowCount: number;
  readonly names: readonly string[];
  /** Whole numbers (exact to 2^53, beyond is an error), timestamps in microseconds UTC, doubles. NULL is NaN. */
  numbers(name: string): Float64Array;
  /** Booleans as 0 and 1. NULL is an error. */
  flags(name: string): Uint8Array;
  /** Texts. NULL is an error. */
  texts(name: string): readonly string[];
}

const TWO_32 = 4294967296;

/** The rows of a chunk as objects. */
export function rowsOf(chunk: DuckDBDataChunk, names: readonly string[]): Row[] {
  const count = chunk.rowCount;
  const rows: Row[] = Array.from({ length: count }, () => ({}));
  for (let c = 0; c < names.length; c++) {
    const vector = chunk.getColumnVector(c);
    const name = names[c];
    for (let r = 0; r < count; r++) rows[r][name] = toSqlValue(vector.getItem(r));
  }
  return rows;
}

/** All rows of a finished result, letting the event loop run in between. */
export async function readAllRows(result: DuckDBMaterializedResult): Promise<Row[]> {
  const names = result.deduplicatedColumnNames();
  const turn = new Turn();
  const rows: Row[] = [];
  for (let i = 0; i < result.chunkCount; i++) {
    for (const row of rowsOf(result.getChunk(i), names)) rows.push(row);
    await turn.pause();
  }
  return rows;
}

/** The columns of one chunk as typed arrays. */
export function columnsOf(chunk: DuckDBDataChunk, result: DuckDBResult): Columns {
  const names = result.deduplicatedColumnNames();
  const columns = names.map((_, index) => emptyColumn(result.columnTypeId(index), chunk.rowCount));
  for (let c = 0; c < columns.length; c++) copyVector(chunk.getColumnVector(c), columns[c], 0, names[c]);
  return new ResultColumns(chunk.rowCount, names, columns);
}

/** All columns of a finished result as typed arrays, letting the event loop run in between. */
export async function readAllColumns(result: DuckDBMaterializedResult): Promise<Columns> {
  const names = result.deduplicatedColumnNames();
  const rowCount = result.rowCount;
  const columns = names.map((_, index) => emptyColumn(result.columnTypeId(index), rowCount));
  const turn = new Turn();
  let at = 0;
  for (let i = 0; i < result.chunkCount; i++) {
    const chunk = result.getChunk(i);
    for (let c = 0; c < columns.length; c++) copyVector(chunk.getColumnVector(c), columns[c], at, names[c]);
    at += chunk.rowCount;
    await turn.pause();
  }
  return new ResultColumns(rowCount, names, columns);
}

class ResultColumns implements Columns {
  readonly rowCount: number;
  readonly names: readonly string[];
  readonly #columns: readonly ColumnValues[];

  constructor(rowCount: number, names: readonly string[], columns: readonly ColumnValues[]) {
    this.rowCount = rowCount;
    this.names = names;
    this.#columns = columns;
  }

  numbers(name: string): Float64Array {
    const found = this.#find(name);
    if (found instanceof Float64Array) return found;
    throw new TypeError(`column "${name}" does not hold numbers`);
  }

  flags(name: string): Uint8Array {
    const found = this.#find(name);
    if (found instanceof Uint8Array) return found;
    throw new TypeError(`column "${name}" does not hold booleans`);
  }

  texts(name: string): readonly string[] {
    const found = this.#find(name);
    if (found instanceof Float64Array || found instanceof Uint8Array) {
      throw new TypeError(`column "${name}" does not hold texts`);
    }
    return found;
  }

  #find(name: string): ColumnValues {
    const index = this.names.indexOf(name);
    if (index < 0) throw new TypeError(`the result has no column "${name}", only ${this.names.join(', ')}`);
    return this.#columns[index];
  }
}

function emptyColumn(type: DuckDBTypeId, rowCount: number): Float64Array | Uint8Array | string[] {
  if (type === DuckDBTypeId.BOOLEAN) return new Uint8Array(rowCount);
  if (type === DuckDBTypeId.VARCHAR || type === DuckDBTypeId.ENUM) return Array<string>(rowCount).fill('');
  return new Float64Array(rowCount);
}

function copyVector(
  vector: DuckDBVector,
  to: Float64Array | Uint8Array | string[],
  at: number,
  name: string,
): void {
  if (to instanceof Float64Array) copyNumbers(vector, to, at, name);
  else if (to instanceof Uint8Array) copyFlags(vector, to, at, name);
  else copyTexts(vector, to, at, name);
}

// As in chunk-writer.ts: the typings hide `items`; a null `validity.data` says that no value is NULL.
interface VectorItems {
  readonly items: Int32Array | Float64Array | BigInt64Array;
  readonly validity: { readonly data: unknown };
}

interface TextItems {
  readonly dataView: DataView;
  readonly validity: { readonly data: unknown };
}

// Types whose `items` are the very numbers we tell. A DECIMAL's are scaled and a DATE's are days: those go value by value.
const PLAIN_TYPES = new Set<DuckDBTypeId>([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_TZ,
]);

function copyNumbers(vector: DuckDBVector, to: Float64Array, at: number, name: string): void {
  const { items, validity } = vector as unknown as VectorItems;
  if (validity.data !== null || !PLAIN_TYPES.has(vector.type.typeId)) {
    for (let i = 0; i < vector.itemCount; i++) to[at + i] = numberOf(vector, i, name);
  } else if (items instanceof BigInt64Array) {
    copyInt64(items, to, at, name);
  } else {
    to.set(items, at);
  }
}

/** Reads 64-bit integers as two halves: no BigInt a value. */
function copyInt64(items: BigInt64Array, to: Float64Array, at: number, name: string): void {
  const low = new Uint32Array(items.buffer, items.byteOffset, items.length * 2);
  const high = new Int32Array(items.buffer, items.byteOffset, items.length * 2);
  for (let i = 0; i < items.length; i++) {
    const value = high[2 * i + 1] * TWO_32 + low[2 * i];
    if (!Number.isSafeInteger(value)) throw beyondNumber(name, items[i]);
    to[at + i] = value;
  }
}

function numberOf(vector: DuckDBVector, index: number, name: string): number {
  const value = toSqlValue(vector.getItem(index));
  if (value === null) return Number.NaN;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') throw beyondNumber(name, value);
  throw new TypeError(`column "${name}" is not of a type that is read as a column: cast it in SQL`);
}

function beyondNumber(name: string, value: bigint): DatabaseValueError {
  return new DatabaseValueError(
    `column "${name}" has ${value}, beyond 2^53: it would not be exact as a number`,
  );
}

function copyFlags(vector: DuckDBVector, to: Uint8Array, at: number, name: string): void {
  for (let i = 0; i < vector.itemCount; i++) {
    const value = vector.getItem(i);
    if (value === null) throw nullIn(name);
    to[at + i] = value === true ? 1 : 0;
  }
}

// A text in a vector: its length, then the text itself, or its beginning and where it stands.
const TEXT_BYTES = 16;

/** Whether two texts of a vector are told by the same bytes: then they are equal, and need not be decoded twice. */
function isSameText(view: DataView, a: number, b: number): boolean {
  for (let byte = 0; byte < TEXT_BYTES; byte += 4)
    if (view.getUint32(a * TEXT_BYTES + byte) !== view.getUint32(b * TEXT_BYTES + byte)) return false;
  return true;
}

function copyTexts(vector: DuckDBVector, to: string[], at: number, name: string): void {
  const { dataView, validity } = vector as unknown as TextItems;
  // Texts in order, or of few kinds, repeat themselves. A NULL has any bytes.
  const canRepeat = vector.type.typeId === DuckDBTypeId.VARCHAR && validity.data === null;
  for (let i = 0; i < vector.itemCount; i++) {
    if (canRepeat && i > 0 && isSameText(dataView, i, i - 1)) {
      to[at + i] = to[at + i - 1];
      continue;
    }
    const value = vector.getItem(i);
    if (value === null) throw nullIn(name);
    to[at + i] = String(value);
  }
}

function nullIn(name: string): DatabaseValueError {
  return new DatabaseValueError(
    `column "${name}" has a NULL, which columns of its type cannot tell: use coalesce()`,
  );
}
