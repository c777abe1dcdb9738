import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { systemCode } from '../journal-errors.ts';
import type { OpenFile } from './file-layer.ts';

/** The bytes of a file from somewhere to its end. */
export interface ByteSource {
  /** Fills `into` as far as it easily can; 0 only at the end. A plain file may grow and give more later. */
  read(into: Uint8Array): Promise<number>;
  /** Bytes of the file itself that were read. */
  readonly bytesRead: number;
  /** Closes the file too. */
  close(): Promise<void>;
}

const READ_BYTES = 256 * 1024;

export function plainBytes(file: OpenFile, position: number): ByteSource {
  let at = position;
  return {
    read: async (into) => {
      const count = await file.read(into, at);
      at += count;
      return count;
    },
    get bytesRead() {
      return at - position;
    },
    close: () => file.close(),
  };
}

/** The uncompressed bytes of a gzip file of one or more members. Damage is thrown as zlib's error (`isGzipDamage`). */
export function gunzippedBytes(file: OpenFile): ByteSource {
  let bytesRead = 0;
  async function* compressed(): AsyncGenerator<Buffer> {
    for (;;) {
      // A new buffer each time: the stream keeps what it was given until it is through with it.
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      const count = await file.read(buffer, bytesRead);
      if (count === 0) return;
      bytesRead += count;
      yield buffer.subarray(0, count);
    }
  }
  const gunzip = createGunzip({ chunkSize: READ_BYTES });
  // The error reaches the reader through the iterator; the callback is there so that it is not thrown as well.
  pipeline(Readable.from(compressed()), gunzip, () => undefined);
  const chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  return {
    read: async (into) => {
      if (rest.length === 0) {
        const next = await chunks.next();
        if (next.done === true) return 0;
        rest = next.value;
      }
      const count = Math.min(rest.length, into.byteLength);
      into.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return count;
    },
    get bytesRead() {
      return bytesRead;
    },
    close: async () => {
      gunzip.destroy();
      await file.close();
    },
  };
}

/** Whether the error says that compressed bytes are broken or cut off, and not that the disk failed. */
export function isGzipDamage(error: unknown): boolean {
  return systemCode(error)?.startsWith('Z_') === true;
}
