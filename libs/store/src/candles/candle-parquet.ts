import type { AppendColumn, Columns } from '@tickwright/database';
import { CandleSource, candleColumns } from '@tickwright/market';
import type { CandleColumns } from '@tickwright/market';
import { WITH_CHECKSUM } from './candle-checksum.ts';

/**
 * Rows in a Parquet row group. The files are sorted by instrument, so that a reader of one instrument skips all row
 * groups but one or two by their statistics; smaller groups would make the footer cost more than it saves
 * (scripts/bench/candle-files.ts).
 */
const ROW_GROUP_ROWS = 20_480;

/** The columns of a candle file, in order, with the instrument as its key. */
export const FILE_COLUMNS = [
  'instrument',
  'open_time',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'trade_count',
  'is_closed',
  'is_complete',
  'revision',
  'version',
  'source',
  'updated_at',
] as const;

/**
 * Parquet tells the least and the greatest value of a column beside the values, and neither has a checksum. The engine
 * narrows what it sorts to that range and leaves out conditions that it decides: a value with a flipped bit above it is
 * cut back to what it was, and a reader of the file alone would see it. For every engine that reads candle files.
 */
export const BELIEVE_VALUES = `SET GLOBAL disabled_optimizers = 'statistics_propagation,compressed_materialization'`;

/** What memory has room for: any other value, as by a flipped bit, would be one of these there. */
const READ_AS: Readonly<Partial<Record<(typeof FILE_COLUMNS)[number], string>>> = {
  trade_count: 'trade_count::INTEGER',
  revision: 'revision::INTEGER',
  source: `source::ENUM('ticks', 'venue')::VARCHAR`,
};

/**
 * What a reader selects, each under its name as it is written here: the engine finds a column whatever the case of its
 * name in the file, and would give it back in that case. A value that memory cannot hold fails the reading.
 */
export const READ_COLUMNS = FILE_COLUMNS.filter((name) => name !== 'updated_at')
  .map((name) => `${READ_AS[name] ?? name} AS ${name}`)
  .join(', ');

/** What makes a candle another candle: when one of these changes after the close, its revision goes up. */
const VALUE_COLUMNS = ['open', 'high', 'low', 'close', 'volume', 'trade_count'] as const;

/**
 * The table that a publish fills from memory: as the file, but with numbers for the instrument and the source, and in
 * the types of the arrays in memory, so that they are copied without a loop in JavaScript (scripts/bench/candle-files.ts).
 */
export const STAGED_DDL = `CREATE OR REPLACE TABLE staged (
  number INTEGER, open_micros DOUBLE, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, volume DOUBLE,
  trade_count INTEGER, closed UTINYINT, complete UTINYINT, revision INTEGER, version DOUBLE, source UTINYINT)`;

export const KEYS_DDL = 'CREATE OR REPLACE TABLE keys (number INTEGER, key VARCHAR)';

export const STAGED_DROP = 'DROP TABLE staged';

/** Candles as columns of the staged table. Times and versions are whole numbers within 2^53: the caller has checked. */
export function stagedColumns(rows: CandleColumns): AppendColumn[] {
  return [
    { type: 'int32', values: rows.instrument },
    { type: 'float64', values: rows.openTime },
    { type: 'float64', values: rows.open },
    { type: 'float64', values: rows.high },
    { type: 'float64', values: rows.low },
    { type: 'float64', values: rows.close },
    { type: 'float64', values: rows.volume },
    { type: 'int32', values: rows.tradeCount },
    { type: 'uint8', values: rows.isClosed },
    { type: 'uint8', values: rows.isComplete },
    { type: 'int32', values: rows.revision },
    { type: 'float64', values: rows.version },
    { type: 'uint8', values: rows.source },
  ];
}

/** The staged rows in the columns of the file. */
export function stagedRows(updatedAtMicros: number): string {
  return `SELECT keys.key AS instrument, make_timestamp(open_micros::BIGINT) AS open_time, open, high, low, close,
    volume, trade_count::BIGINT AS trade_count, closed <> 0 AS is_closed, complete <> 0 AS is_complete,
    revision::BIGINT AS revision, version::BIGINT AS version,
    CASE source WHEN ${CandleSource.ticks} THEN 'ticks' ELSE 'venue' END AS source,
    make_timestamp(${updatedAtMicros}) AS updated_at
    FROM staged JOIN keys USING (number)`;
}

/**
 * The rows of a file with the staged ones put in: of two of the same candle the one with the newer version, of equal
 * versions the staged one; without the candles that are gone. A revision goes up by one where a closed candle's values change.
 */
