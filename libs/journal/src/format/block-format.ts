import { crc32 } from 'node:zlib';
import type { FrameKind, FrameSource } from '@tickwright/market';

/**
 * A block: what one turn of the event loop appended (or about 1 MiB of it).
 *
 * | at | bytes | |
 * |---|---|---|
 * | 0 | 4 | magic `TWB\x01` |
 * | 4 | 4 | CRC32 of bytes 8..32: covers the lengths, so that they can be believed |
 * | 8 | 4 | payload length: all that follows the header |
 * | 12 | 8 | offset of the first frame, low half first |
 * | 20 | 4 | frame count, at least 1 |
 * | 24 | 4 | length of the source table |
 * | 28 | 4 | CRC32 of the payload |
 *
 * The checksums stand before what they cover: bytes followed by their own CRC32 leave a CRC that goes on over them in
 * the same state whatever they are, and the next file's checksum of this one would not see them change.
 *
 * Payload: the frames, then the source table. It stands last because only then is it known which sources the block
 * holds. A frame: length u32, receiveTime in microseconds as u32 low and u32 high, index into the source table u16,
 * the bytes. A table entry: kind u8, venue length u8, connection length u8, venue, connection (UTF-8).
 */
export const BLOCK_HEADER_BYTES = 32;
export const FRAME_HEADER_BYTES = 14;
/** No frame is longer: a WebSocket message of this size is an attack or a defect. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;
/** No block is longer; a header that says so is damaged. One longest frame, its table, and a full block before it. */
export const BLOCK_BYTES_MAX = FRAME_BYTES_MAX + 2 * 1024 * 1024;
export const BLOCK_MAGIC = Buffer.from('TWB\x01', 'latin1');

const MAGIC_WORD = BLOCK_MAGIC.readUInt32LE(0);
const TWO_POW_32 = 0x1_0000_0000;

export interface BlockHeader {
  readonly firstOffset: number;
  readonly count: number;
  readonly payloadBytes: number;
  readonly tableBytes: number;
  readonly checksum: number;
}

/** Completes the block whose payload already stands behind the header's place at `at`. */
export function sealBlock(
  bytes: Buffer,
  at: number,
  header: { firstOffset: number; count: number; payloadBytes: number; tableBytes: number },
): void {
  const payloadAt = at + BLOCK_HEADER_BYTES;
  bytes.writeUInt32LE(MAGIC_WORD, at);
  bytes.writeUInt32LE(header.payloadBytes, at + 8);
  bytes.writeUInt32LE(header.firstOffset % TWO_POW_32, at + 12);
  bytes.writeUInt32LE(Math.floor(header.firstOffset / TWO_POW_32), at + 16);
  bytes.writeUInt32LE(header.count, at + 20);
  bytes.writeUInt32LE(header.tableBytes, at + 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(payloadAt, payloadAt + header.payloadBytes)), at + 28);
  bytes.writeUInt32LE(crc32(bytes.subarray(at + 8, payloadAt)), at + 4);
}

/** The block header at `at` (32 bytes must be there), or undefined when it is none or damaged. */
export function readBlockHeader(bytes: Buffer, at: number): BlockHeader | undefined {
  if (bytes.readUInt32LE(at) !== MAGIC_WORD) return undefined;
  const end = at + BLOCK_HEADER_BYTES;
  if (bytes.readUInt32LE(at + 4) !== crc32(bytes.subarray(at + 8, end))) return undefined;
  const payloadBytes = bytes.readUInt32LE(at + 8);
  if (payloadBytes > BLOCK_BYTES_MAX) return undefined;
  return {
    firstOffset: bytes.readUInt32LE(at + 12) + bytes.readUInt32LE(at + 16) * TWO_POW_32,
    count: bytes.readUInt32LE(at + 20),
    payloadBytes,
    tableBytes: bytes.readUInt32LE(at + 24),
    checksum: bytes.readUInt32LE(at + 28),
  };
}

/** Whether the payload behind the header at `at` is what was written. */
export function isPayloadWhole(bytes: Buffer, at: number, header: BlockHeader): boolean {
  const payloadAt = at + BLOCK_HEADER_BYTES;
  return crc32(bytes.subarray(payloadAt, payloadAt + header.payloadBytes)) === header.checksum;
}

/** A source as it stands in a block's table. */
export function encodeSource(source: FrameSource): Buffer {
  const venue = Buffer.from(source.venue, 'utf8');
  const connection = Buffer.from(source.connection, 'utf8');
  if (venue.length + connection.length > 255) {
    throw new RangeError(
      `venue and connection are longer than 255 bytes: ${source.venue} ${source.connection}`,
    );
  }
  return Buffer.concat([Buffer.from([source.kind, venue.length, connection.length]), venue, connection]);
}

/** The sources in `bytes[from, to)`. */
export function decodeSources(bytes: Buffer, from: number, to: number): FrameSource[] {
  const sources: FrameSource[] = [];
  let at = from;
  while (at < to) {
    const venueAt = at + 3;
    const connectionAt = venueAt + bytes[at + 1];
    const end = connectionAt + bytes[at + 2];
    sources.push({
      kind: bytes[at] as FrameKind,
      venue: bytes.toString('utf8', venueAt, connectionAt),
      connection: bytes.toString('utf8', connectionAt, end),
    });
    at = end;
  }
  return sources;
}
