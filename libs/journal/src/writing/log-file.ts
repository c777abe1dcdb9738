import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { encodeFileHeader, type FilePrefix } from '../format/file-format.ts';
import type { FileLayer, OpenFile } from '../files/file-layer.ts';
import { journalFileName, TEMPORARY_SUFFIX } from '../files/file-list.ts';

/** The journal file that is being written. */
export class LogFile {
  readonly firstOffset: number;
  readonly #file: OpenFile;
  #content: FilePrefix;
  #durable: FilePrefix;
  #failure: { readonly error: unknown } | undefined;

  private constructor(options: { file: OpenFile; firstOffset: number; header: FilePrefix }) {
    this.#file = options.file;
    this.firstOffset = options.firstOffset;
    this.#content = options.header;
    this.#durable = options.header;
  }

  /**
   * A new file with a durable header and name. It is written under another name and renamed: no file with a broken
   * header can appear, and one of the same first offset (given up, or empty) is replaced.
   */
  static async create(options: {
    files: FileLayer;
    directory: string;
    name: string;
    firstOffset: number;
    previous: FilePrefix | undefined;
  }): Promise<LogFile> {
    const { files, directory, firstOffset } = options;
    const path = join(directory, journalFileName(firstOffset));
    const header = encodeFileHeader(options);
    const file = await files.open(path + TEMPORARY_SUFFIX, 'create');
    try {
      await file.write(header, 0);
      await file.datasync();
      await files.rename(path + TEMPORARY_SUFFIX, path);
      await files.syncDirectory(directory);
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    return new LogFile({
      file,
      firstOffset,
      header: { bytes: header.length, checksum: crc32(header) },
    });
  }

  /** What was written. */
  get content(): FilePrefix {
    return this.#content;
  }

  /** What of it is known to be on disk. */
  get durable(): FilePrefix {
    return this.#durable;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#orFail(() => this.#file.write(bytes, this.#content.bytes));
    this.#content = {
      bytes: this.#content.bytes + bytes.byteLength,
      checksum: crc32(bytes, this.#content.checksum),
    };
  }

  /**
   * What was written before the call is durable after it. Once it failed it fails for ever: the system may have dropped
   * the pages, and would call a second try a success.
   */
  async datasync(): Promise<void> {
    const content = this.#content;
    await this.#orFail(() => this.#file.datasync());
    this.#durable = content;
  }

  async #orFail(operation: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      await operation();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /**
   * Ends a file that failed: what is not durable is cut off, as it will stand in the next file. If the cut fails too,
   * readers take the later file's frames anyway.
   */
  async abandon(): Promise<void> {
    await this.#file.truncate(this.#durable.bytes).catch(() => undefined);
    await this.#file.close().catch(() => undefined);
  }
}
