import { rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { listPieces } from '@tickwright/store';
import type { CandlePiece, TickFile } from '@tickwright/store';
import { hoursSince } from './limit-use.ts';
import type { LimitUse } from './limit-use.ts';

const HOURS_A_YEAR = 365.25 * 24;
const HOUR_MICROS = 3_600_000_000;

export interface CandleLimitOptions {
  readonly dataDir: string;
  readonly years: number;
  readonly tickFile: Pick<TickFile, 'keptFromMicros'>;
  readonly nowMicros: number;
}

/** Removes candle files beyond the limit. Candles whose ticks are kept stay: without them the ticks could not be verified. */
export async function limitCandles(options: CandleLimitOptions): Promise<LimitUse & { removed: number }> {
  const { dataDir, years, tickFile, nowMicros } = options;
  const hours = Math.round(years * HOURS_A_YEAR);
  const before = nowMicros - hours * HOUR_MICROS;
  const isOld = ({ segment, to }: CandlePiece): boolean =>
    to <= Math.min(before, tickFile.keptFromMicros(segment));
  const pieces = await listPieces({ dataDir });
  const old = pieces.filter(isOld);
  for (const { path } of old) {
    await rm(path, { force: true });
    await rmdir(dirname(path)).catch(() => undefined);
  }
  const kept = pieces.filter((piece) => !isOld(piece));
  const sizes = await Promise.all(
    kept.map(async ({ path }) => (await stat(path).catch(() => undefined))?.size ?? 0),
  );
  const oldest = kept.reduce((from, piece) => Math.min(from, piece.from), Infinity);
  return {
    store: 'candles',
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    count: kept.length,
    hours: hoursSince(Number.isFinite(oldest) ? oldest / 1_000 : undefined, nowMicros / 1_000),
    limit: { hours },
    removed: old.length,
  };
}
