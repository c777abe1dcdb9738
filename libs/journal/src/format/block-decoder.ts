import type { FrameSource } from '@tickwright/market';
import { FRAME_HEADER_BYTES, decodeSources, type BlockHeader } from './block-format.ts';
import { FrameColumns, type FrameBlock } from './frame-block.ts';

const TABLES_MAX = 1024;
/** So many frames are collected from small blocks; one block alone may hold more. */
const FRAMES_MAX = 4096;

/** A whole block in a window of a file's bytes. */
export interface BlockInWindow {
  readonly header: BlockHeader;
  readonly bytes: Buffer;
  readonly payloadAt: number;
}

/**
 * Turns whole blocks into columns of frames. Small blocks that follow each other in one window, with the same source
 * table, are collected: a slow stream writes blocks of one frame, and handing over each would cost ten times its
 * decoding (scripts/bench/journal.ts).
 */
export class BlockDecoder {
  readonly #columns = new FrameColumns();
  /** Most blocks have the same few tables; the cache is emptied when it is full. */
  readonly #tables = new Map<string, readonly FrameSource[]>();
  #lastTable: Buffer = Buffer.alloc(0);
  #lastSources: readonly FrameSource[] = [];
  #window: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #sources: readonly FrameSource[] = [];
  #firstOffset = 0;
  /** Frames of the first block that are not wanted. */
  #skipped = 0;
  #count = 0;

  /**
   * Adds the block's frames with `from <= offset < to`. False, and nothing added, when what is collected must be taken
   * first: the block has another table, or would be too much. The caller adds blocks of one window, in order, and sees
   * to it that their offsets have no holes.
   */
  add(block: BlockInWindow, wanted: { from: number; to: number }): boolean {
    const { header, bytes, payloadAt } = block;
    const tableAt = payloadAt + header.payloadBytes - header.tableBytes;
    const sources = this.#sourcesIn(bytes, tableAt, tableAt + header.tableBytes);
    if (this.#count === 0) this.#begin(block, sources, wanted.from);
    else if (sources !== this.#sources || this.#count + header.count > FRAMES_MAX) return false;
    if (this.#scan(payloadAt, header.count) !== tableAt) {
      throw new Error(
        `a block of whole frames ends elsewhere than its header says, at ${header.firstOffset}`,
      );
    }
    const unwanted = Math.max(0, header.firstOffset + header.count - wanted.to);
    this.#count += header.count - unwanted;
    return true;
  }

  /** What was collected, valid until the next `add`; undefined when nothing was. */
  take(): FrameBlock | undefined {
    if (this.#count === 0) return undefined;
    const [from, to] = [this.#skipped, this.#count];
    this.#count = 0;
    return {
      firstOffset: this.#firstOffset + from,
      count: to - from,
      sources: this.#sources,
      ...this.#columns.view(from, to),
      bytes: this.#window,
    };
  }

  #begin({ header, bytes }: BlockInWindow, sources: readonly FrameSource[], from: number): void {
    if (bytes !== this.#window) {
      this.#window = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.#columns.reserve(Math.max(FRAMES_MAX, header.count));
    this.#sources = sources;
    this.#firstOffset = header.firstOffset;
    this.#skipped = Math.max(0, from - header.firstOffset);
  }

  // Hot: one pass over the frame headers. Returns where the frames end.
  #scan(payloadAt: number, frames: number): number {
    const view = this.#view;
    const { source, receiveTime, start, end } = this.#columns;
    const limit = view.byteLength - FRAME_HEADER_BYTES;
    const last = this.#count + frames;
    let at = payloadAt;
    for (let i = this.#count; i < last; i++) {
      if (at > limit) return -1;
      const length = view.getUint32(at, true);
      receiveTime[i] = view.getUint32(at + 4, true) + view.getUint32(at + 8, true) * 0x1_0000_0000;
      source[i] = view.getUint16(at + 12, true);
      at += FRAME_HEADER_BYTES;
      start[i] = at;
      at += length;
      end[i] = at;
    }
    return at;
  }

  #sourcesIn(bytes: Buffer, from: number, to: number): readonly FrameSource[] {
    if (bytes.compare(this.#lastTable, 0, this.#lastTable.length, from, to) === 0) return this.#lastSources;
    const key = bytes.toString('latin1', from, to);
    let sources = this.#tables.get(key);
    if (sources === undefined) {
      if (this.#tables.size >= TABLES_MAX) this.#tables.clear();
      sources = decodeSources(bytes, from, to);
      this.#tables.set(key, sources);
    }
    this.#lastTable = Buffer.from(bytes.subarray(from, to));
    this.#lastSources = sources;
    return sources;
  }
}

/** The offset after a block's last frame. */
export function endOffset(header: BlockHeader): number {
  return header.firstOffset + header.count;
}
