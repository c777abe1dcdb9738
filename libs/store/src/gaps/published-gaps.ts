import { stat } from 'node:fs/promises';
import type { Database, Row } from '@tickwright/database';
import type { Gap } from '@tickwright/market';
import { errorCode } from '../files/atomic-file.ts';
import { parquet } from '../candles/candle-parquet.ts';
import { HeldFiles } from '../query/held-files.ts';
import type { KnownGap } from '../verification/problem-list.ts';
import type { GapReader } from '../verification/verification.ts';

/** The gaps of a ledger that are not filled. */
export function ledgerGaps(ledger: { list(): Promise<readonly Gap[]> }): GapReader {
  return { gaps: async () => (await ledger.list()).filter((gap) => gap.state !== 'filled').map(knownGap) };
}

/**
 * The gaps that are not filled, as the ingestor published them in `gaps.parquet`; none when there is no such file. Read
 * again only when the file is another one.
 */
export function publishedGaps(options: { database: Database; path: string }): GapReader {
  let known: { identity: string; gaps: readonly KnownGap[] } | undefined;
  return {
    async gaps() {
      const identity = await identityOf(options.path);
      if (identity === undefined) return [];
      if (known?.identity !== identity) known = { identity, gaps: await readGaps(options) };
      return known.gaps;
    },
  };
}

async function readGaps({ database, path }: { database: Database; path: string }): Promise<KnownGap[]> {
  await using held = await HeldFiles.hold([path]);
  const rows = await database.read(
    `SELECT instrument, from_time, to_time, from_id, to_id, cause FROM ${parquet(held.readPaths)} WHERE state <> 'filled'`,
  );
  return rows.map(publishedGap);
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function knownGap({ instrument, fromMicros, toMicros, fromId, toId, cause }: Gap): KnownGap {
  const to = toMicros < 0 ? undefined : toMicros;
  return { instrument, from: fromMicros, to, cause, ...(fromId >= 0 && toId >= 0 && { fromId, toId }) };
}

function publishedGap(row: Row): KnownGap {
  const { to_time: to, from_id: fromId, to_id: toId } = row;
  return {
    instrument: String(row['instrument']),
    from: Number(row['from_time']),
    to: to === null ? undefined : Number(to),
    cause: String(row['cause']),
    ...(fromId !== null && toId !== null && { fromId: Number(fromId), toId: Number(toId) }),
  };
}
