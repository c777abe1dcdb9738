import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { errorCode } from '../files/atomic-file.ts';

/**
 * Parquet has no checksum of its own that readers look at: a flipped bit gives another price, or hides rows from whoever
 * asks for one instrument. Every candle file bears a CRC-32 of all of its bytes in its key-value metadata, which stand
 * near its end; the eight hexadecimal digits themselves count as zeros.
 */
const MARK = 'tickwright-crc32:';
const DIGITS = 8;
const ZEROS = '0'.repeat(DIGITS);
/** Of COPY: what a checksum is put into. */
export const WITH_CHECKSUM = `KV_METADATA {checksum: '${MARK}${ZEROS}'}`;

/** The metadata are behind what is told of row groups, and before the names of the columns' orders. */
const TAIL_BYTES = 16 * 1_024;
const PIECE_BYTES = 1_024 * 1_024;

/**
 * `whole`: as it was written. `altered`: a byte is another. `unsummed`: of a release before checksums, or the mark itself
 * is damaged. `gone`: files are replaced while we look.
 */
export type CandleFileState = 'whole' | 'altered' | 'unsummed' | 'gone';

/** Puts the checksum into a finished file that was written `WITH_CHECKSUM`, and makes its content durable. */
export async function stampCandleFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const at = await digitsAt(file);
    if (at === undefined) throw new Error(`${path} was written without a place for its checksum`);
    await file.write(Buffer.from(await checksum(file, at), 'latin1'), 0, DIGITS, at);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Reads a whole file, one piece after the other, whatever its name stands for meanwhile. */
export async function candleFileState(path: string): Promise<CandleFileState> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'gone';
    throw error;
  }
  try {
    const at = await digitsAt(file);
    if (at === undefined) return 'unsummed';
    const { buffer } = await file.read(Buffer.alloc(DIGITS), 0, DIGITS, at);
    return buffer.toString('latin1') === (await checksum(file, at)) ? 'whole' : 'altered';
  } finally {
    await file.close();
  }
}

/** Where the digits of the checksum begin; undefined where there is no mark. */
async function digitsAt(file: FileHandle): Promise<number | undefined> {
  const { size } = await file.stat();
  const from = Math.max(0, size - TAIL_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
  const found = buffer.subarray(0, bytesRead).lastIndexOf(MARK, undefined, 'latin1');
  const at = from + found + MARK.length;
  return found < 0 || at + DIGITS > size ? undefined : at;
}

/** Of all bytes but the digits. */
async function checksum(file: FileHandle, digits: number): Promise<string> {
  const piece = Buffer.alloc(PIECE_BYTES);
  let sum = 0;
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, at);
    if (bytesRead === 0) break;
    for (let digit = Math.max(digits, at); digit < Math.min(digits + DIGITS, at + bytesRead); digit += 1)
      piece[digit - at] = ZEROS.charCodeAt(0);
    sum = crc32(piece.subarray(0, bytesRead), sum);
    at += bytesRead;
  }
  return sum.toString(16).padStart(DIGITS, '0');
}
