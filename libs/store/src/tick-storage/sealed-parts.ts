import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Database } from '@tickwright/database';
import { syncFile, syncFolder } from '../files/atomic-file.ts';
import { fileSum, partSumPath, writePartSum } from '../files/part-sum.ts';
import { partPath, partsOf } from './tick-paths.ts';
import type { TickPart, TickPaths } from './tick-paths.ts';
import { STORED_KINDS } from './tick-schema.ts';
import type { StoredKind } from './tick-schema.ts';
import { SEALING_CATALOG, sqlText } from '../ticks/tick-source.ts';
import { TickFileError } from './tick-state.ts';

/** The calendar date, `YYYY-MM-DD`, of a moment in a segment's zone; never decreasing. */
export type DateOf = (segment: string, micros: number) => string;

/** A part that is written and verified, but not yet in place. */
export interface WrittenPart {
  readonly kind: StoredKind;
  readonly temporary: string;
  readonly part: TickPart;
  readonly rows: number;
}

const DEADLINE_MS = 3_600_000;

/** The rows of a segment that were received in [from, to), microseconds UTC. */
interface Portion {
  readonly segment: string;
  readonly date: string;
  readonly from: number;
  readonly to: number;
}

/** The sealing file's rows of a kind with keys instead of numbers. */
function sourceOf({ table, columns }: StoredKind): string {
  const rest = columns.slice(1).map((name) => `t.${name}`);
  return `(SELECT i.key AS instrument, ${rest.join(', ')}
    FROM ${SEALING_CATALOG}.${table} t JOIN ${SEALING_CATALOG}.instruments i ON i.number = t.instrument)`;
}

/** Independent of order, and changed by any value of any row. */
function fingerprintOf({ columns }: StoredKind): string {
  return `count(*) AS counted, min(frame_offset) AS first, max(frame_offset) AS last,
    coalesce(bit_xor(hash(${columns.join(', ')})), 0)::VARCHAR AS print`;
}

/** Writes the attached sealing file as Parquet parts, one a kind, segment and date, and compares each with its source. */
export async function writeParts(
  database: Database,
  paths: TickPaths,
  dateOf: DateOf,
): Promise<WrittenPart[]> {
  await rm(paths.unfinished, { recursive: true, force: true });
  await mkdir(paths.unfinished, { recursive: true });
  const written: WrittenPart[] = [];
  for (const kind of STORED_KINDS) {
    const ofKind: WrittenPart[] = [];
    for (const portion of await portionsOf(database, kind, dateOf)) {
      const temporary = join(paths.unfinished, `${kind.extension}-${ofKind.length}.tmp`);
      const found = await writePortion(database, { kind, portion, temporary });
      if (found === undefined) continue;
      const path = partPath(paths.parts, found.part, kind.extension);
      ofKind.push({ ...found, part: { ...found.part, path } });
    }
    await checkTotal(database, kind, ofKind);
    written.push(...ofKind);
  }
  return written;
}

/** Moves parts into place. Parts that an earlier try left there are of the same rows, and go. */
export async function moveParts(
  paths: TickPaths,
  written: readonly WrittenPart[],
  fromOffset: number,
): Promise<void> {
  for (const { extension } of STORED_KINDS) {
    const all = await partsOf(paths.parts, extension);
    for (const stale of all.filter((part) => part.firstOffset >= fromOffset)) {
      await rm(stale.path, { force: true });
      await rm(partSumPath(stale.path), { force: true });
    }
  }
  for (const { temporary, part, rows } of written) {
    const folder = dirname(part.path);
    await mkdir(folder, { recursive: true });
    // The sum first: whoever sees the part can prove it.
    await writePartSum(part.path, { ...(await fileSum(temporary)), ticks: rows });
    await rename(temporary, part.path);
    await syncFolder(folder);
    await syncFolder(dirname(folder));
  }
  if (written.length > 0) await syncFolder(paths.parts);
  await rm(paths.unfinished, { recursive: true, force: true });
}

async function portionsOf(database: Database, kind: StoredKind, dateOf: DateOf): Promise<Portion[]> {
  const segments = await database.read(
    `SELECT split_part(instrument, '|', 1) AS segment, min(receive_time) AS first, max(receive_time) AS last
     FROM ${sourceOf(kind)} GROUP BY 1 ORDER BY 1`,
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
  { kind, portion, temporary }: { kind: StoredKind; portion: Portion; temporary: string },
): Promise<WrittenPart | undefined> {
  const { segment, date } = portion;
  const rows = `${sourceOf(kind)} WHERE split_part(instrument, '|', 1) = ${sqlText(segment)}
    AND receive_time >= make_timestamp(${portion.from}) AND receive_time < make_timestamp(${portion.to})`;
  const source = await fingerprint(database, kind, rows);
  if (source.rows === 0) return undefined;
  await database.read(
    `COPY (SELECT * FROM ${rows} ORDER BY ${kind.order}) TO ${sqlText(temporary)} (FORMAT parquet, COMPRESSION zstd)`,
    [],
    { deadlineMs: DEADLINE_MS },
  );
  await syncFile(temporary);
  const read = `read_parquet(${sqlText(temporary)}, hive_partitioning = false)`;
  const copy = await fingerprint(database, kind, read);
  if (copy.print !== source.print || copy.rows !== source.rows) throw differsError(temporary, source, copy);
  const part = { segment, date, firstOffset: source.first, lastOffset: source.last, path: temporary };
  return { kind, temporary, part, rows: source.rows };
}

interface Fingerprint {
  readonly rows: number;
  readonly first: number;
  readonly last: number;
  readonly print: string;
}

async function fingerprint(database: Database, kind: StoredKind, rows: string): Promise<Fingerprint> {
  const sql = `SELECT ${fingerprintOf(kind)} FROM ${rows}`;
  const [row] = await database.read(sql, [], { deadlineMs: DEADLINE_MS });
  return {
    rows: Number(row['counted']),
    first: Number(row['first']),
    last: Number(row['last']),
    print: String(row['print']),
  };
}

function differsError(path: string, source: Fingerprint, copy: Fingerprint): TickFileError {
  return new TickFileError(
    `the part ${path} differs from its source (${copy.rows} rows of ${source.rows}): it was not used, they stay in the sealing file. Check the disk, then seal again.`,
    { code: 'part-differs', canRetry: true },
  );
}

async function checkTotal(
  database: Database,
  kind: StoredKind,
  written: readonly WrittenPart[],
): Promise<void> {
  const [row] = await database.read(`SELECT count(*) AS counted FROM ${SEALING_CATALOG}.${kind.table}`);
  const total = written.reduce((sum, { rows }) => sum + rows, 0);
  if (total === row['counted']) return;
  throw new TickFileError(
    `the parts hold ${total} rows of ${kind.table}, their source ${String(row['counted'])}: they were not used. Report this; the rows stay in the sealing file.`,
    { code: 'part-differs' },
  );
}
