import { join } from 'node:path';
import { fileSize, isMissing, type FileLayer } from '../files/file-layer.ts';
import { journalFileName, listJournalFiles, type JournalFile } from '../files/file-list.ts';
import { readJournal } from '../reading/journal-reader.ts';
import { nodeFiles } from '../files/node-files.ts';

export interface PruneJournalOptions {
  readonly directory: string;
  /** No file that holds this offset or a later one is removed. */
  readonly keepFromOffset: number;
  /** Files whose frames were all received before this time (microseconds UTC) are removed. */
  readonly olderThanMicros?: number;
  /** Oldest files are removed until the rest has no more than this. */
  readonly maxBytes?: number;
  readonly files?: FileLayer;
}

export interface PrunedJournal {
  /** Paths, oldest first. */
  readonly removed: readonly string[];
  readonly removedBytes: number;
  readonly keptBytes: number;
}

/**
 * Removes whole files, oldest first, never the last: those that are older than `olderThanMicros` or too many for
 * `maxBytes`; a file that holds an offset from `keepFromOffset` on stays, and all behind it.
 */
export async function pruneJournal(options: PruneJournalOptions): Promise<PrunedJournal> {
  const { directory, files = nodeFiles } = options;
  const list = await listJournalFiles({ files, directory });
  const sizes = await Promise.all(list.map((file) => fileSize(files, file.path)));
  let keptBytes = sizes.reduce((sum, size) => sum + size, 0);
  const removed: string[] = [];
  let removedBytes = 0;
  for (const [index, file] of list.slice(0, -1).entries()) {
    const next = list[index + 1];
    if (next.firstOffset > options.keepFromOffset) break;
    const isTooMuch = options.maxBytes !== undefined && keptBytes > options.maxBytes;
    if (!isTooMuch && !(await isOlder(options, next))) break;
    await removeFile({ files, directory, file });
    removed.push(file.path);
    removedBytes += sizes[index];
    keptBytes -= sizes[index];
  }
  return { removed, removedBytes, keptBytes };
}

/** All of a file was received before the first frame of the next one. */
async function isOlder(options: PruneJournalOptions, next: JournalFile): Promise<boolean> {
  const { directory, files = nodeFiles, olderThanMicros } = options;
  if (olderThanMicros === undefined) return false;
  for await (const block of readJournal({ directory, files, from: next.firstOffset })) {
    return block.firstOffset === next.firstOffset && block.receiveTime[0] <= olderThanMicros;
  }
  return false;
}

async function removeFile(options: {
  files: FileLayer;
  directory: string;
  file: JournalFile;
}): Promise<void> {
  const path = join(options.directory, journalFileName(options.file.firstOffset));
  // The compressed one first: were the plain one gone alone, a damaged twin of it could come to light.
  for (const one of [`${path}.gz`, path]) {
    try {
      await options.files.unlink(one);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}
