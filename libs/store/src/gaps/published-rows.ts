import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseQueryError, openDatabase } from '@tickwright/database';
import type { Gap, GapCause, GapState } from '@tickwright/market';
import type { Clock, Log } from '@tickwright/runtime';
import { parquet } from '../candles/candle-parquet.ts';

const CAUSES: ReadonlySet<string> = new Set<GapCause>([
  'start',
  'disconnect',
  'stale',
  'sequence',
  'crash',
  'disk',
]);
const STATES: ReadonlySet<string> = new Set<GapState>(['open', 'filling', 'filled', 'unfillable']);

/**
 * The gaps as `gaps.parquet` has them, for a ledger that is made anew: the newest version of each. None when there is no
 * such file or it cannot be read; rows that no ledger wrote are left out.
 */
export async function readPublishedGaps(options: {
  readonly dataDir: string;
  readonly log: Log;
  readonly clock: Clock;
}): Promise<Gap[]> {
  const path = join(options.dataDir, 'gaps.parquet');
  if ((await stat(path).catch(() => undefined)) === undefined) return [];
  await using database = await openDatabase({ path: ':memory:', log: options.log, clock: options.clock });
  try {
    const rows = await database.read(`SELECT * FROM ${parquet([path])} ORDER BY opened_offset, id`);
    return rows
      .filter((row) => CAUSES.has(String(row['cause'])) && STATES.has(String(row['state'])))
      .map((row) => ({
        id: String(row['id']),
        instrument: String(row['instrument']),
        fromMicros: Number(row['from_time']),
        toMicros: Number(row['to_time'] ?? -1),
        fromId: Number(row['from_id'] ?? -1),
        toId: Number(row['to_id'] ?? -1),
        cause: String(row['cause']) as GapCause,
        state: String(row['state']) as GapState,
        ...(row['reason'] === null ? {} : { reason: String(row['reason']) }),
        openedOffset: Number(row['opened_offset']),
        version: Number(row['version']),
        openedMicros: Number(row['opened_time']),
      }));
  } catch (error) {
    if (!(error instanceof DatabaseQueryError)) options.log.warn({ path, err: error }, 'cannot be read');
    return [];
  }
}
