import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readJournal, readRecording } from '@tickwright/journal';
import type { FrameBlock, Recording } from '@tickwright/journal';
import { TickwrightError } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { UsageError } from './usage-error.ts';

const JOURNAL_FILE = /^(\d{20})\.tj(\.gz)?$/;

/** A file given to replay is not there or cannot be read. */
export class FrameFileError extends TickwrightError {
  constructor(path: string, reason: string, cause?: unknown) {
    super(
      `cannot replay ${path}: ${reason}; expected a recording (plain or gzip), a journal file or a journal folder`,
      { code: 'frame-file', cause },
    );
  }
}

/** Files of frames in the order given, as one sequence. */
export interface FrameFiles {
  readonly totalBytes: number;
  /** Grows while `blocks` is read. */
  readonly readBytes: number;
  /** Ranges of journals that could not be read so far. */
  readonly damages: number;
  blocks(): AsyncIterable<FrameBlock>;
}

export interface FrameFilesOptions {
  /** Of recordings, which do not say it themselves. */
  readonly venue: string;
  /** The journal that is written to: it cannot be read into itself. */
  readonly ownJournal: string;
  readonly log: Log;
}

/** A recording, or the offsets [from, to) of a journal. */
type Entry =
  | { readonly kind: 'recording'; readonly path: string; readonly bytes: number }
  | {
      readonly kind: 'journal';
      readonly directory: string;
      readonly bytes: number;
      readonly from: number;
      /** Infinity for a journal's last file. */
      readonly to: number;
    };

/** Looks that all files are there before anything is opened. Errors: FrameFileError, UsageError. */
export async function frameFiles(paths: readonly string[], options: FrameFilesOptions): Promise<FrameFiles> {
  const entries: Entry[] = [];
  for (const path of paths) entries.push(...(await entriesOf(path, options)));
  return new Sequence(entries, options);
}

async function entriesOf(path: string, { ownJournal }: FrameFilesOptions): Promise<Entry[]> {
  const found = await stat(path).catch((cause: unknown) => {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new FrameFileError(path, isMissing ? 'there is no such file' : String(cause), cause);
  });
  const isJournalFile = JOURNAL_FILE.test(basename(path));
  if (!found.isDirectory() && !isJournalFile) return [{ kind: 'recording', path, bytes: found.size }];
  const directory = found.isDirectory() ? path : dirname(path);
  if ((await realpath(directory)) === (await realpath(ownJournal).catch(() => undefined))) {
    throw new UsageError(
      `${path} is the journal of the data directory that it would be replayed into; name another one with --data-dir`,
    );
  }
  const files = await journalEntries(directory);
  if (files.length === 0) throw new FrameFileError(path, 'the folder holds no journal file');
  const from = Number(JOURNAL_FILE.exec(basename(path))?.[1] ?? 0);
  return isJournalFile ? files.filter((file) => file.from === from) : files;
}

/** One entry a file, each from its first offset to that of the next. */
async function journalEntries(directory: string): Promise<(Entry & { kind: 'journal' })[]> {
  const sizes = new Map<number, number>();
  for (const name of await readdir(directory)) {
    const match = JOURNAL_FILE.exec(name);
    if (match !== null) sizes.set(Number(match[1]), (await stat(join(directory, name))).size);
  }
  const offsets = [...sizes.keys()].sort((a, b) => a - b);
  return offsets.map((from, index) => ({
    kind: 'journal',
    directory,
    bytes: sizes.get(from) ?? 0,
    from,
    to: offsets[index + 1] ?? Number.POSITIVE_INFINITY,
  }));
}

class Sequence implements FrameFiles {
  readonly totalBytes: number;
  readonly #entries: readonly Entry[];
  readonly #options: FrameFilesOptions;
  #bytesBefore = 0;
  #damages = 0;
  #reading: Recording | undefined;

  constructor(entries: readonly Entry[], options: FrameFilesOptions) {
    this.#entries = entries;
    this.#options = options;
    this.totalBytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get readBytes(): number {
    return this.#bytesBefore + (this.#reading?.progress.bytesRead ?? 0);
  }

  get damages(): number {
    return this.#damages;
  }

  async *blocks(): AsyncGenerator<FrameBlock> {
    for (const entry of this.#entries) {
      if (entry.kind === 'journal') yield* this.#journal(entry);
      else {
        this.#reading = readRecording(entry.path, { venue: this.#options.venue });
        yield* this.#reading;
        this.#reading = undefined;
      }
      this.#bytesBefore += entry.bytes;
    }
  }

  #journal({ directory, from, to }: Entry & { kind: 'journal' }): AsyncIterable<FrameBlock> {
    return readJournal({
      directory,
      from,
      ...(Number.isFinite(to) ? { to } : {}),
      onDamage: (damage) => {
        this.#damages += 1;
        this.#options.log.error({ damage }, 'a part of the replayed journal is damaged');
      },
    });
  }
}
