import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Database } from '@tickwright/database';
import { syncFile, syncFolder } from '../files/atomic-file.ts';
import { fileSum, partSumPath, writePartSum } from '../files/part-sum.ts';
import { listParts, partPath } from './tick-paths.ts';
import type { TickPart, TickPaths } from './tick-paths.ts';
import { TICK_COLUMNS } from './tick-schema.ts';
import { SEALING_CATALOG, sqlText } from '../ticks/tick-source.ts';
import { TickFileError } from './tick-state.ts';

/** The calendar date, `YYYY-MM-DD`, of a moment in a segment's zone; never decreasing. */
export type DateOf = (segment: string, micros: number) => string;

/** A part that is written and verified, but not yet in place. */
export interface WrittenPart {
  readonly temporary: string;
  readonly part: TickPart;
  readonly ticks: number;
}

const DEADLINE_MS = 3_600_000;

/** The ticks of a segment that were received in [from, to), microseconds UTC. */
interface Portion {
  readonly segment: string;
  readonly date: string;
  readonly from: number;
  readonly to: number;
}

// The sealing file's ticks with keys instead of numbers.
const SOURCE = `(SELECT i.key AS instrument, ${TICK_COLUMNS.slice(1)
  .map((name) => `t.${name}`)
  .join(', ')}
  FROM ${SEALING_CATALOG}.ticks t JOIN ${SEALING_CATALOG}.instruments i ON i.number = t.instrument)`;

/** Independent of order, and changed by any value of any row. */
const FINGERPRINT = `count(*) AS ticks, min(frame_offset) AS first, max(frame_offset) AS last,
  coalesce(bit_xor(hash(${TICK_COLUMNS.join(', ')})), 0)::VARCHAR AS print`;

/** Writes the attached sealing file as Parquet parts, one a segment and date, and compares each with its source. */
export async function writeParts(
  database: Database,
  paths: TickPaths,
  dateOf: DateOf,
): Promise<WrittenPart[]> {
  await rm(paths.unfinished, { recursive: true, force: true });
  await mkdir(paths.unfinished, { recursive: true });
  const written: WrittenPart[] = [];
  for (const portion of await portionsOf(database, dateOf)) {
    const temporary = join(paths.unfinished, `${written.length}.parquet.tmp`);
    const found = await writePortion(database, portion, temporary);
    if (found !== undefined)
      written.push({ ...found, part: { ...found.part, path: partPath(paths.parts, found.part) } });
  }
  await checkTotal(database, written);
  return written;
}

/** Moves parts into place. Parts that an earlier try left there are of the same ticks, and go. */
export async function moveParts(
  paths: TickPaths,
  written: readonly WrittenPart[],
  fromOffset: number,
): Promise<void> {
  const stale = (await listParts(paths.parts)).filter((part) => part.firstOffset >= fromOffset);
  for (const part of stale) {
    await rm(part.path, { force: true });
    await rm(partSumPath(part.path), { force: true });
  }
  for (const { temporary, part, ticks } of written) {
    const folder = dirname(part.path);
    await mkdir(folder, { recursive: true });
    // The sum first: whoever sees the part can prove it.
    await writePartSum(part.path, { ...(await fileSum(temporary)), ticks });
    await rename(temporary, part.path);
    await syncFolder(folder);
    await syncFolder(dirname(folder));
  }
  if (written.length > 0) await syncFolder(paths.parts);
  await rm(paths.unfinished, { recursive: true, force: true });
}

async function portionsOf(database: Database, dateOf: DateOf): Promise<Portion[]> {
  const segments = await database.read(
    `SELECT split_part(instrument, '|', 1) AS segment, min(receive_time) AS first, max(receive_time) AS last
     FROM ${SOURCE} GROUP BY 1 ORDER BY 1`,
    [],
    { deadlineMs: DEADLINE_MS },
  );
  return segments.flatMap((row) =>
    datesBetween(String(row['segment']), { from: Number(row['first']), to: Number(row['last']) + 1, dateOf }),
  );
}

/** Cuts a span where the date changes, by bisection: a zone's midnights are the calendar's to know. */
function datesBetween(segment: string, span: { from: number; to: number; dateOf: DateOf }): Portion[] {
  const portions: Portion[] = [];
  let from = span.from;
  while (from < span.to) {
    const date = span.dateOf(segment, from);
    let inside = from;
    let outside = span.to;
    while (outside - inside > 1) {
      const middle = Math.floor((inside + outside) / 2);
      if (span.dateOf(segment, middle) === date) inside = middle;
      else outside = middle;
    }
    portions.push({ segment, date, from, to: outside });
    from = outside;
  }
  return portions;
}

async function writePortion(
  database: Database,
  portion: Portion,
  temporary: string,
): Promise<WrittenPart | undefined> {
  const { segment, date } = portion;
  const rows = `${SOURCE} WHERE split_part(instrument, '|', 1) = ${sqlText(segment)}
    AND receive_time >= make_timestamp(${portion.from}) AND receive_time < make_timestamp(${portion.to})`;
  const source = await fingerprint(database, rows);
  if (source.ticks === 0) return undefined;
  await database.read(
    `COPY (SELECT * FROM ${rows} ORDER BY instrument, event_time, trade_id, frame_offset, frame_index)
     TO ${sqlText(temporary)} (FORMAT parquet, COMPRESSION zstd)`,
    [],
    { deadlineMs: DEADLINE_MS },
  );
  await syncFile(temporary);
  const copy = await fingerprint(database, `read_parquet(${sqlText(temporary)}, hive_partitioning = false)`);
  if (copy.print !== source.print || copy.ticks !== source.ticks) throw differsError(temporary, source, copy);
  const part = { segment, date, firstOffset: source.first, lastOffset: source.last, path: temporary };
  return { temporary, part, ticks: source.ticks };
}

interface Fingerprint {
  readonly ticks: number;
  readonly first: number;
  readonly last: number;
  readonly print: string;
}

async function fingerprint(database: Database, rows: string): Promise<Fingerprint> {
  const [row] = await database.read(`SELECT ${FINGERPRINT} FROM ${rows}`, [], { deadlineMs: DEADLINE_MS });
  return {
    ticks: Number(row['ticks']),
    first: Number(row['first']),
    last: Number(row['last']),
    print: String(row['print']),
  };
}

function differsError(path: string, source: Fingerprint, copy: Fingerprint): TickFileError {
  return new TickFileError(
    `the part ${path} differs from its source (${copy.ticks} ticks of ${source.ticks}): it was not used, the ticks stay in the sealing file. Check the disk, then seal again.`,
    { code: 'part-differs', canRetry: true },
  );
}

async function checkTotal(database: Database, written: readonly WrittenPart[]): Promise<void> {
  const [row] = await database.read(`SELECT count(*) AS ticks FROM ${SEALING_CATALOG}.ticks`);
  const total = written.reduce((sum, { ticks }) => sum + ticks, 0);
  if (total === row['ticks']) return;
  throw new TickFileError(
    `the parts hold ${total} ticks, their source ${String(row['ticks'])}: they were not used. Report this; the ticks stay in the sealing file.`,
    { code: 'part-differs' },
  );
}
