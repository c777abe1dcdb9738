import type { TickPart } from '../tick-storage/tick-paths.ts';
import { TICK_COLUMNS } from '../tick-storage/tick-schema.ts';

/** The engine's name of the attached sealing file. */
export const SEALING_CATALOG = 'sealing';

/** Where ticks are stored at a moment. Every tick is in exactly one of the three. */
export interface TickSources {
  /** Sealed parts, without those that repeat the sealing file. */
  readonly parts: readonly TickPart[];
  /** The same of venue rows. */
  readonly venueParts: readonly TickPart[];
  /** Whether a sealing file is attached. */
  readonly hasSealing: boolean;
}

/** Which ticks; all bounds are optional and go together. */
export interface TickFilter {
  /** Keys of instruments; all when absent. */
  readonly instruments?: readonly string[];
  /** eventTime, inclusive, microseconds UTC. */
  readonly fromMicros?: number;
  /** eventTime, exclusive. */
  readonly toMicros?: number;
  /** Journal offset, inclusive. */
  readonly fromOffset?: number;
}

// A part's ticks were received on its date in some zone, and an event is at most a minute ahead of its reception: two
// days after that date's midnight UTC nothing of it can have happened.
const PART_SPAN_MICROS = 2 * 86_400_000_000;

/**
 * All stored ticks that pass a filter, as an SQL relation with the columns of the table `ticks`: `instrument` is the
 * key (`keys`) or the live file's number (`numbers`). In no order.
 */
export function ticksRelation(
  sources: TickSources,
  filter: TickFilter,
  instrument: 'keys' | 'numbers',
): string {
  const rest = TICK_COLUMNS.slice(1).map((name) => `t.${name}`);
  const select = `SELECT ${instrument === 'keys' ? 'i.key' : 'i.number'} AS instrument, ${rest.join(', ')}`;
  const ofFile = (table: string): string =>
    `${select} FROM ${table} t JOIN instruments i ON i.number = t.instrument WHERE ${fileCondition(filter)}`;
  const relations = [ofFile('ticks')];
  // Numbers are the same in both files: the live one began with the instruments of the other.
  if (sources.hasSealing) relations.push(ofFile(`${SEALING_CATALOG}.ticks`));
  const parts = sources.parts.filter((part) => isIn(part, filter));
  if (parts.length > 0) {
    const files = parts.map((part) => sqlText(part.path)).join(', ');
    relations.push(
      `${select} FROM read_parquet([${files}], hive_partitioning = false) t JOIN instruments i ON i.key = t.instrument
       WHERE ${partCondition(filter)}`,
    );
  }
  return `(${relations.join(' UNION ALL ')})`;
}

/** A text as an SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function fileCondition(filter: TickFilter): string {
  const keys = filter.instruments;
  const condition =
    keys === undefined
      ? []
      : [`t.instrument IN (SELECT number FROM instruments WHERE ${keyIn('key', keys)})`];
  return [...condition, ...bounds(filter)].join(' AND ');
}

function partCondition(filter: TickFilter): string {
  const keys = filter.instruments;
  const condition = keys === undefined ? [] : [keyIn('t.instrument', keys)];
  return [...condition, ...bounds(filter)].join(' AND ');
}

export function keyIn(column: string, keys: readonly string[]): string {
  return keys.length === 0 ? 'false' : `${column} IN (${keys.map(sqlText).join(', ')})`;
}

function bounds(filter: TickFilter): string[] {
  const found = ['true'];
  if (filter.fromMicros !== undefined)
    found.push(`t.event_time >= make_timestamp(${whole(filter.fromMicros)})`);
  if (filter.toMicros !== undefined) found.push(`t.event_time < make_timestamp(${whole(filter.toMicros)})`);
  if (filter.fromOffset !== undefined) found.push(`t.frame_offset >= ${whole(filter.fromOffset)}`);
  return found;
}

/** A number as an SQL literal. What is no whole number would be another question than the one that was asked. */
export function whole(value: number): string {
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${value} is not a whole number of microseconds or an offset`);
  return `${value}::BIGINT`;
}

export function isIn(part: TickPart, filter: TickFilter): boolean {
  if (filter.fromOffset !== undefined && part.lastOffset < filter.fromOffset) return false;
  const endMicros = Date.parse(`${part.date}T00:00:00Z`) * 1000 + PART_SPAN_MICROS;
  if (filter.fromMicros !== undefined && endMicros <= filter.fromMicros) return false;
  return (
    filter.instruments === undefined || filter.instruments.some((key) => key.startsWith(`${part.segment}|`))
  );
}
