import { crc32 } from 'node:zlib';

/**
 * A journal file: this header, then blocks (block-format.ts) to its end.
 *
 * | at | bytes | |
 * |---|---|---|
 * | 0 | 8 | magic `TWJOURN\n` |
 * | 8 | 4 | CRC32 of bytes 12..128 (before them for the reason told in block-format.ts) |
 * | 12 | 4 | format version |
 * | 16 | 8 | first offset |
 * | 24 | 8 | `previousBytes`; 0: there is no file before, or it is not known |
 * | 32 | 4 | CRC32 of the file before (its first `previousBytes` bytes), 0 for the first |
 * | 36 | 4 | length of the log's name |
 * | 40 | 88 | the log's name, UTF-8, padded with zeros |
 *
 * All integers are little-endian; 64-bit ones are two of 32 bits, low first, and at most 2^53 - 1.
 */
export const FILE_HEADER_BYTES = 128;
export const FORMAT_VERSION = 1;
const NAME_AT = 40;
const NAME_BYTES_MAX = 88;
const CHECKSUM_AT = 8;
const CHECKED_FROM = 12;
const MAGIC = Buffer.from('TWJOURN\n', 'latin1');

/** The content of a file that later ones rely on: its first `bytes` bytes have this CRC32. */
export interface FilePrefix {
  readonly bytes: number;
  readonly checksum: number;
}

export interface FileHeader {
  readonly version: number;
  readonly name: string;
  readonly firstOffset: number;
  readonly previous: FilePrefix | undefined;
}

export function encodeFileHeader(header: Omit<FileHeader, 'version'>): Buffer {
  const name = Buffer.from(header.name, 'utf8');
  if (name.length > NAME_BYTES_MAX) {
    throw new RangeError(`the journal's name is longer than ${NAME_BYTES_MAX} bytes: ${header.name}`);
  }
  const bytes = Buffer.alloc(FILE_HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(FORMAT_VERSION, 12);
  bytes.writeUInt32LE(header.previous?.checksum ?? 0, 32);
  writeUint53(bytes, header.firstOffset, 16);
  writeUint53(bytes, header.previous?.bytes ?? 0, 24);
  bytes.writeUInt32LE(name.length, 36);
  name.copy(bytes, NAME_AT);
  bytes.writeUInt32LE(crc32(bytes.subarray(CHECKED_FROM, FILE_HEADER_BYTES)), CHECKSUM_AT);
  return bytes;
}

/** The header in a file's first bytes, or undefined when they are cut off or damaged. */
export function decodeFileHeader(bytes: Buffer): FileHeader | undefined {
  if (bytes.length < FILE_HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (bytes.readUInt32LE(CHECKSUM_AT) !== crc32(bytes.subarray(CHECKED_FROM, FILE_HEADER_BYTES)))
    return undefined;
  const previousBytes = readUint53(bytes, 24);
  return {
    version: bytes.readUInt32LE(12),
    name: bytes.toString('utf8', NAME_AT, NAME_AT + bytes.readUInt32LE(36)),
    firstOffset: readUint53(bytes, 16),
    previous: previousBytes === 0 ? undefined : { bytes: previousBytes, checksum: bytes.readUInt32LE(32) },
  };
}

function writeUint53(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 0x1_0000_0000, at);
  bytes.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
}

function readUint53(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000;
}
