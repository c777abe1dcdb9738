import { FrameKind, decodeControl } from '@tickwright/market';
import { readJournal } from '@tickwright/journal';
import type { FileLayer } from '@tickwright/journal';

/** A repair between two runs may have journaled what is lost; so many frames are looked through for what stands before. */
const FRAMES_BACK = 16;

/**
 * How the run before this one ended: the journal's last frame is a `stopped` event only after an orderly end. A last
 * frame that is no longer there tells of none.
 */
export async function previousRun(
  directory: string,
  nextOffset: number,
  files?: FileLayer,
): Promise<'none' | 'stopped' | 'crashed'> {
  if (nextOffset === 0) return 'none';
  let last: 'stopped' | 'crashed' = 'crashed';
  let offset = nextOffset;
  const from = Math.max(0, nextOffset - FRAMES_BACK);
  for await (const block of readJournal({ directory, from, to: nextOffset, ...(files && { files }) })) {
    offset = block.firstOffset + block.count;
    for (let at = 0; at < block.count; at += 1) {
      const isControl = block.sources[block.source[at] ?? 0]?.kind === FrameKind.control;
      const type = isControl ? decodeControl(block.bytes.subarray(block.start[at], block.end[at])).type : '';
      if (type !== 'lost') last = type === 'stopped' ? 'stopped' : 'crashed';
    }
  }
  return offset === nextOffset ? last : 'crashed';
}
