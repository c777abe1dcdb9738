import { join } from 'node:path';
import { pruneJournal } from '@tickwright/journal';
import { readableBytes } from '@tickwright/runtime';
import { folderUse } from './folder-use.ts';
import { hoursSince } from './limit-use.ts';
import type { LimitUse } from './limit-use.ts';

const HOUR_MICROS = 3_600_000_000;

export interface JournalLimitOptions {
  readonly dataDir: string;
  readonly limit: { readonly bytes: number; readonly hours: number };
  /** Ticks of frames before it are in sealed parts that were compared with their source. */
  readonly verifiedOffset: number;
  readonly nowMicros: number;
}

/**
 * Removes journal files that are too old or too many, and whose ticks are all sealed and verified: the others are the
 * one source from which ticks can be rebuilt, and stay whatever the limit says.
 */
export async function limitJournal(options: JournalLimitOptions): Promise<LimitUse & { removed: number }> {
  const { dataDir, limit, verifiedOffset, nowMicros } = options;
  const directory = join(dataDir, 'journal');
  const { removed } = await pruneJournal({
    directory,
    keepFromOffset: verifiedOffset,
    olderThanMicros: nowMicros - limit.hours * HOUR_MICROS,
    maxBytes: limit.bytes,
  });
  const { bytes, files, oldestMs } = await folderUse(directory);
  const isOver = bytes > limit.bytes;
  return {
    store: 'journal',
    bytes,
    count: files,
    hours: hoursSince(oldestMs, nowMicros / 1_000),
    limit,
    removed: removed.length,
    ...(isOver ? { warning: overLimit({ bytes, limitBytes: limit.bytes, verifiedOffset }) } : {}),
  };
}

function overLimit(found: { bytes: number; limitBytes: number; verifiedOffset: number }): string {
  return (
    `the journal takes ${readableBytes(found.bytes)} of ${readableBytes(found.limitBytes)}, and frames from offset ${found.verifiedOffset} on are not sealed yet: ` +
    `they stay. They go when their day is sealed; raise limits.journal.bytes, or give the disk more room.`
  );
}
