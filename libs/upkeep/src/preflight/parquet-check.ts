import { tryDatabases } from '@tickwright/database';
import type { TrialRow } from '@tickwright/database';
import { INSTRUMENT_KEY_PATTERN } from '@tickwright/market';
import {
  CANDLE_FILE_COLUMNS,
  candleFileState,
  fileSum,
  listHours,
  listParts,
  listPieces,
  listVenueParts,
  readKeptTicks,
  readPartSum,
  summedParts,
  tickPaths,
} from '@tickwright/store';
import type { TickPart } from '@tickwright/store';
import { sizeOf } from './database-check.ts';
import { damaged, fault, note, ok, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

/** Files that one child process reads. */
const FILES_A_TRIAL = 200;
const DEADLINE_MS = 600_000;
const INT32_MAX = 2 ** 31 - 1;

/** `whole`: every byte or row is read; `size`: only what the file system tells. */
export type ParquetDepth = 'whole' | 'size';

// What no candle that was written has: reading it would fail. updated_at is read by nobody.
const CANDLE_COLUMNS = CANDLE_FILE_COLUMNS.filter((name) => name !== 'updated_at');
const CANDLE_WHOLE_NUMBERS = {
  'epoch_us(open_time)': Number.MAX_SAFE_INTEGER,
  trade_count: INT32_MAX,
  revision: INT32_MAX,
  version: Number.MAX_SAFE_INTEGER,
};
const IMPOSSIBLE_CANDLE = [
  ...CANDLE_COLUMNS.map((name) => `${name} IS NULL`),
  ...Object.entries(CANDLE_WHOLE_NUMBERS).map(([name, most]) => `${name} NOT BETWEEN -${most} AND ${most}`),
  `source NOT IN ('ticks', 'venue')`,
].join(' OR ');

/** Of files in a segment's folder. A key of another shape is no key, and one of another segment does not belong there. */
function impossibleIn(segment: string): string {
  const isKey = `starts_with(instrument, '${segment}|') AND regexp_matches(instrument, '${INSTRUMENT_KEY_PATTERN}')`;
  return `${IMPOSSIBLE_CANDLE} OR NOT (${isKey})`;
}

/** Sealed parts against their sums; those without one are read whole. */
export async function checkParts(dataDir: string, depth: ParquetDepth): Promise<Finding[]> {
  const folder = tickPaths(dataDir).parts;
  const venueParts = await listVenueParts(folder);
  const parts = [...(await listParts(folder)), ...venueParts];
  const findings: Finding[] = [];
  const unsummed: string[] = [];
  for (const part of parts) {
    const sum = await readPartSum(part.path);
    if (sum === undefined) unsummed.push(part.path);
    else if ((await sizeOf(part.path)) !== sum.bytes)
      findings.push(partDamage(part.path, 'has another size'));
    else if (depth === 'whole' && (await fileSum(part.path)).sha256 !== sum.sha256)
      findings.push(partDamage(part.path, 'is not what was sealed'));
  }
  const present = new Set(parts.map(({ path }) => path));
  for (const path of await summedParts(folder)) {
    if (!present.has(path)) findings.push(partDamage(path, 'is gone'));
  }
  for (const kind of [parts.filter((part) => !venueParts.includes(part)), venueParts])
    findings.push(...overlapping(kind));
  if (depth === 'whole') {
    for (const { path, error } of await unreadable(unsummed)) findings.push(partDamage(path, error));
    if (unsummed.length > 0)
      findings.push(
        note('part', folder, `${unsummed.length} parts have no sum: they can be read, and no more`),
      );
  }
  if (parts.length > 0 && findings.every(({ severity }) => severity === 'note'))
    findings.push(
      ok('part', folder, `${parts.length} parts ${depth === 'whole' ? 'as they were sealed' : 'there'}`),
    );
  return findings;
}

function partDamage(path: string, found: string): Finding {
  return damaged('part', { kind: 'part', path }, found);
}

/** The parts of a segment follow one another: two that overlap may hold a tick twice. */
function overlapping(parts: readonly TickPart[]): Finding[] {
  const findings: Finding[] = [];
  const ends = new Map<string, TickPart>();
  for (const part of parts.toSorted((a, b) => a.firstOffset - b.firstOffset)) {
    const before = ends.get(part.segment);
    if (before !== undefined && before.date === part.date && before.lastOffset >= part.firstOffset)
      findings.push(note('part', part.path, `overlaps ${before.firstOffset}-${before.lastOffset}`));
    ends.set(part.segment, part);
  }
  return findings;
}

/** Candle files that are not as they were written, or cannot be read. Whether what they say is true, the ticks tell. */
export async function checkCandleFiles(dataDir: string): Promise<Finding[]> {
  const pieces = [...(await listPieces({ dataDir })), ...(await listHours({ dataDir }))];
  const paths = [...new Set(pieces.map(({ path }) => path))];
  const segments = new Map(pieces.map(({ path, segment }) => [path, segment]));
  const altered: string[] = [];
  for (const path of paths) if ((await candleFileState(path)) === 'altered') altered.push(path);
  const others = paths.filter((path) => !altered.includes(path));
  const bad = [
    ...altered.map((path) => ({ path, error: 'is not as it was written: its checksum is another' })),
    ...(await unreadable(others, {
      columns: CANDLE_FILE_COLUMNS.join(', '),
      impossible: (path) => impossibleIn(segments.get(path) ?? ''),
    })),
  ];
  const kept = await readKeptTicks(tickPaths(dataDir).parts);
  const hasTicks = (path: string): boolean =>
    pieces.every((piece) => piece.path !== path || piece.from >= (kept.get(piece.segment) ?? 0));
  const findings = bad.map(({ path, error }) => candleDamage(path, error, { hasTicks: hasTicks(path) }));
  if (paths.length > 0 && findings.length === 0)
    findings.push(ok('candles', dataDir, `${paths.length} candle files can be read`));
  return findings;
}

/** A file of a time of which ticks were removed is all that there is of it: it stays. */
function candleDamage(path: string, found: string, { hasTicks }: { readonly hasTicks: boolean }): Finding {
  if (hasTicks) return damaged('candles', { kind: 'candles', path }, found);
  const toDo = 'its ticks are no longer kept, so that it cannot be rebuilt: put it back from a backup';
  return { ...fault({ check: 'candles', subject: path, severity: 'error', found, toDo }), isAlone: true };
}

interface Readable {
  /** A file that lacks one of them cannot be read either: their names have no checksum. */
  readonly columns: string;
  /** A condition that no row fulfils: values have no checksum either. */
  readonly impossible: (path: string) => string;
}

const ANYTHING: Readable = { columns: '*', impossible: () => 'false' };

async function unreadable(
  paths: readonly string[],
  readable = ANYTHING,
): Promise<{ path: string; error: string }[]> {
  const found: { path: string; error: string }[] = [];
  for (let at = 0; at < paths.length; at += FILES_A_TRIAL)
    found.push(...(await unreadableOf(paths.slice(at, at + FILES_A_TRIAL), readable)));
  return found;
}

async function unreadableOf(
  paths: readonly string[],
  readable: Readable,
): Promise<{ path: string; error: string }[]> {
  const { columns, impossible } = readable;
  const statements = paths.map(
    (path) =>
      `SELECT count(*) FILTER (WHERE ${impossible(path)})::DOUBLE AS impossible, bit_xor(hash(t))::VARCHAR AS sum
       FROM (SELECT ${columns} FROM read_parquet('${path.replaceAll("'", "''")}', hive_partitioning = false)) t`,
  );
  const found: { path: string; error: string }[] = [];
  const [trial] = await tryDatabases([{ path: ':memory:', statements }], DEADLINE_MS);
  if (trial === undefined || 'error' in trial) {
    // One of them ended the child: each on its own.
    if (paths.length <= 1) return paths.map((path) => ({ path, error: reasonOf(trial?.error) }));
    for (const path of paths) found.push(...(await unreadableOf([path], readable)));
    return found;
  }
  for (const [at, result] of trial.results.entries()) {
    const path = paths[at] ?? '';
    const error = 'error' in result ? engineReason(result.error) : impossibleRows(result.rows[0]);
    // A running ingestor replaces and removes files.
    if (error !== undefined && (await sizeOf(path)) !== undefined)
      found.push({ path, error: `cannot be read: ${error}` });
  }
  return found;
}

function impossibleRows(row: TrialRow | undefined): string | undefined {
  const count = Number(row?.['impossible']);
  return count > 0 ? `${count} rows have values that nothing has` : undefined;
}

function engineReason(error: Error): string {
  return reasonOf(error.cause instanceof Error ? error.cause : error).slice(0, 200);
}
