import type { FrameSource } from '@tickwright/market';

/**
 * Frames that stand together in a journal or a recording: those of one or more turns of the writer's event loop, all or
 * a part of them. Columns have one element a frame; frame `i` has offset `firstOffset + i` and is `bytes.subarray(start[i], end[i])`. All of it is
 * overwritten by the next iteration: copy what must outlive it. `sources` alone may be kept, and is the same array
 * for blocks with the same table.
 */
export interface FrameBlock {
  readonly firstOffset: number;
  readonly count: number;
  readonly sources: readonly FrameSource[];
  /** Index into `sources`. */
  readonly source: Uint16Array | Uint8Array;
  /** Integer microseconds UTC. */
  readonly receiveTime: Float64Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly bytes: Buffer;
}

/** The columns of a block, grown to the largest seen and reused. */
export class FrameColumns {
  source = new Uint16Array(0);
  receiveTime = new Float64Array(0);
  start = new Uint32Array(0);
  end = new Uint32Array(0);

  /** Makes room for `count` frames; what the columns held may be gone. */
  reserve(count: number): void {
    if (count <= this.source.length) return;
    const capacity = Math.max(256, 2 ** Math.ceil(Math.log2(count)));
    this.source = new Uint16Array(capacity);
    this.receiveTime = new Float64Array(capacity);
    this.start = new Uint32Array(capacity);
    this.end = new Uint32Array(capacity);
  }

  /** Views of the frames from `from` up to `to`. */
  view(from: number, to: number): Pick<FrameBlock, 'source' | 'receiveTime' | 'start' | 'end'> {
    return {
      source: this.source.subarray(from, to),
      receiveTime: this.receiveTime.subarray(from, to),
      start: this.start.subarray(from, to),
      end: this.end.subarray(from, to),
    };
  }
}
