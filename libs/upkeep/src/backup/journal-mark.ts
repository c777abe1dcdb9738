import { createHash } from 'node:crypto';
import { inspectJournal, readJournal } from '@tickwright/journal';
import type { OffsetRange } from '../preflight/finding.ts';
import type { BackupJournal } from './manifest.ts';

/** SHA-256 of one frame's time and bytes; undefined when the journal does not have it. */
export async function frameSum(directory: string, offset: number): Promise<string | undefined> {
  if (offset < 0) return undefined;
  for await (const block of readJournal({ directory, from: offset, to: offset + 1 })) {
    const at = offset - block.firstOffset;
    const bytes = block.bytes.subarray(block.start[at], block.end[at]);
    return createHash('sha256').update(`${block.receiveTime[at]} `).update(bytes).digest('hex');
  }
  return undefined;
}

/** What a journal has behind a backup. */
export interface JournalRest {
  /** False: it is another journal's frames that would be applied. */
  readonly isSame: boolean;
  /** Frames that the next start applies. */
  readonly frames: number;
  /** Behind the last frame there is; the backup's offset when there is none behind it. */
  readonly endOffset: number;
  /** Ranges that are neither in the backup nor in the journal. */
  readonly missing: readonly OffsetRange[];
}

/** Compares a journal with where a backup stands; reads all of it. */
export async function journalRest(directory: string, mark: BackupJournal): Promise<JournalRest> {
  const { offset } = mark;
  const files = await inspectJournal(directory);
  const found = await frameSum(directory, offset - 1);
  const isSame = found === undefined || mark.lastFrame === undefined || found === mark.lastFrame;
  const endOffset = Math.max(offset, files.at(-1)?.endOffset ?? 0);
  const first = files[0]?.firstOffset ?? endOffset;
  const holes = files.flatMap((file) => file.missing);
  const missing = [{ firstOffset: offset, endOffset: Math.min(first, endOffset) }, ...holes]
    .map((range) => ({
      firstOffset: Math.max(range.firstOffset, offset),
      endOffset: Math.min(range.endOffset, endOffset),
    }))
    .filter((range) => range.firstOffset < range.endOffset);
  const lost = missing.reduce((sum, range) => sum + range.endOffset - range.firstOffset, 0);
  return { isSame, frames: endOffset - offset - lost, endOffset, missing };
}
