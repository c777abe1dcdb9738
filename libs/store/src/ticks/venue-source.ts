import { SEALING_CATALOG, isIn, keyIn, sqlText, whole } from './tick-source.ts';
import type { TickFilter, TickSources } from './tick-source.ts';
import { VENUE_COLUMNS } from '../tick-storage/tick-schema.ts';

/**
 * All stored venue rows that pass a filter, as an SQL relation with the columns of the table `venue_rows`: `instrument` is
 * the live file's number. A row passes the bounds of time when it overlaps them. In no order.
 */
export function venueRelation(sources: TickSources, filter: TickFilter): string {
  const rest = VENUE_COLUMNS.slice(1).map((name) => `t.${name}`);
  const select = `SELECT i.number AS instrument, ${rest.join(', ')}`;
  const keys = filter.instruments;
  const ofKeys = keys === undefined ? [] : [keyIn('i.key', keys)];
  const condition = [...ofKeys, ...boundsOf(filter)].join(' AND ');
  const ofFile = (table: string): string =>
    `${select} FROM ${table} t JOIN instruments i ON i.number = t.instrument WHERE ${condition}`;
  const relations = [ofFile('venue_rows')];
  // Numbers are the same in both files: the live one began with the instruments of the other.
  if (sources.hasSealing) relations.push(ofFile(`${SEALING_CATALOG}.venue_rows`));
  const parts = sources.venueParts.filter((part) => isIn(part, filter));
  if (parts.length > 0) {
    const files = parts.map((part) => sqlText(part.path)).join(', ');
    relations.push(
      `${select} FROM read_parquet([${files}], hive_partitioning = false) t
       JOIN instruments i ON i.key = t.instrument WHERE ${condition}`,
    );
  }
  return `(${relations.join(' UNION ALL ')})`;
}

function boundsOf({ fromMicros, toMicros, fromOffset }: TickFilter): string[] {
  const found = ['true'];
  if (fromMicros !== undefined) found.push(`t.to_time > make_timestamp(${whole(fromMicros)})`);
  if (toMicros !== undefined) found.push(`t.from_time < make_timestamp(${whole(toMicros)})`);
  if (fromOffset !== undefined) found.push(`t.frame_offset >= ${whole(fromOffset)}`);
  return found;
}
