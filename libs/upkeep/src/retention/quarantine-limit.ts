import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readableBytes } from '@tickwright/runtime';
import { filesUnder, folderUse } from './folder-use.ts';
import { hoursSince } from './limit-use.ts';
import type { LimitUse } from './limit-use.ts';

const DAY_MS = 86_400_000;

export interface QuarantineLimitOptions {
  readonly dataDir: string;
  readonly limit: { readonly bytes: number; readonly hours: number };
  /** Only where this is configured is anything removed: files that were set aside longer ago. */
  readonly deleteAfterDays: number | undefined;
  readonly nowMicros: number;
}

/** Looks at what was set aside. It is someone's to judge: past its limit it is warned of, and stays. */
export async function limitQuarantine(
  options: QuarantineLimitOptions,
): Promise<LimitUse & { removed: number }> {
  const { dataDir, limit, deleteAfterDays, nowMicros } = options;
  const folder = join(dataDir, 'quarantine');
  const nowMs = nowMicros / 1_000;
  const removed =
    deleteAfterDays === undefined ? 0 : await removeOlder(folder, nowMs - deleteAfterDays * DAY_MS);
  const { bytes, files, oldestMs } = await folderUse(folder);
  const hours = hoursSince(oldestMs, nowMs);
  const isOver = bytes > limit.bytes || hours > limit.hours;
  return {
    store: 'quarantine',
    bytes,
    count: files,
    hours,
    limit,
    removed,
    ...(isOver ? { warning: overLimit(folder, { bytes, files, hours }) } : {}),
  };
}

function overLimit(folder: string, found: { bytes: number; files: number; hours: number }): string {
  return (
    `${folder} holds ${found.files} files, ${readableBytes(found.bytes)}, the oldest set aside ${Math.round(found.hours / 24)} days ago: ` +
    `look at them and delete what is not needed, or set limits.quarantine.deleteAfterDays.`
  );
}

/** A file's change time is kept when it is moved: what tells when it was set aside is the status change. */
async function removeOlder(folder: string, beforeMs: number): Promise<number> {
  let removed = 0;
  for (const path of await filesUnder(folder)) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || found.ctimeMs >= beforeMs) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}
