/**
 * What is appended is collected in pieces of this size, each a run of whole blocks as they go to the file. One piece is
 * written at a time, and about one write ends in a turn of the event loop: with small pieces a full load fills the
 * memory, not the disk (scripts/bench, throughput).
 */
export const CHUNK_BYTES = 8 * 1024 * 1024;
const FREE_CHUNKS_MAX = 9;

/** A piece of the log in memory: whole blocks up to `closedBytes`, then the block that is being filled. */
export interface Chunk {
  readonly buffer: Buffer;
  readonly view: DataView;
  closedBytes: number;
  /** The offset after the last frame of the last closed block. */
  closedOffset: number;
  /** Nothing will be added: what follows is in the next chunk. */
  isSealed: boolean;
}

/** Keeps a bounded number of used chunks, so that a steady load allocates nothing. */
export class ChunkPool {
  readonly #free: Chunk[] = [];

  /** A chunk of at least `bytes`, empty but for its old content. */
  take(options: { bytes: number; firstOffset: number }): Chunk {
    const reused = options.bytes <= CHUNK_BYTES ? this.#free.pop() : undefined;
    const chunk = reused ?? newChunk(Math.max(CHUNK_BYTES, options.bytes));
    chunk.closedBytes = 0;
    chunk.closedOffset = options.firstOffset;
    chunk.isSealed = false;
    return chunk;
  }

  give(chunk: Chunk): void {
    if (chunk.buffer.length === CHUNK_BYTES && this.#free.length < FREE_CHUNKS_MAX) this.#free.push(chunk);
  }
}

function newChunk(bytes: number): Chunk {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  return { buffer, view, closedBytes: 0, closedOffset: 0, isSealed: false };
}
