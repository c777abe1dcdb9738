import { join } from 'node:path';
import { isMissing, type FileLayer } from './file-layer.ts';

/** One file of a journal, as its name tells. */
export interface JournalFile {
  readonly firstOffset: number;
  readonly name: string;
  readonly path: string;
  readonly isCompressed: boolean;
}

/** Names that end in this are unfinished and hold nothing that is not elsewhere. */
export const TEMPORARY_SUFFIX = '.tmp';

const FILE_NAME = /^(\d{20})\.tj(\.gz)?$/;

/** `00000000000000000042.tj`: names in order are offsets in order. */
export function journalFileName(firstOffset: number): string {
  return `${String(firstOffset).padStart(20, '0')}.tj`;
}

/**
 * The files of a journal in order of their first offset; none when the directory does not exist. Where a plain and a
 * compressed file of one offset stand side by side (a crash while compressing), the plain one is it.
 */
export async function listJournalFiles(options: {
  files: FileLayer;
  directory: string;
}): Promise<JournalFile[]> {
  const byOffset = new Map<number, JournalFile>();
  for (const name of await namesIn(options)) {
    const match = FILE_NAME.exec(name);
    if (match === null) continue;
    const isCompressed = match[2] !== undefined;
    const firstOffset = Number(match[1]);
    if (isCompressed && byOffset.has(firstOffset)) continue;
    byOffset.set(firstOffset, { firstOffset, name, path: join(options.directory, name), isCompressed });
  }
  return [...byOffset.values()].sort((a, b) => a.firstOffset - b.firstOffset);
}

/** Removes what a crash left unfinished. Only for the journal's writer, before it writes. */
export async function removeTemporaryFiles(options: { files: FileLayer; directory: string }): Promise<void> {
  for (const name of await namesIn(options)) {
    if (name.endsWith(TEMPORARY_SUFFIX)) await options.files.unlink(join(options.directory, name));
  }
}

async function namesIn(options: { files: FileLayer; directory: string }): Promise<string[]> {
  try {
    return await options.files.list(options.directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
