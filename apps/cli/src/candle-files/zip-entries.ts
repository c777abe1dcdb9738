import { crc32, inflateRawSync } from 'node:zlib';
import { CandleFileFormatError } from './candle-file-error.ts';

/** One file in an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Buffer;
}

// Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16 and 4.5.3.
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LOCATOR_64_BYTES = 20;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const COMMENT_MAX = 0xffff;
/** A size or a place that stands in the extra field for 64 bits. */
const ELSEWHERE = 0xffffffff;
const EXTRA_64 = 0x0001;
const STORED = 0;
const DEFLATED = 8;
/** What an archive may unpack to; a year of minutes has some 5 MB. */
const UNPACKED_MAX = 64 * 1024 * 1024;

export function isZip(bytes: Buffer): boolean {
  return bytes.length >= END_BYTES && (bytes.readUInt32LE(0) === LOCAL || bytes.readUInt32LE(0) === END);
}

/** The files of an archive, checked by their sums. Errors: CandleFileFormatError. */
export function zipEntries(bytes: Buffer, path: string): ZipEntry[] {
  try {
    return entriesOf(bytes, path);
  } catch (error) {
    if (error instanceof CandleFileFormatError) throw error;
    throw new CandleFileFormatError(path, 'is a damaged archive', error);
  }
}

function entriesOf(bytes: Buffer, path: string): ZipEntry[] {
  const { count, from } = directoryOf(bytes, path);
  let at = from;
  let unpacked = 0;
  const entries: ZipEntry[] = [];
  for (let entry = 0; entry < count; entry++) {
    if (bytes.readUInt32LE(at) !== CENTRAL) throw new CandleFileFormatError(path, 'is a damaged archive');
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength);
    const place = placeOf(bytes, at);
    unpacked += place.size;
    if (unpacked > UNPACKED_MAX) {
      throw new CandleFileFormatError(path, `unpacks to more than ${UNPACKED_MAX} bytes`);
    }
    if (!name.endsWith('/'))
      entries.push({ name, bytes: unpack(bytes, at, { path: `${path}!${name}`, ...place }) });
    at += CENTRAL_BYTES + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

/** How many entries there are, and where the first is listed. */
function directoryOf(bytes: Buffer, path: string): { count: number; from: number } {
  const end = endOf(bytes, path);
  const locator = end - LOCATOR_64_BYTES;
  if (locator >= 0 && bytes.readUInt32LE(locator) === LOCATOR_64) {
    const end64 = Number(bytes.readBigUInt64LE(locator + 8));
    if (bytes.readUInt32LE(end64) !== END_64) throw new CandleFileFormatError(path, 'is a damaged archive');
    const [count, from] = [32, 48].map((offset) => Number(bytes.readBigUInt64LE(end64 + offset)));
    return { count, from };
  }
  return { count: bytes.readUInt16LE(end + 10), from: bytes.readUInt32LE(end + 16) };
}

interface Place {
  /** Unpacked and packed, bytes. */
  readonly size: number;
  readonly packed: number;
  /** Of the local header. */
  readonly local: number;
}

function placeOf(bytes: Buffer, central: number): Place {
  const size = bytes.readUInt32LE(central + 24);
  const packed = bytes.readUInt32LE(central + 20);
  const local = bytes.readUInt32LE(central + 42);
  let at = extra64(bytes, central);
  const wide = (value: number): number => {
    if (value !== ELSEWHERE || at === undefined) return value;
    at += 8;
    return Number(bytes.readBigUInt64LE(at - 8));
  };
  // In this order, those that are elsewhere only.
  const unpackedSize = wide(size);
  const packedSize = wide(packed);
  return { size: unpackedSize, packed: packedSize, local: wide(local) };
}

/** Where the wide numbers of an entry begin. */
function extra64(bytes: Buffer, central: number): number | undefined {
  let at = central + CENTRAL_BYTES + bytes.readUInt16LE(central + 28);
  const end = at + bytes.readUInt16LE(central + 30);
  while (at + 4 <= end) {
    if (bytes.readUInt16LE(at) === EXTRA_64) return at + 4;
    at += 4 + bytes.readUInt16LE(at + 2);
  }
  return undefined;
}

/** Where the archive's directory ends: searched from the back, over a comment. */
function endOf(bytes: Buffer, path: string): number {
  const lowest = Math.max(0, bytes.length - END_BYTES - COMMENT_MAX);
  for (let at = bytes.length - END_BYTES; at >= lowest; at--) if (bytes.readUInt32LE(at) === END) return at;
  throw new CandleFileFormatError(path, 'is a damaged archive: it breaks off');
}

function unpack(bytes: Buffer, central: number, entry: Place & { readonly path: string }): Buffer {
  const { path, size, local } = entry;
  const isEncrypted = (bytes.readUInt16LE(central + 8) & 1) !== 0;
  const method = bytes.readUInt16LE(central + 10);
  if (isEncrypted || (method !== STORED && method !== DEFLATED)) {
    throw new CandleFileFormatError(path, 'is encrypted or packed in an unknown way');
  }
  const from = local + LOCAL_BYTES + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const packed = bytes.subarray(from, from + entry.packed);
  const unpacked = method === STORED ? packed : inflateRawSync(packed, { maxOutputLength: UNPACKED_MAX });
  const isWhole = unpacked.length === size && crc32(unpacked) === bytes.readUInt32LE(central + 16);
  if (!isWhole) throw new CandleFileFormatError(path, 'is damaged: its sum is another');
  return unpacked;
}