export function mergedRows(
  path: string,
  updatedAtMicros: number,
  gone: readonly { readonly key: string; readonly openTime: number }[] = [],
): string {
  const changed = VALUE_COLUMNS.map((name) => `old.${name} IS DISTINCT FROM new.${name}`).join(' OR ');
  const isRevised = `old.is_closed AND (${changed})`;
  const columns = FILE_COLUMNS.map((name) => {
    if (name === 'instrument' || name === 'open_time') return name;
    if (name !== 'revision') return `CASE WHEN takes_new THEN new.${name} ELSE old.${name} END AS ${name}`;
    return `CASE WHEN NOT takes_new THEN old.revision WHEN old.version IS NULL THEN new.revision
      ELSE greatest(new.revision, old.revision + (${isRevised})::BIGINT) END AS revision`;
  });
  const takesNew = 'new.version IS NOT NULL AND (old.version IS NULL OR new.version >= old.version)';
  return `SELECT ${columns.join(', ')} FROM (
    SELECT instrument, open_time, old, new, ${takesNew} AS takes_new
    FROM ${without(path, gone)} old FULL JOIN (${stagedRows(updatedAtMicros)}) new USING (instrument, open_time))`;
}

/** A file's rows but for some candles. */
function without(path: string, gone: readonly { readonly key: string; readonly openTime: number }[]): string {
  if (gone.length === 0) return parquet([path]);
  const names = gone.map(({ key, openTime }) => `(${text(key)}, make_timestamp(${Math.floor(openTime)}))`);
  return `(SELECT * FROM ${parquet([path])} WHERE (instrument, open_time) NOT IN (${names.join(', ')}))`;
}

/** The rows of a file with those of [from, to) replaced by the staged ones, whatever they were. */
export function replacedRows(
  path: string,
  span: { from: number; to: number },
  updatedAtMicros: number,
): string {
  return `SELECT * FROM ${parquet([path])} WHERE NOT ${timeIn(span)}
    UNION ALL BY NAME ${stagedRows(updatedAtMicros)}`;
}

/** The rows of several files that have no candle in common. */
export function allRows(paths: readonly string[]): string {
  return `SELECT * FROM ${parquet(paths)}`;
}

/** The rows of several files, each candle once: the newest version of it. */
export function newestRows(paths: readonly string[]): string {
  return `SELECT * FROM ${parquet(paths)}
    QUALIFY row_number() OVER (PARTITION BY instrument, open_time ORDER BY version DESC, revision DESC) = 1`;
}

/**
 * Writes a query's rows as a candle file; `stampCandleFile` is to follow. `use_tmp_file` is off because the path is already a temporary one. */
export function copyTo(query: string, path: string): string {
  return `COPY (SELECT ${FILE_COLUMNS.join(', ')} FROM (${query}) ORDER BY instrument, open_time) TO ${text(path)}
    (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}, USE_TMP_FILE false, ${WITH_CHECKSUM})`;
}

/** Files as a relation. Their folders' names are not columns of it. */
export function parquet(paths: readonly string[]): string {
  return `read_parquet([${paths.map(text).join(', ')}], hive_partitioning = false)`;
}

/** A condition on open_time, `to` exclusive; infinite ends are no condition. */
export function timeIn(span: { from: number; to: number }): string {
  const ends: string[] = [];
  if (Number.isFinite(span.from)) ends.push(`open_time >= make_timestamp(${Math.ceil(span.from)})`);
  if (Number.isFinite(span.to)) ends.push(`open_time < make_timestamp(${Math.ceil(span.to)})`);
  return ends.length === 0 ? '(true)' : `(${ends.join(' AND ')})`;
}

/** A text as an SQL literal. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** Rows of candle files as candle columns; `numberOf` gives each key its number. */
export function toCandleColumns(found: Columns, numberOf: (key: string) => number): CandleColumns {
  const rows = candleColumns(found.rowCount);
  rows.count = found.rowCount;
  const keys = found.texts('instrument');
  const sources = found.texts('source');
  let key = '';
  let number = -1;
  for (let i = 0; i < rows.count; i++) {
    // Sorted by instrument: the number is looked up once for each.
    if (keys[i] !== key) number = numberOf((key = keys[i]));
    rows.instrument[i] = number;
    rows.source[i] = sources[i] === 'ticks' ? CandleSource.ticks : CandleSource.venue;
  }
  rows.openTime.set(found.numbers('open_time'));
  rows.open.set(found.numbers('open'));
  rows.high.set(found.numbers('high'));
  rows.low.set(found.numbers('low'));
  rows.close.set(found.numbers('close'));
  rows.volume.set(found.numbers('volume'));
  rows.tradeCount.set(found.numbers('trade_count'));
  rows.isClosed.set(found.flags('is_closed'));
  rows.isComplete.set(found.flags('is_complete'));
  rows.revision.set(found.numbers('revision'));
  rows.version.set(found.numbers('version'));
  return rows;
}
