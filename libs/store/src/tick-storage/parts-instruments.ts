import { dirname } from 'node:path';
import { openDatabase } from '@tickwright/database';
import type { InstrumentRow } from '@tickwright/market';
import { readInstruments, undescribedInstrument } from '../files/instruments-file.ts';
import { sqlText } from '../ticks/tick-source.ts';
import type { TickFileContext } from './live-tick-file.ts';
import type { TickPart } from './tick-paths.ts';
import { TickFileError } from './tick-state.ts';

/** The sealed days of years may have to be looked through. */
const DEADLINE_MS = 600_000;

/**
 * The instruments of sealed parts, by key, and when the newest tick was received. A live file that goes on from the
 * parts must know them: their ticks are read by the live file's numbers, and their ids are covered.
 */
export async function toldByParts(
  context: TickFileContext,
  parts: readonly TickPart[],
): Promise<{ instruments: InstrumentRow[]; receiveMicros: number }> {
  const { log, clock, paths } = context;
  const files = parts.map((part) => sqlText(part.path)).join(', ');
  await using database = await openDatabase({ path: ':memory:', log, clock });
  const described = new Map((await readInstruments(dirname(paths.parts))).map((row) => [row.key, row]));
  try {
    const rows = await database.read(
      `SELECT instrument, max(receive_time) AS newest
       FROM read_parquet([${files}], hive_partitioning = false, union_by_name = true)
       GROUP BY 1 ORDER BY 1`,
      [],
      { deadlineMs: DEADLINE_MS },
    );
    const instruments = rows.map(({ instrument }) => rowOf(String(instrument), described));
    return { instruments, receiveMicros: Math.max(0, ...rows.map(({ newest }) => Number(newest))) };
  } catch (cause) {
    throw unreadableError(paths.parts, cause);
  }
}

function rowOf(key: string, described: ReadonlyMap<string, InstrumentRow>): InstrumentRow {
  const found = described.get(key);
  if (found !== undefined) return found;
  const { venueSymbol, priceDecimals, quantityDecimals, calendar } = undescribedInstrument(key);
  return { key, venueSymbol, priceDecimals, quantityDecimals, calendar };
}

function unreadableError(path: string, cause: unknown): TickFileError {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new TickFileError(
    `a sealed part under ${path} cannot be read: ${found.split('\n')[0]}. Run "tickwright doctor --repair", which sets it aside and rebuilds it.`,
    { code: 'parts-unreadable', cause },
  );
}
