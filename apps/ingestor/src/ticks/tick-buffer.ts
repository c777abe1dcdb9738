import { TickBatch } from '@tickwright/market';
import type { VenueRow } from '@tickwright/market';

/** Rows of one chunk; also the step in which a flush fills DuckDB's vectors. */
const CHUNK_ROWS = 16_384;
/** Chunks kept for reuse after a flush: 1 M rows. */
const MAX_POOLED_CHUNKS = 64;

/**
 * Ticks, and what frames told of the venue's candles, between two flushes. Bounded: past `maxRows` it gives everything up and says so (`isSpilled`); the ticks are
 * in the journal, and are read back from there.
 */
export class TickBuffer {
  readonly #maxRows: number;
  readonly #pool: TickBatch[] = [];
  #chunks: TickBatch[] = [];
  #venue: VenueRow[] = [];
  #rows = 0;
  #isSpilled = false;

  constructor(options: { maxRows: number }) {
    this.#maxRows = options.maxRows;
  }

  /** Ticks. */
  get rows(): number {
    return this.#rows;
  }

  /** Ticks and what else waits with them. */
  get size(): number {
    return this.#rows + this.#venue.length;
  }

  /** True from the moment the bound was passed until `resume`: what arrives now is kept by the journal alone. */
  get isSpilled(): boolean {
    return this.#isSpilled;
  }

  append(batch: TickBatch): void {
    if (this.#isSpilled) return;
    if (this.size + batch.count > this.#maxRows) {
      this.spill();
      return;
    }
    let start = 0;
    while (start < batch.count) {
      const chunk = this.#openChunk();
      const end = Math.min(batch.count, start + chunk.capacity - chunk.count);
      chunk.append(batch, start, end);
      start = end;
    }
    this.#rows += batch.count;
  }

  appendVenue(rows: readonly VenueRow[]): void {
    if (this.#isSpilled) return;
    for (const row of rows) this.#venue.push(row);
    if (this.size > this.#maxRows) this.spill();
  }

  /** Takes out what is not ticks. */
  takeVenue(): VenueRow[] {
    const taken = this.#venue;
    this.#venue = [];
    return taken;
  }

  /** Takes all ticks out. The caller gives the chunks back with `recycle`. */
  take(): TickBatch[] {
    const taken = this.#chunks;
    this.#chunks = [];
    this.#rows = 0;
    return taken;
  }

  /** Puts what could not be written back in front of what has come since. */
  putBack(chunks: readonly TickBatch[], venue: readonly VenueRow[] = []): void {
    if (this.#isSpilled) return this.recycle(chunks);
    this.#chunks = [...chunks, ...this.#chunks];
    this.#venue = [...venue, ...this.#venue];
    this.#rows += chunks.reduce((sum, chunk) => sum + chunk.count, 0);
    if (this.size > this.#maxRows) this.spill();
  }

  recycle(chunks: readonly TickBatch[]): void {
    for (const chunk of chunks) {
      if (this.#pool.length >= MAX_POOLED_CHUNKS) return;
      chunk.clear();
      this.#pool.push(chunk);
    }
  }

  spill(): void {
    this.#isSpilled = true;
    this.recycle(this.take());
    this.#venue = [];
  }

  resume(): void {
    this.#isSpilled = false;
  }

  #openChunk(): TickBatch {
    const last = this.#chunks.at(-1);
    if (last !== undefined && !last.isFull) return last;
    const chunk = this.#pool.pop() ?? new TickBatch(CHUNK_ROWS);
    this.#chunks.push(chunk);
    return chunk;
  }
}
