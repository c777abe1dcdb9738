/**
 * What the journal needs of a file system, and no more, so that tests can lose power, fill the disk or fail a sync
 * where they like. Errors carry the system's `code` (`ENOENT`, `ENOSPC`, `EIO`).
 */
export interface FileLayer {
  /** `read` needs the file to exist; `create` makes it anew, empty; `modify` reads and writes what exists. */
  open(path: string, mode: 'read' | 'create' | 'modify'): Promise<OpenFile>;
  /** Replaces `to` atomically. Survives a power loss only after `syncDirectory`. */
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Names without their directory, in no promised order. */
  list(directory: string): Promise<string[]>;
  /** Makes the directory and those above it where they do not exist. */
  makeDirectory(directory: string): Promise<void>;
  syncDirectory(directory: string): Promise<void>;
}

/** One open file. Positions and lengths are bytes. */
export interface OpenFile {
  /** Fills `into` from `position` on; the answer is less than its length only at the file's end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes`, or fails having written any part of them. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** What was written before the call survives a power loss once this resolves. */
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Whether a failed file operation failed because the file does not exist. */
export function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

/** The size of a file, in bytes. */
export async function fileSize(files: FileLayer, path: string): Promise<number> {
  const handle = await files.open(path, 'read');
  try {
    return await handle.size();
  } finally {
    await handle.close();
  }
}
