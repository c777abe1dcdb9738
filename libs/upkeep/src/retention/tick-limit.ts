import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listParts, listVenueParts } from '@tickwright/store';
import type { TickFile } from '@tickwright/store';
import { hoursSince } from './limit-use.ts';
import type { LimitUse } from './limit-use.ts';

const DAY_MS = 86_400_000;

export interface TickLimitOptions {
  readonly dataDir: string;
  /** Calendar days of sealed ticks that are kept. */
  readonly days: number;
  readonly tickFile: Pick<TickFile, 'forget'>;
  readonly nowMicros: number;
}

/** Removes sealed parts of days beyond the limit; their candles stay, and are no longer proved. */
export async function limitTicks(options: TickLimitOptions): Promise<LimitUse & { removed: number }> {
  const { dataDir, days, tickFile, nowMicros } = options;
  const nowMs = nowMicros / 1_000;
  const firstKept = new Date(nowMs - days * DAY_MS).toISOString().slice(0, 10);
  const removed = await tickFile.forget(firstKept);
  const folder = join(dataDir, 'ticks');
  const parts = [...(await listParts(folder)), ...(await listVenueParts(folder))];
  const sizes = await Promise.all(
    parts.map(async ({ path }) => (await stat(path).catch(() => undefined))?.size ?? 0),
  );
  const dates = parts.map(({ date }) => date).toSorted();
  const [oldest] = dates;
  return {
    store: 'ticks',
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    count: new Set(dates).size,
    hours: hoursSince(oldest === undefined ? undefined : Date.parse(oldest), nowMs),
    limit: { hours: days * 24 },
    removed: removed.length,
  };
}
