import { crc32 } from 'node:zlib';
import { BlockDecoder, endOffset } from '../format/block-decoder.ts';
import type { ScanStep } from '../format/block-scanner.ts';
import { gunzippedBytes, isGzipDamage, plainBytes } from '../files/byte-source.ts';
import type { FilePrefix } from '../format/file-format.ts';
import { fileSize, type FileLayer } from '../files/file-layer.ts';
import { listJournalFiles, type JournalFile } from '../files/file-list.ts';
import { openFileScan } from '../reading/file-scan.ts';
import { nodeFiles } from '../files/node-files.ts';

/** One file of a journal, read whole. */
export interface InspectedFile {
  readonly path: string;
  readonly name: string | undefined;
  readonly firstOffset: number;
  /** After the last whole block. */
  readonly endOffset: number;
  /** In whole blocks. */
  readonly frames: number;
  readonly blocks: number;
  /** On disk. */
  readonly bytes: number;
  readonly isCompressed: boolean;
  /** Microseconds UTC, of the first and the last frame; undefined when there is none. */
  readonly firstReceiveTime: number | undefined;
  readonly lastReceiveTime: number | undefined;
  /**
   * `whole`; `torn`: bytes behind the last block of the last file, as a crash leaves them; `damaged`: anything else that
   * is not a whole block, or frames missing within; `changed`: whole, but not what the next file's header says it was.
   */
  readonly state: 'whole' | 'torn' | 'damaged' | 'changed';
  /** Offsets that are missing in or behind this file, up to the next file. */
  readonly missing: readonly { readonly firstOffset: number; readonly endOffset: number }[];
}

/** Reads every file of a journal, for status and repair; the journal may be in use. */
export async function inspectJournal(
  directory: string,
  options: { readonly files?: FileLayer } = {},
): Promise<InspectedFile[]> {
  const files = options.files ?? nodeFiles;
  const list = await listJournalFiles({ files, directory });
  const inspected: InspectedFile[] = [];
  for (const [index, file] of list.entries()) {
    const next = list[index + 1];
    inspected.push(await inspectFile({ files, file, next }));
  }
  return inspected;
}

async function inspectFile(options: {
  files: FileLayer;
  file: JournalFile;
  next: JournalFile | undefined;
}): Promise<InspectedFile> {
  const { files, file, next } = options;
  const scanned = await scanWhole({ files, file, limit: next?.firstOffset ?? Number.POSITIVE_INFINITY });
  const isChanged = next !== undefined && (await isNotAsBefore({ files, file, next }));
  const missing = [...scanned.missing];
  if (next !== undefined && next.firstOffset > scanned.endOffset) {
    missing.push({ firstOffset: scanned.endOffset, endOffset: next.firstOffset });
  }
  const isDamaged = missing.length > 0 || scanned.hasBadBytes;
  const isTorn = scanned.hasTail && next === undefined;
  const state = isDamaged ? 'damaged' : isChanged ? 'changed' : isTorn ? 'torn' : 'whole';
  const { hasTail: _tail, hasBadBytes: _bad, ...found } = scanned;
  const bytes = await fileSize(files, file.path);
  const { path, firstOffset, isCompressed } = file;
  return { ...found, path, firstOffset, isCompressed, bytes, state, missing };
}

async function scanWhole(options: { files: FileLayer; file: JournalFile; limit: number }) {
  const { file, limit } = options;
  const { header, scanner } = await openFileScan(options);
  const decoder = new BlockDecoder();
  const missing: { firstOffset: number; endOffset: number }[] = [];
  const found = {
    name: header?.name,
    endOffset: file.firstOffset,
    frames: 0,
    blocks: 0,
    firstReceiveTime: undefined as number | undefined,
    lastReceiveTime: undefined as number | undefined,
    hasBadBytes: header === undefined,
    hasTail: false,
    missing,
  };
  try {
    for (;;) {
      const step: ScanStep | undefined = scanner.take();
      if (step === undefined) {
        await scanner.fill();
      } else if (step.kind === 'bad') {
        found.hasBadBytes = true;
      } else if (step.kind === 'end') {
        found.hasTail = step.to > step.from;
        found.hasBadBytes ||= step.error !== undefined;
        return found;
      } else {
        const { firstOffset, count } = step.header;
        if (firstOffset > found.endOffset)
          missing.push({ firstOffset: found.endOffset, endOffset: firstOffset });
        // A file that was given up may hold more than belongs to it; the next file has it.
        if (firstOffset >= limit) continue;
        decoder.add(step, { from: firstOffset, to: firstOffset + count });
        const block = decoder.take();
        found.firstReceiveTime ??= block?.receiveTime[0];
        found.lastReceiveTime = block?.receiveTime[count - 1];
        found.endOffset = endOffset(step.header);
        found.frames += count;
        found.blocks++;
      }
    }
  } finally {
    await scanner.close();
  }
}

async function isNotAsBefore(options: {
  files: FileLayer;
  file: JournalFile;
  next: JournalFile;
}): Promise<boolean> {
  const { header, scanner } = await openFileScan({ files: options.files, file: options.next });
  await scanner.close();
  if (header?.previous === undefined) return false;
  const found = await checksumOf({ ...options, bytes: header.previous.bytes });
  return found.bytes !== header.previous.bytes || found.checksum !== header.previous.checksum;
}

const READ_BYTES = 1024 * 1024;

async function checksumOf(options: {
  files: FileLayer;
  file: JournalFile;
  bytes: number;
}): Promise<FilePrefix> {
  const handle = await options.files.open(options.file.path, 'read');
  const source = options.file.isCompressed ? gunzippedBytes(handle) : plainBytes(handle, 0);
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let bytes = 0;
  let checksum = 0;
  try {
    while (bytes < options.bytes) {
      const count = await source.read(buffer.subarray(0, Math.min(READ_BYTES, options.bytes - bytes)));
      if (count === 0) break;
      bytes += count;
      checksum = crc32(buffer.subarray(0, count), checksum);
    }
  } catch (error) {
    if (!isGzipDamage(error)) throw error;
  } finally {
    await source.close();
  }
  return { bytes, checksum };
}
