import { gunzippedBytes, isGzipDamage, plainBytes } from '../files/byte-source.ts';
import { BlockScanner } from '../format/block-scanner.ts';
import {
  decodeFileHeader,
  FILE_HEADER_BYTES,
  FORMAT_VERSION,
  type FileHeader,
} from '../format/file-format.ts';
import type { FileLayer, OpenFile } from '../files/file-layer.ts';
import type { JournalFile } from '../files/file-list.ts';
import { JournalOpenError } from '../journal-errors.ts';

/** An open journal file: its header (undefined when damaged) and a scanner over the blocks behind it. */
export interface FileScan {
  readonly header: FileHeader | undefined;
  readonly scanner: BlockScanner;
}

/** Opens a journal file to scan its blocks. Throws JournalOpenError for a file of a later format. */
export async function openFileScan(options: { files: FileLayer; file: JournalFile }): Promise<FileScan> {
  const { file, files } = options;
  const handle = await files.open(file.path, 'read');
  try {
    return file.isCompressed ? await scanCompressed(handle, file) : await scanPlain(handle, file);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function scanPlain(handle: OpenFile, file: JournalFile): Promise<FileScan> {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES);
  await handle.read(bytes, 0);
  const header = checkedHeader(bytes, file);
  return { header, scanner: new BlockScanner(plainBytes(handle, FILE_HEADER_BYTES), FILE_HEADER_BYTES) };
}

async function scanCompressed(handle: OpenFile, file: JournalFile): Promise<FileScan> {
  const source = gunzippedBytes(handle);
  const bytes = Buffer.alloc(FILE_HEADER_BYTES);
  try {
    for (let at = 0; at < FILE_HEADER_BYTES;) {
      const count = await source.read(bytes.subarray(at));
      if (count === 0) break;
      at += count;
    }
  } catch (error) {
    // The scanner meets the same damage, and reports it.
    if (!isGzipDamage(error)) throw error;
  }
  return { header: checkedHeader(bytes, file), scanner: new BlockScanner(source, FILE_HEADER_BYTES) };
}

function checkedHeader(bytes: Buffer, file: JournalFile): FileHeader | undefined {
  const header = decodeFileHeader(bytes);
  if (header !== undefined && header.version > FORMAT_VERSION) {
    throw new JournalOpenError(
      `Could not read ${file.path}: it has journal format ${header.version}, this program knows up to ` +
        `${FORMAT_VERSION}. Use the newer program that wrote it.`,
      { code: 'journal-version' },
    );
  }
  return header?.firstOffset === file.firstOffset ? header : undefined;
}
