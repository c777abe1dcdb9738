import { createGunzip, createGzip, crc32 } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import type { Clock, Log } from '@tickwright/runtime';
import { isMissing, type FileLayer, type OpenFile } from '../files/file-layer.ts';
import { listJournalFiles, TEMPORARY_SUFFIX, type JournalFile } from '../files/file-list.ts';

const PIECE_BYTES = 256 * 1024;
/**
 * Rest between two pieces, as a multiple of the time the last one took: under full load the cores belong to the frames
 * that arrive; a file that waits uncompressed costs nothing but disk.
 */
const REST_FACTOR = 4;

/**
 * Compresses finished files in the background, oldest first, one at a time. The compressed file replaces the plain one
 * only after it was synced and read back; a crash anywhere between leaves at least one that is whole.
 */
export class Compressor {
  readonly #files: FileLayer;
  readonly #directory: string;
  readonly #log: Log;
  readonly #clock: Clock;
  /** Files from this offset on are, or may soon be, written. */
  readonly #firstOffsetInUse: () => number;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(options: {
    files: FileLayer;
    directory: string;
    log: Log;
    clock: Clock;
    firstOffsetInUse: () => number;
  }) {
    this.#files = options.files;
    this.#directory = options.directory;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#firstOffsetInUse = options.firstOffsetInUse;
  }

  /** There may be finished files. */
  notify(): void {
    this.#isAskedAgain = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when there is nothing to do, for now. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Stops at once; an unfinished file is left for the next run. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isAskedAgain && !this.#stop.signal.aborted) {
      this.#isAskedAgain = false;
      try {
        for (const file of await this.#finished()) await this.#compress(file);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        // Nothing depends on it: the plain file stays, and is tried again when the next one is finished.
        this.#log.warn({ err: error, directory: this.#directory }, 'a journal file could not be compressed');
      }
    }
  }

  /** The last file is never finished: the next run may replace it when it is empty. */
  async #finished(): Promise<JournalFile[]> {
    const list = await listJournalFiles({ files: this.#files, directory: this.#directory });
    const inUse = this.#firstOffsetInUse();
    return list.slice(0, -1).filter((file) => !file.isCompressed && file.firstOffset < inUse);
  }

  async #compress(file: JournalFile): Promise<void> {
    const signal = this.#stop.signal;
    const target = `${file.path}.gz`;
    const temporary = target + TEMPORARY_SUFFIX;
    const plain = await this.#files.open(file.path, 'read');
    try {
      const compressed = await this.#files.open(temporary, 'create');
      try {
        const written = new Checksum();
        const gzip = createGzip({ level: 1, chunkSize: PIECE_BYTES });
        await pipeline(
          this.#atLeisure(pieces(plain, written)),
          gzip,
          (source) => writePieces(compressed, source),
          { signal },
        );
        await compressed.datasync();
        const readBack = new Checksum();
        const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
        await pipeline(this.#atLeisure(pieces(compressed)), gunzip, (source) => sumPieces(readBack, source), {
          signal,
        });
        if (!readBack.equals(written)) throw new Error(`${temporary} does not hold what ${file.path} does`);
      } finally {
        await compressed.close();
      }
      await this.#files.rename(temporary, target);
      await this.#files.syncDirectory(this.#directory);
      await this.#removePlain({ plain: file.path, compressed: target });
    } catch (error) {
      await this.#files.unlink(temporary).catch(() => undefined);
      throw error;
    } finally {
      await plain.close();
    }
  }

  async *#atLeisure(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let sinceMs = this.#clock.monotonicMs();
    for await (const piece of source) {
      yield piece;
      const restMs = (this.#clock.monotonicMs() - sinceMs) * REST_FACTOR;
      if (restMs >= 1) await this.#clock.sleep(restMs, this.#stop.signal);
      sinceMs = this.#clock.monotonicMs();
    }
  }

  /** Where retention removed the plain file meanwhile, the compressed one must not outlive it. */
  async #removePlain(paths: { plain: string; compressed: string }): Promise<void> {
    try {
      await this.#files.unlink(paths.plain);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#files.unlink(paths.compressed);
    }
  }
}

class Checksum {
  #bytes = 0;
  #checksum = 0;

  add(bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength;
    this.#checksum = crc32(bytes, this.#checksum);
  }

  equals(other: Checksum): boolean {
    return this.#bytes === other.#bytes && this.#checksum === other.#checksum;
  }
}

async function* pieces(file: OpenFile, sum?: Checksum): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    // A new buffer each time: the stream keeps what it was given until it is through with it.
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    const count = await file.read(buffer, at);
    if (count === 0) return;
    at += count;
    const piece = buffer.subarray(0, count);
    sum?.add(piece);
    yield piece;
  }
}

async function writePieces(file: OpenFile, source: AsyncIterable<Buffer>): Promise<void> {
  let at = 0;
  for await (const piece of source) {
    await file.write(piece, at);
    at += piece.length;
  }
}

async function sumPieces(sum: Checksum, source: AsyncIterable<Buffer>): Promise<void> {
  for await (const piece of source) sum.add(piece);
}
