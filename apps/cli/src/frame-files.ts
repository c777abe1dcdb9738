import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { inspectJournal, readJournal, readRecording } from '@tickwright/journal';
import type { FrameBlock, Recording } from '@tickwright/journal';
import { TickwrightError } from '@tickwright/runtime';

/** A file given to replay is not there or cannot be read. */
export class FrameFileError extends TickwrightError {
  constructor(path: string, cause: unknown) {
    const reason =
      cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
        ? 'there is no such file'
        : String(cause);
    super(
      `cannot replay ${path}: ${reason}; expected a recording (plain or gzip), a journal file or a journal folder`,
      {
        code: 'frame-file',
        cause,
      },
    );
  }
}

/** Files of frames in the order given, as one sequence. */
export interface FrameFiles {
  readonly totalBytes: number;
  /** Grows while `blocks` is read. */
  readonly readBytes: number;
  blocks(): AsyncIterable<FrameBlock>;
}

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly isFolder: boolean;
}

/** Looks that all files are there before anything is opened. Errors: FrameFileError. */
export async function frameFiles(paths: readonly string[], venue: string): Promise<FrameFiles> {
  const entries: Entry[] = [];
  for (const path of paths) {
    try {
      const found = await stat(path);
      entries.push({ path, bytes: found.size, isFolder: found.isDirectory() });
    } catch (cause) {
      throw new FrameFileError(path, cause);
    }
  }
  return new Sequence(entries, venue);
}

class Sequence implements FrameFiles {
  readonly totalBytes: number;
  readonly #entries: readonly Entry[];
  readonly #venue: string;
  #bytesBefore = 0;
  #reading: Recording | undefined;

  constructor(entries: readonly Entry[], venue: string) {
    this.#entries = entries;
    this.#venue = venue;
    this.totalBytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get readBytes(): number {
    return this.#bytesBefore + (this.#reading?.progress.bytesRead ?? 0);
  }

  async *blocks(): AsyncGenerator<FrameBlock> {
    for (const entry of this.#entries) {
      if (entry.isFolder) yield* readJournal({ directory: entry.path });
      else if (/\.tj(\.gz)?$/.test(entry.path)) yield* journalFile(entry.path);
      else {
        this.#reading = readRecording(entry.path, { venue: this.#venue });
        yield* this.#reading;
        this.#reading = undefined;
      }
      this.#bytesBefore += entry.bytes;
    }
  }
}

/** The frames of one file of a journal: from its first offset to that of the file behind it. */
async function* journalFile(path: string): AsyncGenerator<FrameBlock> {
  const directory = dirname(path);
  const from = Number(basename(path).replace(/\D.*$/, ''));
  const files = await inspectJournal(directory);
  const next = files.map((file) => file.firstOffset).filter((offset) => offset > from);
  const to = Math.min(...next);
  yield* readJournal({ directory, from, ...(Number.isFinite(to) ? { to } : {}) });
}
