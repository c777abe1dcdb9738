// What is done to the files of a data directory: whole files that go, are cut, emptied or overwritten, and single bits.
import { cpSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const LIVE = 'live/ticks_today.duckdb';
export const WAL = `${LIVE}.wal`;
export const STATE = 'state.duckdb';

/** All that was stored is there again after each of these. */
export const HARMS: Readonly<Record<string, (dataDir: string) => void>> = {
  'the log deleted': (dir) => rmSync(join(dir, WAL)),
  'the log emptied': (dir) => truncateSync(join(dir, WAL)),
  'the log overwritten with zeros': (dir) =>
    writeFileSync(join(dir, WAL), Buffer.alloc(statSync(join(dir, WAL)).size)),
  'the log overwritten with garbage': (dir) =>
    writeFileSync(join(dir, WAL), Buffer.alloc(statSync(join(dir, WAL)).size, 'garbage')),
  "another database's log": (dir) => cpSync(join(dir, `${STATE}.wal`), join(dir, WAL)),
  'the log torn': (dir) => truncateSync(join(dir, WAL), Math.floor(statSync(join(dir, WAL)).size / 2)),
  "the gap ledger's log deleted": (dir) => rmSync(join(dir, `${STATE}.wal`), { force: true }),
  'the tick file deleted': (dir) => rmSync(join(dir, LIVE)),
  'the tick file and its log deleted': (dir) => [LIVE, WAL].forEach((one) => rmSync(join(dir, one))),
  'the tick file truncated': (dir) => truncateSync(join(dir, LIVE), 300_000),
  'the tick file of 0 bytes': (dir) => truncateSync(join(dir, LIVE)),
  'the gap ledger deleted': (dir) =>
    [STATE, `${STATE}.wal`].forEach((one) => rmSync(join(dir, one), { force: true })),
  'the gap ledger of 0 bytes': (dir) => truncateSync(join(dir, STATE)),
  'a sealed part deleted': (dir) => rmSync(filesIn(dir, /^ticks\/.*\.parquet$/)[0] ?? ''),
  'all candle files deleted': (dir) => rmSync(join(dir, 'live/candles'), { recursive: true }),
};

/** Where blocks begin: behind the header of the file, each with its magic. */
export function blockEdges(bytes: Buffer): number[] {
  const edges: number[] = [];
  for (
    let at = bytes.indexOf('TWB\x01', 128, 'latin1');
    at >= 0;
    at = bytes.indexOf('TWB\x01', at + 1, 'latin1')
  )
    edges.push(at);
  return [...edges, bytes.length - 1];
}

/** A file of each kind is hit as often as any other, however small. */
export const FLIPPED: Readonly<Record<string, RegExp>> = {
  journal: /^journal\/.*\.tj(\.gz)?$/,
  'tick file': /^live\/ticks_today\.duckdb$/,
  'tick log': /^live\/ticks_today\.duckdb\.wal$/,
  'gap ledger': /^state\.duckdb$/,
  'gap log': /^state\.duckdb\.wal$/,
  parts: /^ticks\/.*\.parquet(\.json)?$/,
  candles: /^(live\/)?candles\/.*\.parquet$/,
  anchors: /\.anchor$/,
};

/** Paths under a folder that match, in order. */
export function filesIn(dir: string, pattern: RegExp): string[] {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();
  return names.filter((name) => pattern.test(name)).map((name) => join(dir, name));
}

/** Flips one bit; returns where. Databases are mostly unused space: only bytes that are not 0 are taken there. */
export function flip(
  dir: string,
  pattern: RegExp,
  [which, where, bit]: readonly [number, number, number],
): string {
  const files = filesIn(dir, pattern).filter((path) => statSync(path).size > 0);
  const path = files[Math.floor(which * files.length)];
  if (path === undefined) return 'no such file';
  const bytes = readFileSync(path);
  let at = Math.floor(where * bytes.length);
  if (path.endsWith('.duckdb')) while (at < bytes.length - 1 && bytes[at] === 0) at += 1;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(bit * 8));
  writeFileSync(path, bytes);
  return `${path.slice(dir.length)} byte ${at}`;
}
